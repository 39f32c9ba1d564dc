"""Sizes of tensors, some of which are known only when a graph runs."""

import tensorflow as tf


def axis_size(value: tf.Tensor, axis: int) -> int | tf.Tensor:
    """Size of an axis, a Python int where it is known."""
    return value.shape[axis] if value.shape[axis] is not None else tf.shape(value)[axis]


def column(numbers: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    """One number a row, [B], as [B, 1, ...] of the rank of a value [B, ...], so that both can be multiplied."""
    return tf.reshape(numbers, [-1] + [1] * (value.shape.rank - 1))
