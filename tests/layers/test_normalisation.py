"""Batch normalisation by the fused kernel is that of Keras, gradients and statistics included."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.layers.images import Normalisation, latents_of_q

GAMMA, BETA = np.array([0.5, 2.0, 1.0], np.float32), np.array([1.0, -1.0, 0.0], np.float32)


def results(call, layer, x, upstream):
    """Of a training step: what comes out, and the gradients of x, gamma and beta."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        cost = tf.reduce_sum(tf.cast(result := call(x, training=True), tf.float32) * upstream)
    gradients = tape.gradient(cost, [x, layer.gamma.value, layer.beta.value])
    return [result, *gradients]


@pytest.mark.parametrize("shape", [(7, 3), (4, 5, 6, 3), (2, 3, 4, 4, 3)])
@pytest.mark.parametrize("of_q", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_the_fused_kernel_computes_what_keras_does(shape, of_q, dtype):
    keras.config.set_dtype_policy(dtype)
    try:
        ours, theirs = Normalisation(), keras.layers.BatchNormalization(epsilon=1e-5)
    finally:
        keras.config.set_dtype_policy("float32")
    for layer in (ours, theirs):
        layer.build(shape)
        layer.gamma.assign(GAMMA)
        layer.beta.assign(BETA)
    x = tf.cast(tf.random.stateless_normal(shape, [1, 2], 3.0, 2.0), ours.compute_dtype)
    upstream = tf.random.stateless_normal(shape, [3, 4])
    with latents_of_q(of_q):
        found = results(ours, ours, x, upstream)
    expected = results(theirs, theirs, x, upstream)
    assert found[0].dtype == x.dtype
    exact = {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 0.02, "atol": 0.05}
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(tf.cast(a, tf.float32), tf.cast(b, tf.float32), **exact)
    used, other = (ours.of_q, ours) if of_q else (ours, ours.of_q)
    np.testing.assert_allclose(used.moving_mean, theirs.moving_mean, rtol=1e-5)
    np.testing.assert_allclose(used.moving_variance, theirs.moving_variance, rtol=1e-5)
    np.testing.assert_array_equal(other.moving_mean, np.zeros(3))
