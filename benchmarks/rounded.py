"""Trains in bfloat16 on a CPU that has no instructions for it, at about the speed of float32, for what it learns.

    python -m benchmarks.rounded --precision=bfloat16 --dataset=mnist ...     flags of train_gmgan.py

Products of matrices and convolutions take factors that are rounded to bfloat16, add up in float32 and round the sum, as
the instructions do; their gradients as well. All else is computed as always. So accuracies are those of bfloat16, and
times are not.
"""

import functools

import tensorflow as tf

from graphical_gan.runs import programs
from graphical_gan.settings import command_line
from graphical_gan.train import train

PRODUCTS = ((tf, "matmul"), (tf.nn, "conv2d"), (tf.nn, "conv2d_transpose"), (tf.raw_ops, "Conv2DBackpropFilter"))


def rounded(product):
    """A function of tensors that computes in float32 where it is given bfloat16, and rounds what it returns."""

    @functools.wraps(product)
    def multiply(*factors, **settings):
        if not any(map(_is_bfloat16, (*factors, *settings.values()))):
            return product(*factors, **settings)
        result = product(*map(_widen, factors), **{name: _widen(value) for name, value in settings.items()})
        return tf.cast(result, tf.bfloat16)

    return multiply


def _is_bfloat16(value):
    return isinstance(value, tf.Tensor) and value.dtype == tf.bfloat16


def _widen(value):
    return tf.cast(value, tf.float32) if _is_bfloat16(value) else value


def main(argv: list[str]) -> None:
    """Trains GMGAN."""
    for module, name in PRODUCTS:
        setattr(module, name, rounded(getattr(module, name)))
    train(programs.GMGAN, argv)


if __name__ == "__main__":
    command_line.define(programs.GMGAN.recipe.knobs)
    command_line.run(main)
