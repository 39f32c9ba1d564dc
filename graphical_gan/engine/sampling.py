"""Ancestral sampling of a graph, from one conditional a node (what a conditional is: see `model`)."""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import plate
from graphical_gan.engine.randomness import Stream
from graphical_gan.graph.dag import LAGS, Graph


class Known(NamedTuple):
    """A latent variable that the data holds for some rows.

    Attributes:
        rows: whether it does, float32 [B] of 0 and 1.
        drawn: [B, ...], what would have been sampled.
    """

    rows: tf.Tensor
    drawn: tf.Tensor


class Sample(NamedTuple):
    """A minibatch of samples from p or from q.

    Attributes:
        values: the variables by name, [B, ...], on the plate [B, T, ...]: the same dictionary for p and for q.
        scores: log-probability [B] of each variable that was sampled without a gradient of its own, for the
            score-function term of the losses.
        known: the partly observed variables that data was given for.
    """

    values: dict[str, tf.Tensor]
    scores: dict[str, tf.Tensor]
    known: dict[str, Known] = {}


@dataclasses.dataclass
class Sampler:
    """Samples the nodes of a graph in ancestral order.

    Attributes:
        graph: p's network or q's graph.
        conditionals: by node; see `model`.
        stream: where randomness comes from.
        rows: number of samples B.
        length: number of steps T, None without a plate.
        training: passed on to the conditionals.
        start: values at the border, instead of samples, of nodes with lagged parents.
    """

    graph: Graph
    conditionals: dict[str, Callable | tfd.Distribution]
    stream: Stream
    rows: int | tf.Tensor
    length: int | tf.Tensor | None
    training: bool
    start: dict[str, tf.Tensor] = dataclasses.field(default_factory=dict)

    def run(self, given: dict[str, tf.Tensor]) -> Sample:
        """Samples all variables but the given ones; of a partly observed one, the rows that are NaN."""
        partly = {n: v for n, v in given.items() if self.graph[n].partly}
        values, scores, known = {n: v for n, v in given.items() if n not in partly}, {}, {}
        for block in self.graph.blocks():
            if not all(name in values for name in block):
                sample = self._scan if any(map(self.graph.borders, block)) else self._batch
                new = sample(block, values)
                values |= new.values
                scores |= new.scores
            for name in partly.keys() & set(block):
                # The one place where what is known of a latent variable enters p or q: its children see it.
                known[name] = Known(_is_known(partly[name]), values[name])
                values[name] = tf.where(_column(known[name].rows, values[name]) > 0, partly[name], values[name])
                scores |= {name: scores[name] * (1 - known[name].rows)} if name in scores else {}
        return Sample({name: values[name] for name in self.graph.variables}, scores, known)

    def _batch(self, block, values):
        """A node without lagged parents: all its steps are one batched call."""
        (name,) = block
        length = self.length if self.graph[name].plate else None
        parents = plate.project(values, self.graph.parents[name], length)
        rows = self.rows if length is None else self.rows * length
        value, score = self._draw(name, parents, self.stream.at(name), rows)
        if length is not None:
            value = plate.unfold(value, length)
            score = None if score is None else tf.reduce_sum(plate.unfold(score, length), 1)
        return Sample({name: value}, {} if score is None else {name: score})

    def _scan(self, block, values):
        """Nodes with lagged parents: one step after the other, from one end of the plate to the other."""
        backward = self.graph.lags(block) == {"t+1"}
        scored = set()
        beside = {r for n in block for r in self.graph.parents[n] if r.name not in block and r.step in LAGS}

        def step(before, number, inputs, at="t"):
            def parent(ref, state):
                ref = ref.at_end(at)
                if ref.name in block:
                    return (state if ref.step == at else before.values)[ref.name]
                return inputs[ref] if ref in inputs else plate.project(values, [ref], None)[0]

            conditionals = {n: self.graph.conditional(n, at) for n in block}
            return self._step(conditionals, parent, self.stream.at(number), scored)

        ends = ("T", "1") if backward else ("1", "T")
        if all(n in self.start for n in block):
            first = Sample({n: self.start[n] for n in block}, {n: tf.zeros([self.rows]) for n in block})
        else:
            first = step(None, 0, {}, ends[0])
        closed = any(self.graph.conditional(n, ends[1]) != n for n in block)
        last = functools.partial(step, inputs={}, at=ends[1]) if closed else None
        states = plate.scan(step, first, plate.slices(values, beside, backward, closed), self.length, backward, last)
        return Sample(states.values, {n: tf.reduce_sum(states.scores[n], 1) for n in block if n in scored})

    def _step(self, conditionals: dict[str, str], parent: Callable, stream, scored: set) -> Sample:
        """One step of a block; `parent` finds the values of parents, and `scored` learns which nodes have scores."""
        state = Sample({}, {})
        for name, conditional in conditionals.items():
            parents = [parent(ref, state.values) for ref in self.graph.given(conditional)]
            state.values[name], score = self._draw(conditional, parents, stream.at(name), self.rows)
            scored.update([] if score is None else [name])
            state.scores[name] = tf.zeros([self.rows]) if score is None else score
        return state

    def _draw(self, name, parents, stream, rows):
        """One sample [rows, ...] of a conditional, and its log-probability [rows] if it has no gradient of its own."""
        conditional = self.conditionals[name]
        if isinstance(conditional, tfd.Distribution):
            return tf.cast(stream.draw_rows(conditional, rows), tf.float32), None  # a root has nothing to learn
        outcome = self._outcome(name, parents)
        if tf.is_tensor(outcome):
            return tf.cast(outcome, tf.float32), None  # whatever its network computes in
        drawn = stream.draw(outcome)
        value = tf.cast(drawn, tf.float32)
        if outcome.reparameterization_type == tfd.FULLY_REPARAMETERIZED:
            return value, None
        return value, tf.cast(outcome.log_prob(drawn), tf.float32)

    def _outcome(self, name, parents):
        """What a conditional gives: a tensor or a distribution."""
        return self.conditionals[name](parents[0] if len(parents) == 1 else tuple(parents), training=self.training)


def _is_known(value):
    """Whether a row [B, ...] has no NaN, as 0 or 1."""
    return tf.cast(tf.reduce_all(~tf.math.is_nan(value), list(range(1, value.shape.rank))), tf.float32)


def _column(rows, value):
    """[B] in the rank of a value [B, ...]."""
    return tf.reshape(rows, [-1] + [1] * (value.shape.rank - 1))
