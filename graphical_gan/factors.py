"""Factors: which variables each discriminator looks at, with which weight, and what the game costs (Eqs. 12 and 13)."""

from collections.abc import Iterable
from typing import NamedTuple

import keras
import tensorflow as tf

from graphical_gan import plate
from graphical_gan.dag import LAGS, Ref
from graphical_gan.graph import BayesianNetwork, Family
from graphical_gan.losses import DIVERGENCES, score_function_cost
from graphical_gan.model import GraphicalGAN
from graphical_gan.randomness import Stream, make_stream
from graphical_gan.sampling import Sample


class Outcome(NamedTuple):
    """What a pass of all discriminators gives: the cost to minimise, and by factor what to watch."""

    cost: tf.Tensor
    watched: dict[str, tf.Tensor]


def local_families(network: BayesianNetwork) -> tuple[Family, ...]:
    """One factor a maximal family: the local algorithm (Alg. 1, Eq. 12)."""
    return network.maximal_families()


def global_family(network: BayesianNetwork) -> tuple[Family, ...]:
    """One factor over all variables: the global baseline (Alg. 3, Eq. 13); with the network h -> x it is ALI."""
    scope = tuple(Ref(n, "1:T" if network[n].plate else "") for n in reversed(network.variables))
    return (Family(scope, 1),)


class Factors(keras.Model):
    """A discriminator for each factor; owns the variables of the discriminators' player.

    The weight of a factor is its share m / sum(m) of all factors when steps are counted one by one, so that the
    objective is the plain average of Eq. 12.

    Args:
        families: the factors.
        discriminators: a layer for each, from a tuple of variables (of the family's order) and a stream to logits.
        length: number of steps T of the plate, None without one.
        divergence: a key of `losses.DIVERGENCES`.
    """

    WATCHED = ("cost_on_p", "cost_on_q", "accuracy_on_p", "accuracy_on_q")

    def __init__(
        self,
        families: Iterable[Family],
        discriminators: Iterable[keras.layers.Layer],
        length: int | None = None,
        divergence: str = "js",
    ):
        super().__init__()
        self.families = tuple(families)
        self.discriminators = list(discriminators)
        if len(self.families) != len(self.discriminators):
            raise ValueError(
                f"{len(self.discriminators)} discriminators for the {len(self.families)} factors "
                f"{', '.join(map(str, self.families))}; each factor has one. Add or remove discriminators."
            )
        self.length = length
        self.divergence = DIVERGENCES[divergence]
        total = sum(f.multiplicity for f in self.families)
        self.shares = [f.multiplicity / total for f in self.families]

    def logits(self, values: dict[str, tf.Tensor], stream: Stream, training=False) -> list[tf.Tensor]:
        """Logits of every factor, [B, m]; values on the plate have the network's T steps."""
        logits = []
        for family, discriminator in zip(self.families, self.discriminators, strict=True):
            on_plate = any(r.step in LAGS for r in family.scope)
            variables = tuple(plate.project(values, family.scope, self.length if on_plate else None))
            flat = discriminator(variables, stream=stream and stream.at(str(family)), training=training)
            logits.append(tf.reshape(flat, [-1, family.multiplicity]))
        return logits

    def discriminators_outcome(self, p: Sample, q: Sample, stream: Stream, training=True) -> Outcome:
        """What the discriminators minimise: Eq. 12 with the sign turned."""
        return self._outcome(self.divergence.discriminator, p, q, stream, training)[0]

    def players_outcome(self, p: Sample, q: Sample, stream: Stream, training=True) -> Outcome:
        """What p and q minimise; samples without a gradient of their own add their score-function term."""
        outcome, costs = self._outcome(self.divergence.players, p, q, stream, training)
        scores = [
            score_function_cost(sum(c[side] for c in costs), score)
            for side, sample in enumerate((p, q))
            for score in sample.scores.values()
        ]
        return outcome._replace(cost=tf.add_n([outcome.cost, *scores]))

    def _outcome(self, divergence, p, q, stream, training):
        logits_p = self.logits(p.values, stream and stream.at("p"), training)
        logits_q = self.logits(q.values, stream and stream.at("q"), training)
        costs, watched = [], {}
        for family, share, a, b in zip(self.families, self.shares, logits_p, logits_q, strict=True):
            cost = divergence(a, b)
            costs.append([share * tf.reduce_mean(c, 1) for c in cost])  # [B] each
            watched |= {
                f"cost_on_p/{family}": tf.reduce_mean(cost.p),
                f"cost_on_q/{family}": tf.reduce_mean(cost.q),
                f"accuracy_on_p/{family}": tf.reduce_mean(tf.cast(a < 0, tf.float32)),
                f"accuracy_on_q/{family}": tf.reduce_mean(tf.cast(b > 0, tf.float32)),
            }
        cost = tf.add_n([tf.reduce_mean(c) for pair in costs for c in pair])
        return Outcome(cost, watched), costs


class Game(NamedTuple):
    """The two players: (p, q), and the discriminators."""

    model: GraphicalGAN
    factors: Factors

    def create_variables(self) -> None:
        """Creates the variables of all networks by sampling once; call it in the scope of a strategy."""
        stream = make_stream(0)
        p = self.model.generate(stream, rows=2).values
        self.model.infer(p, stream)
        self.factors.logits(p, stream)
