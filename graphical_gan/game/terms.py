"""Terms: what p and q minimise besides the factors, each a cost of every sample of p and of q ."""

from typing import Protocol

import tensorflow as tf

from graphical_gan.common.choices import chosen
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import Stream
from graphical_gan.engine.sampling import Sample
from graphical_gan.game.losses import Costs, l2
from graphical_gan.settings.tables import DISTANCES


class Term(Protocol):
    """What the players minimise besides the factors, such as a reconstruction.

    Attributes:
        name: under which it is watched.
        weight: that its costs are multiplied by.
    """

    name: str
    weight: float

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream, training: bool) -> Costs:
        """Costs [B] of the samples of p and of q."""


class DataReconstruction:
    """x -> latents -> x': the distance of the data from what p makes of what q inferred (ALICE, Li et al. 2017, Eq. 8).

    Samples of q are those of the factors, so a score-function term sees this cost too.

    Args:
        weight: of the term.
        distance: a key of `tables.DISTANCES`.
    """

    name = "reconstruction_x"

    def __init__(self, weight: float, distance: str):
        self.weight, self.distance = weight, chosen(DISTANCES, distance=distance)

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream, training: bool) -> Costs:
        """The mean distance [B] an element on q, over the observed variables that have parents; 0 on p."""
        again = model.regenerate(q.values, stream, training)
        return Costs(_zeros(p), _mean_distance(self.distance, model.network.generated, q.values, again))


class LatentReconstruction:
    """h -> x -> h': the distance of the latent vectors from those that q infers of what p made of them (ALICE).

    Discrete variables are left to the factors. Arguments as of `DataReconstruction`.
    """

    name = "reconstruction_h"

    def __init__(self, weight: float, distance: str):
        self.weight, self.distance = weight, chosen(DISTANCES, distance=distance)

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream, training: bool) -> Costs:
        """The mean distance [B] an element on p, over the latent variables that are not discrete; 0 on q."""
        again = model.infer({n: p.values[n] for n in model.network.observed}, stream, training).values
        return Costs(_mean_distance(self.distance, model.vectors, p.values, again), _zeros(q))


class KnownValues:
    """What rows where a latent variable is known teach q: cross-entropy, or squared distance of vectors.

    Args:
        weight: of the term.
    """

    name = "known_values"

    def __init__(self, weight: float):
        self.weight = weight

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream, training: bool) -> Costs:
        """-log q(k|.), or the mean squared distance an element, where it is known [B]; 0 in other rows, and on p."""
        costs = [_zeros(q)]
        for name, known in q.known.items():
            if name in model.discrete:
                logits = model.posterior_logits(name, q.values, training)
                costs.append(known.rows * tf.nn.softmax_cross_entropy_with_logits(q.values[name], logits))
            else:
                costs.append(known.rows * l2(known.drawn, q.values[name]))
        return Costs(_zeros(p), tf.add_n(costs))


def _zeros(sample):
    return tf.zeros(tf.shape(next(iter(sample.values.values())))[:1])


def _mean_distance(distance, names, values, again):
    return tf.add_n([distance(values[n], again[n]) for n in names]) / len(names)
