"""What the two players of an instance play for: the divergence of its factors, and terms besides."""

import dataclasses
from collections.abc import Iterable

import keras

from graphical_gan.common.choices import chosen
from graphical_gan.engine.checks import checked_samples
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.game.factors import Factors, Game, Term
from graphical_gan.game.losses import DIVERGENCES
from graphical_gan.game.terms import DataReconstruction, KnownValues, LatentReconstruction
from graphical_gan.game.view_terms import Views, seen
from graphical_gan.graph.bayesian_network import Family

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
        divergence: a key of `losses.DIVERGENCES`.
        gradient_penalty: weight of the penalty of `Factors`.
        reconstruction: a key of `RECONSTRUCTIONS`: of the data, of the latents, or both (ALICE).
        reconstruction_weight: of each of these terms, None without one.
        reconstruction_distance: a key of `losses.DISTANCES`, None without one.
    """

    divergence: str = "js"
    gradient_penalty: float = 0.0
    reconstruction: str = "none"
    reconstruction_weight: float | None = None
    reconstruction_distance: str | None = None
    reconstruction_x_weight: float | None = None
    views: str = "none"
    views_strength: float | None = None
    views_weight: float | None = None
    views_temperature: float | None = None
    views_k_weight: float | None = None
    views_k_temperature: float | None = None

    def __post_init__(self):
        chosen(DIVERGENCES, divergence=self.divergence)
        if self.divergence == "wasserstein_gp" and not self.gradient_penalty:
            raise ValueError(
                f"--gradient_penalty={self.gradient_penalty} with --divergence=wasserstein_gp, which wants 1-Lipschitz "
                "critics; expected a weight above 0. Give --gradient_penalty=10."
            )
        if chosen(RECONSTRUCTIONS, reconstruction=self.reconstruction) and self.reconstruction_weight is None:
            raise ValueError(
                f"reconstruction={self.reconstruction!r} with reconstruction_weight=None; expected a weight and a "
                "distance. Give both, such as 1.0 and 'l2'."
            )

    @classmethod
    def from_settings(cls, settings: dict) -> "Objective":
        """The objective that the settings of a run describe."""
        return cls(**{f.name: settings[f.name] for f in dataclasses.fields(cls) if f.name in settings})

    def game(
        self,
        model: GraphicalGAN,
        families: Iterable[Family],
        discriminators: Iterable[keras.layers.Layer],
        further: Iterable[Term] = (),
    ) -> Game:
        """The game over some factors of a model; what the data knows of partly observed variables teaches q.

        Args:
            model: p and q.
            families: the factors.
            discriminators: one for each.
            further: terms of the instance's own.

        Raises:
            ValueError: for --views of a network without an image, or without a vector that q infers from it.
        """
        kinds = RECONSTRUCTIONS[self.reconstruction]
        weights = {DataReconstruction: self.reconstruction_x_weight}
        weights = [self.reconstruction_weight if weights.get(kind) is None else weights[kind] for kind in kinds]
        terms = [kind(w, self.reconstruction_distance) for kind, w in zip(kinds, weights, strict=True)]
        terms += self._views(model)
        length = model.network.length
        factors = Factors(families, discriminators, length, self.divergence, self.gradient_penalty)
        known = [KnownValues(KNOWN_WEIGHT)] if model.network.partly else []
        return Game(model, factors, (*terms, *known, *further))

    def _views(self, model):
        """The term of two views, if there is one."""
        if self.views == "none":
            return []
        seen(model, checked_samples(model, make_stream(0))[0].values)
        parts = self.views_weight, self.views_temperature, self.views_k_weight or 0.0, self.views_k_temperature or 1.0
        return [Views(self.views, self.views_strength, *parts)]
