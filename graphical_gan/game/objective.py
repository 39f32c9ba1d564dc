"""What the two players of an instance play for: the divergence of its factors, and terms besides."""

import dataclasses
from collections.abc import Iterable

import keras

from graphical_gan.common.choices import chosen
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.game.factors import Factors, Game, Term
from graphical_gan.game.losses import DIVERGENCES
from graphical_gan.game.terms import DataReconstruction, KnownValues, LatentReconstruction
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
        return cls(**{field.name: settings[field.name] for field in dataclasses.fields(cls)})

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
        """
        kinds = RECONSTRUCTIONS[self.reconstruction]
        terms = [kind(self.reconstruction_weight, self.reconstruction_distance) for kind in kinds]
        length = model.network.length
        factors = Factors(families, discriminators, length, self.divergence, self.gradient_penalty)
        known = [KnownValues(KNOWN_WEIGHT)] if model.network.partly else []
        return Game(model, factors, (*terms, *known, *further))
