"""What the two players of an instance play for: the divergence of its factors, and terms besides."""

import dataclasses
from collections.abc import Iterable, Mapping

import keras

from graphical_gan.common.choices import chosen
from graphical_gan.engine import GraphicalGAN, make_stream
from graphical_gan.engine.checks import check_discriminators, checked_samples
from graphical_gan.game.discriminators import Augmented, Networks, by_kind
from graphical_gan.game.factors import Factors
from graphical_gan.game.game import Game
from graphical_gan.game.terms import DataReconstruction, KnownValues, LatentReconstruction, Term
from graphical_gan.game.view_terms import Views, seen
from graphical_gan.graph import Family
from graphical_gan.layers.images import normalisations
from graphical_gan.settings.tables import DISTANCES, DIVERGENCES, PLAYERS_COSTS

KNOWN_WEIGHT = 10.0  # of what partly observed variables teach: a tenth of a minibatch has labels
RECONSTRUCTIONS = {
    "none": (),
    "x": (DataReconstruction,),
    "h": (LatentReconstruction,),
    "both": (DataReconstruction, LatentReconstruction),
}


@dataclasses.dataclass(frozen=True)
class Objective:
    """The choices that every instance has in common; the defaults are the paper's.

    Attributes:
        divergence: a key of `tables.DIVERGENCES`.
        gradient_penalty: weight of the penalty of `game.Game`.
        reconstruction: a key of `RECONSTRUCTIONS`: of the data, of the latents, or both (ALICE).
        reconstruction_weight: weight of each of these terms; None without one.
        reconstruction_distance: a key of `tables.DISTANCES`, None without one.
        reconstruction_x_weight: weight of the data's term; None takes `reconstruction_weight`.
        augment: "none", or a key of `tables.VIEWS`: how images are changed before discriminators see them.
        augment_strength: strength of these changes; None without them.
        views: "none", or a key of `tables.VIEWS`: how the second view of `view_terms.Views` is made.
        views_strength: strength of the views; this and what follows is None without them.
        views_weight: weight of the term on vectors.
        views_temperature: temperature of its kernel.
        views_k_weight: weight of the term on discrete variables.
        views_k_temperature: temperature that softens their posteriors.
        players_cost: a key of `tables.PLAYERS_COSTS`; None where the divergence offers only one.
    """

    divergence: str = "js"
    gradient_penalty: float = 0.0
    reconstruction: str = "none"
    reconstruction_weight: float | None = None
    reconstruction_distance: str | None = None
    reconstruction_x_weight: float | None = None
    augment: str = "none"
    augment_strength: float | None = None
    views: str = "none"
    views_strength: float | None = None
    views_weight: float | None = None
    views_temperature: float | None = None
    views_k_weight: float | None = None
    views_k_temperature: float | None = None
    players_cost: str | None = "non_saturating"

    def __post_init__(self):
        chosen(DIVERGENCES, divergence=self.divergence)
        if self.divergence == "wasserstein_gp" and not self.gradient_penalty:
            raise ValueError(
                f"--gradient_penalty={self.gradient_penalty} with --divergence=wasserstein_gp, which wants 1-Lipschitz "
                "critics; expected a weight above 0. Give --gradient_penalty=10."
            )
        rest = (self.reconstruction_weight, self.reconstruction_distance)
        if chosen(RECONSTRUCTIONS, reconstruction=self.reconstruction) and None in rest:
            raise ValueError(
                f"reconstruction={self.reconstruction!r} with reconstruction_weight={rest[0]} and "
                f"reconstruction_distance={rest[1]}; expected a weight and a distance. Give both, such as 1.0 and 'l2'."
            )

    @classmethod
    def from_settings(cls, settings: dict) -> "Objective":
        """The objective that the settings of a run describe."""
        return cls(**{f.name: settings[f.name] for f in dataclasses.fields(cls) if f.name in settings})

    def game(
        self,
        model: GraphicalGAN,
        families: Iterable[Family],
        networks: Networks | None = None,
        replaced: Mapping[str, keras.layers.Layer] | None = None,
        further: Iterable[Term] = (),
    ) -> Game:
        """The game over some factors of a model, with all its variables; call it in the scope of a strategy.

        What the data knows of partly observed variables teaches q.

        Args:
            families: the factors, such as `families.local_families(network)`.
            networks: make the discriminators (`discriminators.by_kind`) of factors that are not in `replaced`.
            replaced: discriminators of your own, by the name of their factor, such as "(h, k)".

        Raises:
            ValueError: if a conditional or a discriminator does not do what is declared (`engine.checks`), for a name
                that is no factor, or for --views without an image, or without a vector that q infers from it.
        """
        families, replaced = tuple(families), dict(replaced or {})
        if unknown := sorted(set(replaced) - set(map(str, families))):
            raise ValueError(
                f"A discriminator is given for {unknown[0]!r}; the factors are {', '.join(map(str, families))}. "
                "Use one of these names."
            )
        lacking = [str(family) for family in families if str(family) not in replaced]
        if networks is None and lacking:
            raise ValueError(
                f"The factors {', '.join(lacking)} have no discriminator. Give networks, which make them, or one "
                "of your own for each in replaced."
            )
        stream = make_stream(0)
        sample = checked_samples(model, stream)[0]
        values = sample.values
        self._check_gradients(model.network.generated, sample)
        discriminators = [replaced.get(str(family)) or by_kind(family, values, networks) for family in families]
        discriminators = self._augmented(families, discriminators, values)
        factors = Factors(families, discriminators, model.network.length)
        check_discriminators(factors, values, stream)
        if self.gradient_penalty and normalisations(factors):
            raise ValueError(
                f"--gradient_penalty={self.gradient_penalty} with batch normalisation in a discriminator, whose "
                "gradient then is of the whole batch. Give --nodiscriminator_batch_norm, or no penalty."
            )
        known = [KnownValues(KNOWN_WEIGHT)] if model.network.partly else []
        terms = (*self._reconstructions(), *self._views(model, values), *known, *further)
        divergence = chosen(DIVERGENCES, divergence=self.divergence)
        if self.players_cost:
            divergence = chosen(PLAYERS_COSTS, players_cost=self.players_cost)(divergence)
        return Game(model, factors, divergence, self.gradient_penalty, terms)

    def _check_gradients(self, generated, sample):
        """Refuses a reconstruction of variables whose samples of p have no gradient."""
        without = sorted(set(generated) & set(sample.scores))
        if without and self.reconstruction in ("x", "both"):
            raise ValueError(
                f"--reconstruction={self.reconstruction} with {without[0]!r}, whose samples of p have no gradient: it "
                "would teach nothing. Let p give means or a relaxation, or give --reconstruction=none or h."
            )

    def _augmented(self, families, discriminators, values):
        """The discriminators, those of images with `augment`, if there is one."""
        if self.augment == "none":
            return discriminators
        images = {name for name, value in values.items() if value.shape.rank == 4}
        sees = [bool(images & {ref.name for ref in family.scope if not ref.step}) for family in families]
        if not any(sees):
            raise ValueError(f"--augment={self.augment} has no effect: no discriminator sees an image. Leave it out.")
        pairs = zip(discriminators, sees, strict=True)
        return [Augmented(d, self.augment, self.augment_strength) if sees_image else d for d, sees_image in pairs]

    def _reconstructions(self):
        """The terms of reconstruction; that of x may have a weight of its own."""
        for kind in RECONSTRUCTIONS[self.reconstruction]:
            own = self.reconstruction_x_weight if kind is DataReconstruction else None
            distance = chosen(DISTANCES, reconstruction_distance=self.reconstruction_distance)
            yield kind(self.reconstruction_weight if own is None else own, distance)

    def _views(self, model, values):
        """The term of two views, if there is one."""
        if self.views == "none":
            return []
        seen(model, values)  # refuses a model without an image or a vector to see it by
        parts = self.views_weight, self.views_temperature, self.views_k_weight or 0.0, self.views_k_temperature or 1.0
        return [Views(self.views, self.views_strength, *parts)]
