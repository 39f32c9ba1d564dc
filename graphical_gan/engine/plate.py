"""The plate over time in tensors: sequences [B, T, ...], steps folded into the batch [B*T, ...], and scans."""

from collections.abc import Callable, Iterable

import tensorflow as tf

from graphical_gan.graph.dag import LAGS, Graph, Ref

_ENDS = {"1": 0, "2": 1, "T-1": -2, "T": -1}  # where the steps at the ends of the plate are


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
        refs: the variables; with `v[t-1]` among them the steps are t = 2..T, with `v[t+1]` they end at T - 1.
        length: the T to repeat variables outside the plate for; None if the call is not on the plate.

    Returns:
        One tensor a ref: [B*T, ...] or [B*(T-1), ...] on the plate, [B, ...] outside; of `x[1:t]` whole sequences
        [B*T, T, ...], 0 after step t.
    """
    refs = list(refs)
    return [_project(values[r.name], r.step, length, _skipped(refs)) for r in refs]


def _skipped(refs):
    """How many steps at t = 1 and at t = T have no value of all variables."""
    return [int(any(r.step == step for r in refs)) for step in ("t-1", "t+1")]


def _project(value, step, length, skipped):
    first, last = skipped
    if step in _ENDS:
        return value[:, _ENDS[step]]
    if step in LAGS:
        return fold(value[:, first + LAGS[step] : LAGS[step] - last or None])
    if step == "1:t":
        seen = tf.linalg.band_part(tf.ones([length, length], value.dtype), -1, 0)[first : -last or None]
        seen = tf.reshape(seen, [1, *seen.shape, *[1] * (value.shape.rank - 2)])
        return fold(value[:, None] * seen)
    return value if length is None else tf.repeat(value, length - first - last, axis=0)


def counted(graph: Graph, name: str) -> bool:
    """Whether a node gets the number of its step as well: on the plate, with a whole sequence among its parents.

    The sequence is the same at every step; without the number so would be what is made of it. It comes after the
    parents, as a one-hot vector [B, T].
    """
    return graph[name].plate and any(ref.step == "1:T" for ref in graph.parents[name])


def all_steps(rows: int | tf.Tensor, length: int | tf.Tensor, refs: Iterable[Ref]) -> tf.Tensor:
    """The numbers of the steps that `project` takes of some variables, as one-hot vectors [B*T, T] or [B*(T-1), T]."""
    first, last = _skipped(refs)
    return tf.tile(tf.eye(length)[first : -last or None], [rows, 1])


def one_step(rows: int | tf.Tensor, index: int | tf.Tensor, length: int | tf.Tensor) -> tf.Tensor:
    """The number of a step, from 0 on, as one-hot vectors [B, T]."""
    return tf.tile(tf.one_hot([index], length), [rows, 1])


def slices(values: dict[str, tf.Tensor], refs: Iterable[Ref], backward: bool, closed: bool) -> dict[Ref, tf.Tensor]:
    """Time-major slices of variables on the plate, each by its own lag, for the inner steps of a scan.

    Forward the steps are 2..T, backward T-1..1; `closed` leaves out the last one.
    """
    skipped = (closed, True) if backward else (True, closed)  # steps at t = 1 and at t = T
    steps = {}
    for ref in refs:
        value = tf.transpose(values[ref.name], [1, 0, *range(2, values[ref.name].shape.rank)])
        before, after = skipped[0] + LAGS[ref.step], skipped[1] - LAGS[ref.step]
        value = value[before : tf.shape(value)[0] - after]
        steps[ref] = value[::-1] if backward else value
    return steps


def scan(step: Callable, first, inputs: dict, length: int | tf.Tensor, backward: bool, last: Callable | None = None):
    """Runs `step(state, number, inputs)` over time from the state of the first step on.

    Args:
        step: maps the state of the step before, the number of the step (1, 2, ...) and its inputs to the next state.
        first: state at t = 1, or at t = T if time runs backward; nested tensors [B, ...].
        inputs: time-major tensors, of the inner steps (see `slices`).
        length: number of steps T.
        backward: whether the result is turned around, so that it runs from 1 to T.
        last: maps the state before the last step and its number to the last state, if that step is not as the others.

    Returns:
        The states, [B, T, ...].
    """
    numbers = tf.range(1, length if last is None else length - 1)
    rest = tf.scan(lambda state, x: step(state, x[0], x[1]), (numbers, inputs), initializer=first)
    states = tf.nest.map_structure(lambda a, b: tf.concat([a[None], b], 0), first, rest)
    if last:
        end = last(tf.nest.map_structure(lambda s: s[-1], states), length - 1)
        states = tf.nest.map_structure(lambda a, b: tf.concat([a, b[None]], 0), states, end)

    def join(sequence):
        sequence = sequence[::-1] if backward else sequence
        sequence = tf.transpose(sequence, [1, 0, *range(2, sequence.shape.rank)])
        return tf.ensure_shape(sequence, [None, length if isinstance(length, int) else None, *sequence.shape[2:]])

    return tf.nest.map_structure(join, states)
