"""Conditionals of the networks of `benchmarks.declared`: those of p, which are held, and those of q, which learn."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.layers.images import MLP

HIDDEN = 32


class Linear(keras.layers.Layer):
    """N(sum of parents times their weights, scale^2), held; values of a shape, a vector if none is given.

    Args:
        weights: of each parent, a number, or a matrix [parent, child].
        scale: standard deviation.
        shape: of the values, such as an image's.
    """

    def __init__(self, weights, scale, shape=None):
        super().__init__()
        self.matrices = [np.atleast_2d(np.asarray(w, "float32")) for w in weights]
        self.scale, self.shape = scale, shape

    def call(self, parents, training=False):
        parents = parents if isinstance(parents, tuple) else (parents,)
        mean = tf.add_n([flat(parent) @ w for parent, w in zip(parents, self.matrices, strict=True)])
        mean = tf.reshape(mean, [-1, *(self.shape or mean.shape[1:])])
        return tfd.Independent(tfd.Normal(mean, self.scale), mean.shape.rank - 1)


class Present(keras.layers.Layer):
    """N(v, scale^2) where a mask is 1, and 0 to within 0.001 where it is 0, held."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def call(self, parents, training=False):
        v, mask = parents
        return tfd.Independent(tfd.Normal(mask * v, mask * self.scale + 1e-3), 1)


class Chosen(keras.layers.Layer):
    """A categorical variable whose probabilities a one-hot parent chooses, a row of a table [K, L], held."""

    def __init__(self, table):
        super().__init__()
        self.table = np.asarray(table, "float32")

    def call(self, k, training=False):
        return tfd.OneHotCategorical(probs=k @ self.table, dtype=tf.float32)


class Gate(keras.layers.Layer):
    """A categorical variable of logits that are linear in its parent, held."""

    def __init__(self, weights, biases):
        super().__init__()
        self.weights_of_input, self.biases = np.asarray(weights, "float32"), np.asarray(biases, "float32")

    def call(self, u, training=False):
        return tfd.OneHotCategorical(logits=u @ self.weights_of_input + self.biases, dtype=tf.float32)


class Expert(keras.layers.Layer):
    """N(slope_k u + level_k, scale^2), held."""

    def __init__(self, slopes, levels, scale):
        super().__init__()
        self.slopes, self.levels = np.asarray(slopes, "float32"), np.asarray(levels, "float32")
        self.scale = scale

    def call(self, parents, training=False):
        k, u = parents
        mean = tf.reduce_sum(k * (u * self.slopes + self.levels), -1, keepdims=True)
        return tfd.Independent(tfd.Normal(mean, self.scale), 1)


class Hidden(keras.layers.Layer):
    """Hidden layers of whatever the parents are, and the parents themselves, side by side."""

    def __init__(self):
        super().__init__()
        self.hidden = MLP([HIDDEN, HIDDEN])

    def call(self, parents, training=False):
        parents = tf.concat([flat(p) for p in tf.nest.flatten(parents)], -1)
        return tf.concat([parents, self.hidden(parents)], -1)


class Normal(keras.layers.Layer):
    """N(m, s^2) of whatever the parents are, one number; m and log s are learned, by hidden layers."""

    def __init__(self):
        super().__init__()
        self.hidden = Hidden()
        self.mean, self.log_scale = keras.layers.Dense(1), keras.layers.Dense(1, kernel_initializer="zeros")

    def call(self, parents, training=False):
        hidden = self.hidden(parents)
        return tfd.Independent(tfd.Normal(self.mean(hidden), tf.exp(self.log_scale(hidden))), 1)


class LinearNormal(keras.layers.Layer):
    """N(m, s^2) of whatever the parents are, one number; m, linear in them, and s are learned."""

    def __init__(self):
        super().__init__()
        self.mean = keras.layers.Dense(1)
        self.log_scale = self.add_weight(name="log_scale", shape=(1,), initializer="zeros")

    def call(self, parents, training=False):
        mean = self.mean(tf.concat([flat(p) for p in tf.nest.flatten(parents)], -1))
        return tfd.Independent(tfd.Normal(mean, tf.exp(self.log_scale)), 1)


class LinearJoint(keras.layers.Layer):
    """N(m, L L') of whatever the parents are, several numbers; m, linear in them, and the triangle L are learned."""

    def __init__(self, size):
        super().__init__()
        self.mean = keras.layers.Dense(size)
        self.triangle = self.add_weight(name="triangle", shape=(size, size), initializer="zeros")

    def call(self, parents, training=False):
        mean = self.mean(tf.concat([flat(p) for p in tf.nest.flatten(parents)], -1))
        scales = tf.exp(tf.linalg.diag_part(self.triangle))  # the diagonal is positive
        return tfd.MultivariateNormalTriL(mean, tf.linalg.set_diag(tf.linalg.band_part(self.triangle, -1, 0), scales))


def memory(size=16):
    """What an auxiliary chain remembers."""
    return keras.Sequential([Hidden(), keras.layers.Dense(size, "tanh")])


def logits(size):
    """A discrete variable of whatever the parents are, learned."""
    return Relaxed(keras.Sequential([Hidden(), keras.layers.Dense(size)]))


def weights(size):
    """A discrete variable without parents, learned."""
    return Relaxed(keras.layers.Dense(size, use_bias=False, kernel_initializer="zeros"))


def flat(value):
    """[B, ...] -> [B, D]."""
    return tf.reshape(value, [-1, int(np.prod(value.shape[1:]))])
