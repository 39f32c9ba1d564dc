"""The plate over time in tensors: sequences [B, T, ...], steps folded into the batch [B*T, ...], and scans."""

from collections.abc import Callable, Iterable

import tensorflow as tf

from graphical_gan.dag import LAGS, Ref


def fold(value: tf.Tensor) -> tf.Tensor:
    """[B, T, ...] -> [B*T, ...], sequence by sequence."""
    return tf.reshape(value, [-1, *value.shape[2:]])


def unfold(value: tf.Tensor, length: int | tf.Tensor) -> tf.Tensor:
    """[B*T, ...] -> [B, T, ...]."""
    return tf.reshape(value, [-1, length, *value.shape[1:]])


def project(values: dict[str, tf.Tensor], refs: Iterable[Ref], length: int | tf.Tensor | None) -> list[tf.Tensor]:
    """Values of some variables for one batched call over all their steps.

    Args:
        values: by name, [B, ...], on the plate [B, T, ...].
        refs: the variables; with `v[t-1]` among them the steps are t = 2..T.
        length: the T to repeat variables outside the plate for; None if the call is not on the plate.

    Returns:
        One tensor a ref: [B*T, ...] or [B*(T-1), ...] on the plate, [B, ...] outside.
    """
    refs = list(refs)
    lagged = any(r.step == "t-1" for r in refs)
    times = None if length is None else length - lagged
    return [_project(values[r.name], r.step, times, lagged) for r in refs]


def _project(value, step, times, lagged):
    if step in ("1", "T"):
        return value[:, 0 if step == "1" else -1]
    if step == "t":
        return fold(value[:, 1:] if lagged else value)
    if step == "t-1":
        return fold(value[:, :-1])
    return value if times is None else tf.repeat(value, times, axis=0)


def slices(values: dict[str, tf.Tensor], refs: Iterable[Ref], backward: bool) -> dict[Ref, tf.Tensor]:
    """Time-major slices [T-1, B, ...] of variables on the plate for each step of a scan but its first.

    Forward the steps are 2..T, backward T-1..1; `v[t-1]` and `v[t+1]` are read beside them.
    """
    steps = {}
    for ref in refs:
        value = tf.transpose(values[ref.name], [1, 0, *range(2, values[ref.name].shape.rank)])
        if LAGS[ref.step] == 0:
            steps[ref] = value[-2::-1] if backward else value[1:]
        else:
            steps[ref] = value[:0:-1] if backward else value[:-1]
    return steps


def scan(step: Callable, first: dict, inputs: dict, length: int | tf.Tensor, backward: bool) -> dict:
    """Runs `step(state, number, inputs)` over time from the state of the first step on.

    Args:
        step: maps the state of the step before, the number of the step (1, 2, ...) and its inputs to the next state.
        first: state at t = 1, or at t = T if time runs backward; tensors [B, ...].
        inputs: time-major tensors [T-1, B, ...].
        length: number of steps T.
        backward: whether the result is turned around, so that it runs from 1 to T.

    Returns:
        The states, [B, T, ...].
    """
    numbers = tf.range(1, length)
    rest = tf.scan(lambda state, x: step(state, x[0], x[1]), (numbers, inputs), initializer=first)

    def join(start, following):
        sequence = tf.concat([start[None], following], 0)
        sequence = sequence[::-1] if backward else sequence
        sequence = tf.transpose(sequence, [1, 0, *range(2, sequence.shape.rank)])
        return tf.ensure_shape(sequence, [None, length if isinstance(length, int) else None, *start.shape[1:]])

    return tf.nest.map_structure(join, first, rest)
