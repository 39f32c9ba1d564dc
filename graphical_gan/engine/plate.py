"""The plate over time in tensors: sequences [B, T, ...], steps folded into the batch [B*T, ...], and scans."""

from collections.abc import Callable, Iterable

import tensorflow as tf

from graphical_gan.graph import Graph, Ref
from graphical_gan.graph.nodes import place, reach


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
    return [_project(values[r.name], r, length, reach(refs)) for r in refs]


def _project(value, ref, length, skipped):
    first, last = skipped
    if ref.lag is not None:
        return fold(value[:, first + ref.lag : ref.lag - last or None])
    if ref.step == "1:t":
        seen = tf.linalg.band_part(tf.ones([length, length], value.dtype), -1, 0)[first : -last or None]
        seen = tf.reshape(seen, [1, *seen.shape, *[1] * (value.shape.rank - 2)])
        return fold(value[:, None] * seen)
    if ref.step not in ("", "1:T"):  # near an end
        return value[:, place(ref.step) - 1]
    return value if length is None else tf.repeat(value, length - first - last, axis=0)


def counted(graph: Graph, name: str) -> bool:
    """Whether a node gets the number of its step as well: on the plate, with a whole sequence among its parents.

    The sequence is the same at every step; without the number so would be what is made of it. It comes after the
    parents, as a one-hot vector [B, T].
    """
    return graph[name].plate and any(ref.step == "1:T" for ref in graph.parents[name])


def all_steps(rows: int | tf.Tensor, length: int | tf.Tensor, refs: Iterable[Ref]) -> tf.Tensor:
    """The numbers of the steps that `project` takes of some variables, as one-hot vectors [B*T, T] or [B*(T-1), T]."""
    first, last = reach(refs)
    return tf.tile(tf.eye(length)[first : -last or None], [rows, 1])


def one_step(rows: int | tf.Tensor, index: int | tf.Tensor, length: int | tf.Tensor) -> tf.Tensor:
    """The number of a step, from 0 on, as one-hot vectors [B, T]."""
    return tf.tile(tf.one_hot([index], length), [rows, 1])


def slices(
    values: dict[str, tf.Tensor], refs: Iterable[Ref], backward: bool, skipped: tuple[int, int]
) -> dict[Ref, tf.Tensor]:
    """Time-major slices of variables on the plate, each by its own lag, for the inner steps of a scan.

    Those from step 1 on and those up to step T that are skipped, so many, are left out; backward the last come first.
    """
    steps = {}
    for ref in refs:
        value = tf.transpose(values[ref.name], [1, 0, *range(2, values[ref.name].shape.rank)])
        before, after = skipped[0] + ref.lag, skipped[1] - ref.lag
        value = value[before : tf.shape(value)[0] - after]
        steps[ref] = value[::-1] if backward else value
    return steps


def scan(step: Callable, first: list, inputs: dict, length: int | tf.Tensor, backward: bool, last: Iterable[Callable]):
    """Runs `step(states, number, inputs)` over time from the states of the first steps on.

    Args:
        step: maps the states of the steps before, the nearest first, the number of the step (0, 1, ...) and its inputs
            to the next state.
        first: states of the first steps in the order of the scan, as many as a step looks back at or more; nested
            tensors [B, ...].
        backward: whether the result is turned around, so that it runs from 1 to T.
        last: for each of the last steps, which are not as the others, what maps the states before and the number to the
            state.

    Returns:
        The states, [B, T, ...].
    """
    last, kept = list(last), len(first)
    numbers = tf.range(kept, length - len(last))
    before = tuple(reversed(first))
    states = tf.nest.map_structure(lambda *a: tf.stack(a), *first)
    if numbers.shape != [0]:  # of rows that are not known TensorFlow can't stack none
        rest = tf.scan(
            lambda states, x: (step(states, x[0], x[1]), *states[:-1]), (numbers, inputs), initializer=before
        )
        states = tf.nest.map_structure(lambda a, b: tf.concat([a, b], 0), states, rest[0])
    for i, closing in enumerate(last):
        recent = [tf.nest.map_structure(lambda s, back=back: s[-1 - back], states) for back in range(kept)]
        end = closing(recent, length - len(last) + i)
        states = tf.nest.map_structure(lambda a, b: tf.concat([a, b[None]], 0), states, end)

    def join(sequence):
        sequence = sequence[::-1] if backward else sequence
        sequence = tf.transpose(sequence, [1, 0, *range(2, sequence.shape.rank)])
        return tf.ensure_shape(sequence, [None, length if isinstance(length, int) else None, *sequence.shape[2:]])

    return tf.nest.map_structure(join, states)
