"""Checks of a network by drawing from it once: shapes, types, and whether everything depends on what it is declared to.

What a declaration alone can't show is found here, when the variables are created, and said in words.
"""

import re

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.model import GraphicalGAN
from graphical_gan.randomness import Stream
from graphical_gan.sampling import Sample, Sampler

ROWS = 2
_FAILURES = (ValueError, TypeError, AttributeError, IndexError, tf.errors.InvalidArgumentError)
_HEADER = "Exception encountered when calling"  # of Keras, above the reason
_CLUTTER = re.compile(r"\x1b\[\d*m|\{\{function_node .*?\}\} ?")  # colours of Keras, and places of TensorFlow


def checked_samples(model: GraphicalGAN, stream: Stream) -> tuple[Sample, Sample]:
    """A small sample of p, and one of q given its data; their conditionals are checked on the way.

    Raises:
        ValueError: if a conditional fails, ignores a parent, or gives another shape or type than it should.
    """
    length = model.network.length
    p = _Checked(model.network, model.generative, stream.at("p"), ROWS, length, False, letter="p").run({})
    given = {name: p.values[name] for name in model.network.observed}
    q = _Checked(model.recognition_graph, model.recognition, stream.at("q"), ROWS, length, False, letter="q").run(given)
    for name, value in p.values.items():
        if value.shape != q.values[name].shape:
            raise ValueError(
                f"The variable {name!r} has the shape {value.shape[1:]} in p and {q.values[name].shape[1:]} in q; both "
                f"draw the same variables. Give the last layer of one of them the size of the other."
            )
        if _is_categorical(value) and tf.reduce_all(value * (1 - value) == 0) and not _is_categorical(q.values[name]):
            raise ValueError(
                f"The variable {name!r} is discrete in p, one-hot, but q[{name!r}] gives values that are no "
                f"probabilities; expected a relaxed categorical. Wrap its logits: Relaxed(...), see `relaxations`."
            )
    return p, q


def check_discriminators(factors, values: dict[str, tf.Tensor], stream: Stream) -> None:
    """Calls every discriminator once, and checks that it gives one logit a row, from all its variables.

    Args:
        factors: the `factors.Factors`.
        values: a sample.
        stream: where randomness comes from.

    Raises:
        ValueError: if one does not.
    """
    for family, discriminator, inputs in zip(
        factors.families, factors.discriminators, factors.inputs(values), strict=True
    ):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            try:
                logits = discriminator(inputs, stream=stream.at(str(family)), training=False)
            except _FAILURES as error:
                raise _failure(f"The discriminator of {family}", inputs, error) from error
        if logits.shape != inputs[0].shape[:1]:
            raise ValueError(
                f"The discriminator of {family} gives the shape {logits.shape} for {inputs[0].shape[0]} rows; expected "
                f"one logit a row, {inputs[0].shape[:1]}. End it with Dense(1) and [:, 0]."
            )
        for ref, gradient in zip(family.scope, tape.gradient(logits, inputs), strict=True):
            if gradient is None:
                raise ValueError(
                    f"The discriminator of {family} ignores {ref}; it has to see all variables of its factor, or "
                    "it can't tell p from q in it. Use the value, or leave the edge out of the network."
                )


class _Checked(Sampler):
    """A sampler that looks at every draw."""

    def __init__(self, *args, letter):
        super().__init__(*args)
        self.letter = letter

    def _outcome(self, name, parents):
        outcome = super()._outcome(name, parents)
        if not (tf.is_tensor(outcome) or isinstance(outcome, tfd.Distribution)):
            raise TypeError(f"it returns {type(outcome).__name__}, expected a tensor or a tfp distribution.")
        return outcome

    def _draw(self, name, parents, stream, rows):
        what = f"{self.letter}[{name!r}]"
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(parents)
            try:
                value, score = super()._draw(name, parents, stream, rows)
            except _FAILURES as error:
                raise _failure(what, parents, error) from error
        if value.shape.rank < 2 or value.shape[0] != rows:
            raise ValueError(
                f"{what} gives the shape {value.shape} for {rows} rows; expected [{rows}, size...], a value for each "
                "row of its parents. Keep the first axis, and write discrete values as one-hot vectors."
            )
        for ref, parent in zip(self.graph.given(name), parents, strict=True):
            seen = [tape.gradient(target, parent) for target in (value, score) if target is not None]
            if all(gradient is None for gradient in seen):
                raise ValueError(
                    f"{what} ignores its parent '{ref}'; the network declares that {name!r} depends on it. "
                    "Use the parent's value, or remove the edge."
                )
        return value, score


def _failure(what, values, error):
    shapes = ", ".join(str(v.shape) for v in values) or "nothing"
    return ValueError(
        f"{what} fails on inputs of shape {shapes}: {_reason(error)} Make it accept these, a tuple if there are "
        "several, in declared order; sizes follow from the variables before it."
    )


def _reason(error):
    """The first line of a message that says something."""
    lines = (_CLUTTER.sub("", line).strip() for line in str(error).splitlines())
    reason = next((line for line in lines if line and not line.startswith(_HEADER)), type(error).__name__)[:200]
    return reason if reason.endswith(".") else f"{reason}."


def _is_categorical(value):
    """Whether rows, along the last axis, are probabilities."""
    return value.shape.rank >= 2 and bool(
        tf.reduce_all(value >= 0) and tf.reduce_all(tf.abs(tf.reduce_sum(value, -1) - 1) < 1e-3)
    )
