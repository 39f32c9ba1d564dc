"""Ancestral sampling of a graph, from one conditional a node (what a conditional is: see `model`)."""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import plate
from graphical_gan.engine.randomness import Stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.engine.shapes import column
from graphical_gan.graph import Graph, Ref
from graphical_gan.graph.dag import first_steps, last_steps
from graphical_gan.graph.nodes import place, reach


class Known(NamedTuple):
    """A latent variable that the data holds for some rows.

    Attributes:
        rows: whether it does, float32 [B] of 0 and 1.
        drawn: [B, ...], what would have been sampled.
        log_density: [B], log-density of q at its values given those of its parents; None where q has none, as it draws
            a tensor, or relaxed one-hot vectors.
    """

    rows: tf.Tensor
    drawn: tf.Tensor
    log_density: tf.Tensor | None


class Sample(NamedTuple):
    """A minibatch of samples from p or from q.

    Attributes:
        values: the variables by name, [B, ...], on the plate [B, T, ...]: the same dictionary for p and for q.
        scores: log-probability [B] of each variable that was sampled without a gradient of its own, for the
            score-function term of the losses.
        logits: of each variable that is `Relaxed`, given the values of its parents, [B, K], on the plate [B, T, K].
        known: the partly observed variables that data was given for.
    """

    values: dict[str, tf.Tensor]
    scores: dict[str, tf.Tensor] = {}
    logits: dict[str, tf.Tensor] = {}
    known: dict[str, Known] = {}


class Outcome(NamedTuple):
    """What a conditional gives for its parents: a tensor or a distribution; and logits, if it is `Relaxed`."""

    result: tf.Tensor | tfd.Distribution
    logits: tf.Tensor | None = None


class Draw(NamedTuple):
    """A value [rows, ...] of a conditional, its log-probability [rows] if it has no gradient, and what it came from."""

    value: tf.Tensor
    score: tf.Tensor | None = None
    outcome: Outcome | None = None


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
        start: values at the first steps, instead of samples, of nodes with lagged parents; see `model`.
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
        sample = self._run(given)
        return sample._replace(values={name: sample.values[name] for name in self.graph.variables})

    def outcome(self, name: str, values: dict[str, tf.Tensor]) -> Outcome:
        """What a node without lagged parents gives, for the values of all variables but auxiliary ones."""
        values = self._run({n: v for n, v in values.items() if n in self.graph.nodes}).values
        return self._outcome(name, self._parents(name, values))

    def root(self, name: str) -> tf.Tensor:
        """Values [rows, ...] of a variable without parents."""
        return self._draw(name, _of_a_root(self.rows), self.stream, self.rows).value

    def ahead(self, name: str, values: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """A node with lagged parents drawn from given values of all its parents: one batched call, no scan.

        Args:
            values: by name, [rows, ...], on the plate [rows, T, ...]; noise is drawn.

        Returns:
            What is drawn at t = 2..T, later with longer lags, and the given values there, [rows * (T - 1), ...] each.
        """
        refs = self.graph.parents[name]
        rows = self.rows * (self.length - sum(reach(refs)))
        noise = {r.name: self._batch(r.name, {}, {}).values[r.name] for r in refs if self.graph.is_noise(r.name)}
        *parents, given = plate.project(tensors(values) | noise, [*refs, Ref(name, "t")], self.length)
        return self._draw(name, parents, self.stream.at(name), rows).value, given

    def _run(self, given):
        """As `run`, with the values of auxiliary nodes."""
        given = tensors(given)
        partly = {n: v for n, v in given.items() if self.graph[n].partly}
        found = Sample({n: v for n, v in given.items() if n not in partly}, {}, {}, {})
        for block in self.graph.blocks():
            names = tuple(name for name in block if name not in found.values)
            if not names:
                continue
            scanned = any(map(self.graph.borders, names))
            new = self._scan(names, found.values) if scanned else self._batch(*names, found.values, partly)
            for field, more in zip(found, new, strict=True):
                field.update(more)
        return found

    def _batch(self, name, values, partly):
        """A node without lagged parents: all its steps are one batched call."""
        length = self.length if self.graph[name].plate else None
        rows = self.rows if length is None else self.rows * length
        draw = self._draw(name, self._parents(name, values), self.stream.at(name), rows)
        unfold = (lambda flat: flat) if length is None else functools.partial(plate.unfold, length=length)
        total = (lambda flat: flat) if length is None else lambda flat: tf.reduce_sum(unfold(flat), 1)
        value, score, outcome = unfold(draw.value), draw.score, draw.outcome
        scores = {} if score is None else {name: total(score)}
        logits = {name: unfold(outcome.logits)} if outcome and outcome.logits is not None else {}
        if name not in partly:
            return Sample({name: value}, scores, logits)
        # The one place where what is known of a latent variable enters p or q: its children see it.
        rows = _is_known(partly[name])
        merged = tf.where(column(rows, value) > 0, partly[name], value)
        density = None
        if outcome and not logits and isinstance(outcome.result, tfd.Distribution):
            density = total(outcome.result.log_prob(tf.stop_gradient(merged if length is None else plate.fold(merged))))
        scores = {n: score * (1 - rows) for n, score in scores.items()}
        return Sample({name: merged}, scores, logits, {name: Known(rows, value, density)})

    def _parents(self, name, values):
        """What the one call of a node without lagged parents gets."""
        length = self.length if self.graph[name].plate else None
        parents = plate.project(values, self.graph.parents[name], length)
        if plate.counted(self.graph, name):
            parents.append(plate.all_steps(self.rows, length, ()))
        return parents or _of_a_root(self.rows if length is None else self.rows * length)

    def _scan(self, block, values):
        """Nodes with lagged parents: one step after the other, from one end of the plate to the other."""
        refs = [r for n in block for r in self.graph.parents[n]]
        (back, ahead), backward = reach(refs), self.graph.lags(block)[1] > 0
        skipped = (back, max(ahead, 1)) if backward else (max(back, 1), ahead)
        scored = set()
        beside = {r for r in refs if r.name not in block and r.lag is not None}

        def step(before, number, inputs, at="t"):
            def parent(ref, state):
                ref = ref.at_end(at)
                if ref.name in block:
                    back = abs(place(ref.step) - place(at))
                    return (before[back - 1].values if back else state)[ref.name]
                return inputs[ref] if ref in inputs else plate.project(values, [ref], None)[0]

            conditionals = {n: self.graph.conditional(n, at) for n in block}
            index = self.length - 1 - number if backward else number
            return self._step(conditionals, parent, self.stream.at(number), scored, index)

        starts, ends = first_steps(skipped[0]), last_steps(skipped[1])
        opening, closing = (ends, starts[::-1]) if backward else (starts, ends[::-1])
        first = self._started(block, len(opening))
        for number, at in enumerate(opening[len(first) :], len(first)):
            first.append(step(first[::-1], number, {}, at))
        last = [functools.partial(step, inputs={}, at=at) for at in closing]
        inputs = plate.slices(values, beside, backward, skipped)
        states = plate.scan(step, first, inputs, self.length, backward, last)
        scores = {n: tf.reduce_sum(states.scores[n], 1) for n in block if n in scored}
        return Sample(states.values, scores, states.logits)

    def _started(self, block, steps):
        """The states of the first steps as they are given, none if they are not."""
        if any(n not in self.start for n in block):
            return []
        values = tensors({n: self.start[n] if steps > 1 else self.start[n][:, None] for n in block})
        scores = {n: tf.zeros([self.rows]) for n in block}
        return [Sample({n: v[:, t] for n, v in values.items()}, scores) for t in range(steps)]

    def _step(self, conditionals: dict[str, str], parent: Callable, stream, scored: set, index) -> Sample:
        """One step of a block; `parent` finds the values of parents, and `scored` learns which nodes have scores."""
        state = Sample({}, {}, {})
        for name, conditional in conditionals.items():
            parents = [parent(ref, state.values) for ref in self.graph.given(conditional)]
            if plate.counted(self.graph, name):
                parents.append(plate.one_step(self.rows, index, self.length))
            parents = parents or _of_a_root(self.rows)
            value, score, outcome = self._draw(conditional, parents, stream.at(name), self.rows)
            scored.update([] if score is None else [name])
            # Under XLA exact categorical samples lose their number of rows, and a loop wants one shape at all steps.
            rows = self.rows if isinstance(self.rows, int) else None
            state.values[name] = tf.ensure_shape(value, [rows, *value.shape[1:]])
            state.scores[name] = tf.zeros([self.rows]) if score is None else score
            if self._relaxed_throughout(name):
                state.logits[name] = outcome.logits
        return state

    def _relaxed_throughout(self, name):
        """Whether a node has logits at every step, at the ends of the plate as well."""
        conditionals = [self.conditionals[c] for c in (name, *self.graph.borders(name))]
        return name not in self.start and all(isinstance(c, Relaxed) for c in conditionals)

    def _draw(self, name, parents, stream, rows) -> Draw:
        """One sample of a conditional, with its log-probability if it has no gradient of its own."""
        conditional = self.conditionals[name]
        if isinstance(conditional, tfd.Distribution):
            return Draw(tf.cast(stream.draw_rows(conditional, rows), tf.float32))  # held
        outcome = self._outcome(name, parents)
        if tf.is_tensor(outcome.result):
            return Draw(tf.cast(outcome.result, tf.float32), None, outcome)  # whatever its network computes in
        drawn = stream.draw(outcome.result)
        value = tf.cast(drawn, tf.float32)
        if outcome.result.reparameterization_type == tfd.FULLY_REPARAMETERIZED:
            return Draw(value, None, outcome)
        return Draw(value, tf.cast(outcome.result.log_prob(drawn), tf.float32), outcome)

    def _outcome(self, name, parents) -> Outcome:
        """What a conditional gives: a tensor or a distribution."""
        conditional, seen = self.conditionals[name], parents[0] if len(parents) == 1 else tuple(parents)
        if not isinstance(conditional, Relaxed):
            return Outcome(conditional(seen, training=self.training))
        logits = tf.cast(conditional.logits(seen, training=self.training), tf.float32)
        return Outcome(conditional.relaxed(logits), logits)


class Expected(Sampler):
    """Samples with each `Relaxed` variable replaced by its probabilities, for its logits without noise."""

    def _draw(self, name, parents, stream, rows) -> Draw:
        if not isinstance(self.conditionals[name], Relaxed):
            return super()._draw(name, parents, stream, rows)
        outcome = self._outcome(name, parents)
        return Draw(tf.nn.softmax(outcome.logits), None, outcome)


def _of_a_root(rows):
    """What a layer gets in place of parents where a node has none, and something to learn."""
    return [tf.ones([rows, 1])]


def tensors(values):
    """Values as the conditionals get them: arrays become tensors, whatever their type."""
    return {name: tf.cast(value, tf.float32) for name, value in values.items()}


def _is_known(value):
    """Whether a row [B, ...] has no NaN, as 0 or 1."""
    return tf.cast(tf.reduce_all(~tf.math.is_nan(value), list(range(1, value.shape.rank))), tf.float32)
