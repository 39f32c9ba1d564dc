"""The type that networks compute in, and what float16 needs besides. Variables are float32 whatever the type."""

import contextlib
import pathlib
from collections.abc import Iterator

import keras
import tensorflow as tf

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
INSTRUCTIONS = {"bfloat16": ("bf16",), "float16": ("fp16", "asimdhp")}  # ends of CPU flags, of x86 and of Arm


@contextlib.contextmanager
def compute_in(precision: str) -> Iterator[None]:
    """Layers made in this context compute in a type; those that name a dtype of their own keep it.

    Use it around what builds the networks. Latents, images, logits and costs leave the networks as float32, because
    the last layer of an encoder or a discriminator, the relaxations and the mixture name float32 themselves.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def slow_on_cpu(precision: str, cpuinfo: pathlib.Path = pathlib.Path("/proc/cpuinfo")) -> bool:
    """Whether a run without a GPU would be slower than in float32: on a CPU without instructions for the type.

    Args:
        cpuinfo: Linux' file of what the CPU can do; without one it is not known, and False.
    """
    if precision not in INSTRUCTIONS or tf.config.list_physical_devices("GPU") or not cpuinfo.exists():
        return False
    return not any(flag.endswith(INSTRUCTIONS[precision]) for flag in cpuinfo.read_text().split())


def scaled(optimizer: keras.optimizers.Optimizer, precision: str) -> keras.optimizers.Optimizer:
    """An optimizer that scales the loss where gradients would underflow, which is in float16 alone.

    A step whose gradients overflow is left out and halves the scale; 2,000 others in a row double it.
    """
    return keras.optimizers.LossScaleOptimizer(optimizer) if precision == "float16" else optimizer


def share_overflow(gradients: list[tf.Tensor], optimizer: keras.optimizers.Optimizer) -> list[tf.Tensor]:
    """The gradients of a replica, which overflow if those of any other do: all replicas leave out the same steps."""
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return gradients
    here = tf.reduce_any([tf.reduce_any(~tf.math.is_finite(g)) for g in gradients])
    replicas = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(here, tf.float32))
    return [tf.where(replicas > 0, float("nan"), gradients[0]), *gradients[1:]]


def mask_overflow(norm: tf.Tensor, optimizer: keras.optimizers.Optimizer) -> tf.Tensor:
    """A gradient norm, with 0 for an overflow that goes away with a smaller scale, as `scaled` says."""
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return norm
    return tf.where(tf.math.is_finite(norm) | (optimizer.dynamic_scale <= 1), norm, 0.0)
