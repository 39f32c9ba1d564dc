"""Terms: what p and q minimise besides the factors, each a cost of every sample of p and of q."""

import dataclasses
from collections.abc import Callable
from typing import Protocol

import tensorflow as tf

from graphical_gan.engine import GraphicalGAN, Sample, Stream
from graphical_gan.engine.shapes import column
from graphical_gan.game.losses import Costs, energy_score


class Term(Protocol):
    """What the players minimise besides the factors, such as a reconstruction.

    Attributes:
        name: under which it is watched.
        weight: that its costs are multiplied by.
    """

    name: str
    weight: float

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """Costs [B] of the samples of p and of q, in training."""


@dataclasses.dataclass(eq=False)
class DataReconstruction:
    """x -> latents -> x': the distance of the data from what p makes of what q inferred (ALICE, Li et al. 2017, Eq. 8).

    Samples of q are those of the factors, so a score-function term sees this cost too.

    Attributes:
        weight: of the term.
        distance: from two tensors to their distance an element [B], as of `tables.DISTANCES`.
    """

    weight: float
    distance: Callable
    name = "reconstruction_x"

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """The mean distance [B] an element on q, over the observed variables that have parents; 0 on p."""
        again = model.regenerate(q.values, stream, training=True)
        return Costs(_zeros(p), _mean_distance(self.distance, model.network.generated, q.values, again))


@dataclasses.dataclass(eq=False)
class LatentReconstruction:
    """h -> x -> h': the distance of the latent vectors from those that q infers of what p made of them (ALICE).

    Discrete variables are left to the factors. Attributes as of `DataReconstruction`.
    """

    weight: float
    distance: Callable
    name = "reconstruction_h"

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """The mean distance [B] an element on p, over the latent variables that are not discrete; 0 on q."""
        again = model.infer({n: p.values[n] for n in model.network.observed}, stream, training=True).values
        return Costs(_mean_distance(self.distance, model.vectors, p.values, again), _zeros(q))


@dataclasses.dataclass(eq=False)
class KnownValues:
    """What rows where a latent variable is known teach q, by scores that only the right distribution makes least.

    The cross-entropy of a discrete variable, and the log-density where q gives a distribution; where it gives a tensor,
    the energy score of two draws (Gneiting and Raftery 2007, Eq. 21), as a squared error would teach it the mean alone.
    """

    weight: float
    name = "known_values"

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """-log q(k|.), or -log q(v|.) or the energy score an element, where it is known [B]; 0 elsewhere, and on p."""
        costs, again = [_zeros(q)], {}
        if any(known.log_density is None and name not in q.logits for name, known in q.known.items()):
            again = model.infer(_data(model, q), stream, training=True).known
        for name, known in q.known.items():
            value = q.values[name]
            if name in q.logits:
                cost = tf.nn.softmax_cross_entropy_with_logits(value, q.logits[name])
                cost = tf.reduce_sum(tf.reshape(cost, [tf.shape(cost)[0], -1]), 1)  # over the steps, if there are any
            elif known.log_density is not None:
                cost = -known.log_density / tf.cast(tf.size(value) // tf.shape(value)[0], tf.float32)
            else:
                cost = energy_score(known.drawn, again[name].drawn, tf.stop_gradient(value))
            costs.append(known.rows * cost)
        return Costs(_zeros(p), tf.add_n(costs))


def _data(model, q):
    """The data that q's sample was drawn for: partly observed variables are NaN where they are unknown."""
    data = {name: q.values[name] for name in model.network.observed}
    for name, known in q.known.items():
        value = q.values[name]
        data[name] = tf.where(column(known.rows, value) > 0, value, float("nan"))
    return data


def _zeros(sample):
    return tf.zeros(tf.shape(next(iter(sample.values.values())))[:1])


def _mean_distance(distance, names, values, again):
    return tf.add_n([distance(values[n], again[n]) for n in names]) / len(names)
