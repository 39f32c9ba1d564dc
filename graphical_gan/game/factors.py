"""Factors: the variables that each discriminator looks at, with which weight, and what it says of them."""

from collections.abc import Iterable
from typing import NamedTuple

import keras
import tensorflow as tf

from graphical_gan.engine import Sample, Stream, plate
from graphical_gan.engine.player import Player
from graphical_gan.engine.randomness import Streams
from graphical_gan.engine.shapes import axis_size
from graphical_gan.game.losses import Costs
from graphical_gan.graph import Family
from graphical_gan.layers.images import normalisations


class Verdict(NamedTuple):
    """What the discriminators say of a sample of p and of one of q: the logits of each factor, [B, m]."""

    p: Sample
    q: Sample
    logits_p: list[tf.Tensor]
    logits_q: list[tf.Tensor]


class Factors(Player):
    """A discriminator for each factor; owns the variables of the discriminators' player.

    The weight of a factor is its share m / sum(m) of all factors when steps are counted one by one, so that the
    objective is the plain average of Eq. 12.

    Args:
        discriminators: a layer for each, from a tuple of variables (of the family's order) and a stream to logits.
        length: number of steps T of the plate, None without one.
    """

    def __init__(
        self,
        families: Iterable[Family],
        discriminators: Iterable[keras.layers.Layer],
        length: int | None = None,
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
        total = sum(f.multiplicity for f in self.families)
        self.shares = [f.multiplicity / total for f in self.families]

    def inputs(self, values: dict[str, tf.Tensor]) -> list[tuple[tf.Tensor, ...]]:
        """What each discriminator sees of a sample, [B*m, ...]; values on the plate have the network's T steps.

        A factor of single steps and a whole sequence ends with the number of the step, a one-hot vector [B*m, T]:
        without it the sequence would not tell which of its steps is meant.
        """
        return [tuple(self._seen(values, family.scope)) for family in self.families]

    def _seen(self, values, scope):
        if all(ref.lag is None for ref in scope):
            return plate.project(values, scope, None)
        seen, rows = plate.project(values, scope, self.length), axis_size(next(iter(values.values())), 0)
        whole = any(ref.step == "1:T" for ref in scope)
        return [*seen, plate.all_steps(rows, self.length, scope)] if whole else seen

    def logits(self, inputs: list[tuple[tf.Tensor, ...]], stream: Stream, training=False) -> list[tf.Tensor]:
        """Logits of every factor, [B, m]."""
        logits = []
        for family, discriminator, seen in zip(self.families, self.discriminators, inputs, strict=True):
            flat = discriminator(seen, stream=stream.at(str(family)), training=training)
            logits.append(tf.reshape(tf.cast(flat, tf.float32), [-1, family.multiplicity]))
        return logits

    def logits_on_both(self, inputs_p, inputs_q, stream: Stream, together=True):
        """Logits on p and on q in training, from the `inputs` of each.

        Args:
            together: one pass over the rows of both, if no discriminator normalises over its rows: the same numbers,
                from fewer and larger operations. Two passes save work where only p and q need gradients, as none is
                needed with respect to the data.
        """
        streams = [stream.at(side) for side in "pq"]
        if not together or normalisations(self):
            sides = zip((inputs_p, inputs_q), streams, strict=True)
            return tuple(self.logits(inputs, side, training=True) for inputs, side in sides)
        both = tf.nest.map_structure(lambda a, b: tf.concat([a, b], 0), inputs_p, inputs_q)
        logits = self.logits(both, Streams(streams), training=True)
        return tuple(list(side) for side in zip(*(tf.split(a, 2) for a in logits), strict=True))

    def mean(self, costs: Iterable[Costs]) -> tf.Tensor:
        """The mean of the costs of the factors, each weighted by its share (Eq. 12)."""
        pairs = zip(self.shares, costs, strict=True)
        return tf.add_n([tf.zeros([])] + [share * tf.reduce_mean(c) for share, pair in pairs for c in pair])

    def judge(self, p: Sample, q: Sample, stream: Stream, together=True) -> Verdict:
        """What the discriminators say of a sample of p and of one of q; see `logits_on_both`."""
        inputs = self.inputs(p.values), self.inputs(q.values)
        return Verdict(p, q, *self.logits_on_both(*inputs, stream, together))
