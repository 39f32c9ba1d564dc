"""Priors p(k) and p(h), the mixture p(h|k) of GMGAN, and its exact posterior q(k|h); all from tfp.

B batch, K components, D latent.
"""

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd


def uniform_one_hot(size: int) -> tfd.Distribution:
    """k ~ Cat(pi), pi uniform, as one-hot vectors [K] (the paper, section 3)."""
    return tfd.OneHotCategorical(logits=tf.zeros([size]), dtype=tf.float32)


def standard_normal(size: int) -> tfd.Distribution:
    """z ~ N(0, I), vectors [D]."""
    return tfd.MultivariateNormalDiag(loc=tf.zeros([size]))


class GaussianTable(keras.layers.Layer):
    """p(h|k) = N(h; mu_k, I): a table of trainable means, initially N(0, 1) (the paper, section 3)."""

    def __init__(self, components: int, latent: int):
        super().__init__(dtype="float32")
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.means = self.add_weight(name="means", shape=(components, latent), initializer=normal)
        self.built = True

    def call(self, k, training=False):
        # [B, K] -> batch [B], event [D]. Independent draws row by row, as `Stream.draw` wants it.
        return tfd.Independent(tfd.Normal(tf.matmul(k, self.means), 1.0), 1)


class GaussianPosterior(keras.layers.Layer):
    """Logits of q(k|h) = pi_k N(h; mu_k, I) / sum: the exact posterior of the mixture (the paper, section 3).

    They are -|h - mu_k|^2 / 2, multiplied out, which needs no tensor of shape [B, K, D]; log pi_k, the same for every k
    as pi is uniform, is left out.
    """

    def __init__(self, table: GaussianTable):
        super().__init__(dtype="float32")
        self.table = table

    def call(self, h, training=False):
        # [B, D] -> [B, K]
        means = tf.convert_to_tensor(self.table.means)
        squares = tf.reduce_sum(means**2, -1) + tf.reduce_sum(h**2, -1, keepdims=True)
        return tf.matmul(h, means, transpose_b=True) - squares / 2
