"""Ways to take a gradient through a discrete variable of q, chosen once by name."""

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.common.choices import chosen
from graphical_gan.settings.tables import RELAXATIONS


class Relaxed(keras.layers.Layer):
    """Conditional of a discrete node, as one-hot vectors or their relaxation.

    Where a relaxation is not reparameterised, the game adds a score-function cost (see `sampling.Sample`).

    Args:
        logits: layer that maps the parents to the logits of q, [B, K].
        relaxation: a key of `tables.RELAXATIONS`; soft vectors of `concrete` tell D that they are of q.
        temperature: of the concrete relaxations, the same at all steps; the paper's is 0.1 (appendix D).
    """

    def __init__(
        self, logits: keras.layers.Layer, relaxation: str = "straight_through_concrete", temperature: float = 0.1
    ):
        super().__init__(dtype="float32")  # a softmax at temperature 0.1 needs all its digits
        self.logits = logits
        self.relaxation = chosen(RELAXATIONS, relaxation=relaxation)
        self.temperature = temperature

    def call(self, parents, training=False):
        return self.relaxed(self.logits(parents, training=training))

    def relaxed(self, logits: tf.Tensor) -> tf.Tensor | tfd.Distribution:
        """The relaxation of logits [B, K]."""
        return self.relaxation(logits, self.temperature)


def concrete(logits: tf.Tensor, temperature: float) -> tfd.Distribution:
    """Soft vectors on the simplex (Gumbel-softmax); the paper's choice."""
    return tfd.RelaxedOneHotCategorical(temperature, logits=logits)


def straight_through_concrete(logits: tf.Tensor, temperature: float) -> tfd.Distribution:
    """Samples of q as exact one-hot vectors, with the gradient of the concrete sample they are the arg-max of."""
    return _Hard(temperature, logits=logits)


def straight_through(logits: tf.Tensor, temperature: float) -> tf.Tensor:
    """The mode of q as a one-hot vector, without noise; the gradient goes straight to the logits."""
    del temperature  # nothing is relaxed
    return _with_gradient_of(logits)


def reinforce(logits: tf.Tensor, temperature: float) -> tfd.Distribution:
    """Exact samples of q without a gradient of their own; the score function carries it."""
    del temperature
    return tfd.OneHotCategorical(logits=logits, dtype=tf.float32)


class _Hard(tfd.RelaxedOneHotCategorical):
    """Concrete samples, rounded to one-hot on the way forward."""

    def sample(self, sample_shape=(), seed=None, name="sample", **kwargs):
        return _with_gradient_of(super().sample(sample_shape, seed, name, **kwargs))


@tf.custom_gradient
def _with_gradient_of(soft):
    """The one-hot vector of the largest entry, with the gradient of the entries."""
    return tf.one_hot(tf.argmax(soft, -1), soft.shape[-1], dtype=soft.dtype), lambda upstream: upstream
