"""Convolutions and deconvolutions of stride 2, computed in the ways that are fast on a CPU.

The gradient of a filter w[i,j,c,d] is the sum over images b and places y, x of image[b,2y+i,2x+j,c] * up[b,y,x,d], up
the gradient that comes back. With the batch for channels that is a convolution itself, of images by up, dilated by 2.
On a CPU oneDNN computes it as fast as a forward pass; its own filter gradient is up to three times slower on maps of
4x4 in bfloat16.

A deconvolution gives each of the 2x2 pixels that a place becomes by a convolution of its own, whose taps are every
second one of the filter (sub-pixel convolution, Shi et al. 2016). Of images of few channels oneDNN computes these as
the channels of one convolution 2.6 times as fast as the deconvolution, which it makes for 16 channels or more.
"""

import os

import keras
import numpy as np
import tensorflow as tf

ONEDNN = os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "1"  # without it, a dilated convolution has no gradient on a CPU
STRIDE = 2
SMALL = 7  # height of the largest map where a filter gradient is faster as a convolution
FEW = 8  # channels up to which a deconvolution is; on a CPU with AVX2 8 are as fast either way


class Convolution(keras.layers.Conv2D):
    """Stride 2, "same" padding: halves height and width, rounding up."""

    def __init__(self, filters: int, kernel: int, kernel_initializer="glorot_uniform"):
        super().__init__(filters, kernel, STRIDE, "same", kernel_initializer=kernel_initializer)

    def convolution_op(self, inputs, kernel):
        return _convolve(inputs, tf.convert_to_tensor(kernel))


class Deconvolution(keras.layers.Conv2DTranspose):
    """Stride 2, "same" padding: doubles height and width."""

    def __init__(self, filters: int, kernel: int, kernel_initializer="glorot_uniform"):
        super().__init__(filters, kernel, STRIDE, "same", kernel_initializer=kernel_initializer)

    def call(self, inputs):
        return tf.nn.bias_add(_deconvolve(inputs, tf.convert_to_tensor(self.kernel)), self.bias)


@tf.custom_gradient
def _convolve(images, filters):
    """[B, H, W, C] by [k, k, C, D] -> [B, H/2, W/2, D]."""
    result = tf.nn.conv2d(images, filters, STRIDE, "SAME")

    def gradient(upstream):
        by_images = _spread(upstream, filters, images.shape[1:3])
        return by_images, _filter_gradient(images, upstream, filters)

    return result, gradient


@tf.custom_gradient
def _deconvolve(images, filters):
    """[B, H, W, D] by [k, k, C, D] -> [B, 2H, 2W, C]: the adjoint of `_convolve`."""
    result = _spread(images, filters, [STRIDE * n for n in images.shape[1:3]])

    def gradient(upstream):
        by_images = tf.nn.conv2d(upstream, filters, STRIDE, "SAME")
        return by_images, _filter_gradient(upstream, images, filters)

    return result, gradient


def _spread(maps, filters, size):
    """[B, H/2, W/2, D] by [k, k, C, D] -> [B, H, W, C], the size H, W: what `_convolve` has for a gradient."""
    channels = filters.shape[2]
    if channels <= FEW and not any(n % STRIDE for n in size) and _by_onednn():
        return tf.nn.depth_to_space(tf.nn.conv2d(maps, _by_pixel(filters), 1, "SAME"), STRIDE)
    shape = [tf.shape(maps)[0], *size, channels]
    return tf.ensure_shape(tf.nn.conv2d_transpose(maps, filters, shape, STRIDE, "SAME"), [None, *size, channels])


def _by_pixel(filters):
    """[k, k, C, D] -> [n, n, D, 4 C]: the filters that give each of the 2x2 pixels that a place becomes."""
    kernel, _, channels, depth = filters.shape
    before = (kernel - STRIDE) // 2  # rows of padding
    reach = (kernel - 1 - before) // STRIDE
    offsets = np.arange(-reach, reach + 1)
    taps = np.arange(STRIDE) + before - STRIDE * offsets[:, None]  # [n, 2]: of which row of the filter
    taps[(taps < 0) | (taps >= kernel)] = kernel  # zeros
    padded = tf.pad(filters, [[0, 1], [0, 1], [0, 0], [0, 0]])
    found = tf.gather(tf.gather(padded, taps, axis=0), taps, axis=2)  # [n, 2, n, 2, C, D]
    return tf.reshape(tf.transpose(found, [0, 2, 5, 1, 3, 4]), [len(offsets), len(offsets), depth, -1])


def _by_onednn():
    """Whether a CPU computes convolutions by oneDNN."""
    return ONEDNN and not tf.config.list_physical_devices("GPU")


def _filter_gradient(images, upstream, filters):
    """Gradient [k, k, C, D] of the filters that take [B, H, W, C] to a result with the gradient [B, H/2, W/2, D]."""
    kernel, small = filters.shape[0], upstream.shape[1] <= SMALL and upstream.shape[2] <= SMALL
    if not (small and _by_onednn()):
        sizes = filters.shape.as_list()
        return tf.raw_ops.Conv2DBackpropFilter(
            input=images, filter_sizes=sizes, out_backprop=upstream, strides=[1, STRIDE, STRIDE, 1], padding="SAME"
        )
    padding = [_same(*sizes, kernel) for sizes in zip(images.shape[1:3], upstream.shape[1:3], strict=True)]
    swapped = tf.pad(tf.transpose(images, [3, 1, 2, 0]), [[0, 0], *padding, [0, 0]])  # [C, H, W, B]
    found = tf.nn.conv2d(swapped, tf.transpose(upstream, [1, 2, 0, 3]), 1, "VALID", dilations=STRIDE)  # [C, k, k, D]
    return tf.transpose(found, [1, 2, 0, 3])


def _same(size, halved, kernel):
    """Rows before and after an axis of "same" padding."""
    total = (halved - 1) * STRIDE + kernel - size
    return [total // 2, total - total // 2]
