"""Checks of a network by drawing from it once: shapes, types, and whether everything depends on what it is declared to.

What a declaration alone can't show is found here, when the variables are created, and said in words.
"""

import re

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import Stream, make_stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.engine.sampling import Sample, Sampler

ROWS = 2
MANY = 64  # rows that are not all one-hot by chance
_FAILURES = (ValueError, TypeError, AttributeError, IndexError, tf.errors.InvalidArgumentError)
_HEADER = "Exception encountered when calling"  # of Keras, above the reason
_CLUTTER = re.compile(r"\x1b\[\d*m|\{\{function_node .*?\}\} ?")  # colours of Keras, and places of TensorFlow


def checked_samples(model: GraphicalGAN, stream: Stream) -> tuple[Sample, Sample]:
    """A small sample of p, and one of q given its data; their conditionals are checked on the way.

    Raises:
        ValueError: if a conditional fails, ignores a parent, gives another shape or type than it should, or uses
            variables that the model doesn't own.
    """
    sampler = _Checked("p", model, model.network, model.generative, stream)
    p = sampler.run({})
    given = {name: p.values[name] for name in model.network.observed}
    q = _Checked("q", model, model.recognition_graph, model.recognition, stream).run(given)
    for name, value in p.values.items():
        if value.shape != q.values[name].shape:
            raise ValueError(
                f"The variable {name!r} has the shape {value.shape[1:]} in p and {q.values[name].shape[1:]} in q; both "
                f"draw the same variables. Give the last layer of one of them the size of the other."
            )
    for name in model.discrete:
        if name not in q.logits:
            border = model.recognition_graph.borders(name)[0]
            raise ValueError(
                f"q[{name!r}] is Relaxed, and not q[{border!r}], the same variable at an end; expected logits at every "
                "step. Wrap both in Relaxed."
            )
    for name in model.network.latent:
        _check_discrete(name, model, sampler.outcomes.get(name, model.generative[name]), p.values[name], stream)
    model.built = True
    return p, q


def check_shapes(model: GraphicalGAN, expected: dict[str, tuple[int, ...]]) -> None:
    """Compares what p draws with what the data holds.

    Args:
        expected: the shape of each variable of the data, without the batch.
    """
    drawn = model.generate(make_stream(0), 1).values
    for name, shape in expected.items():
        if tuple(drawn[name].shape[1:]) != shape:
            raise ValueError(
                f"p draws {name} of shape {list(drawn[name].shape[1:])}, the data holds {list(shape)}; expected the "
                f"same. Make p[{name!r}] draw that shape, which `data_spec` tells a builder, or give other data."
            )


def _check_discrete(name, model, outcome, value, stream):
    """One-hot in p and relaxed in q go together; where p gives no distribution to tell, its values do."""
    categorical = isinstance(outcome, tfd.OneHotCategorical | tfd.RelaxedOneHotCategorical)
    in_p = categorical or isinstance(model.generative[name], Relaxed)
    in_q = isinstance(model.recognition[name], Relaxed)
    if not in_p and tf.is_tensor(outcome):
        in_p = in_q or _is_one_hot(value) and _is_one_hot(model.generate(stream.at("many"), MANY).values[name])
    if in_p and not in_q:
        raise ValueError(
            f"The variable {name!r} is discrete in p, one-hot, but q[{name!r}] is no relaxed categorical; "
            f"both draw the same values. Wrap its logits: Relaxed(...), see `relaxations`."
        )
    if in_q and not in_p:
        raise ValueError(
            f"q[{name!r}] is Relaxed, for one-hot vectors, but p[{name!r}] draws from {type(outcome).__name__}; both "
            "draw the same values. Give p a OneHotCategorical, such as `priors.uniform_one_hot`, or q a plain network."
        )


def check_discriminators(factors, values: dict[str, tf.Tensor], stream: Stream) -> None:
    """Calls every discriminator once, and checks that it gives one logit a row, from all its variables."""
    for family, discriminator, inputs in zip(
        factors.families, factors.discriminators, factors.inputs(values), strict=True
    ):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            try:
                logits = discriminator(inputs, stream=stream.at(str(family)), training=False)
            except _FAILURES as error:
                raise _failure(f"The discriminator of {family}", inputs, error) from error
        _check_owned(f"The discriminator of {family}", tape, factors)
        if logits.shape != inputs[0].shape[:1]:
            raise ValueError(
                f"The discriminator of {family} gives the shape {logits.shape} for {inputs[0].shape[0]} rows; expected "
                f"one logit a row, {inputs[0].shape[:1]}. End it with Dense(1) and [:, 0]."
            )
        for ref, gradient in zip(family.scope, tape.gradient(logits, inputs), strict=False):  # not of the step
            if gradient is None:
                raise ValueError(
                    f"The discriminator of {family} ignores {ref}; it has to see all variables of its factor, or "
                    "it can't tell p from q in it. Use the value, or leave the edge out of the network."
                )
    factors.built = True


class _Checked(Sampler):
    """A sampler that looks at every draw.

    Attributes:
        outcomes: what each conditional gave, a tensor or a distribution.
        learnt: names of the variables whose values depend on trainable variables.
        shapes: of the first value of each variable, without the batch, and which conditional gave it.
    """

    def __init__(self, letter, model, graph, conditionals, stream):
        super().__init__(graph, conditionals, stream.at(letter), ROWS, model.network.length, False)
        self.letter, self.model = letter, model
        self.outcomes, self.learnt, self.shapes = {}, set(), {}

    def _outcome(self, name, parents):
        outcome = super()._outcome(name, parents)
        if not (tf.is_tensor(outcome.result) or isinstance(outcome.result, tfd.Distribution)):
            raise TypeError(f"it returns {type(outcome.result).__name__}, expected a tensor or a tfp distribution.")
        if tf.is_tensor(outcome.result) and not self.graph.given(name):
            raise TypeError("it has no parents and returns a tensor, the same each time, expected a tfp distribution.")
        self.outcomes[name] = outcome.result
        return outcome

    def _draw(self, name, parents, stream, rows):
        what = f"{self.letter}[{name!r}]"
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(parents)
            draw = self._tried(what, name, parents, stream, rows)
        value, score = draw.value, draw.score
        _check_shape(what, value, score, rows)
        variable = name if name in self.graph.nodes else name.partition("[")[0]
        first, shape = self.shapes.setdefault(variable, (what, value.shape[1:]))
        if value.shape[1:] != shape:
            raise ValueError(
                f"{what} gives the shape {value.shape[1:]}, {first} gave {shape}; all steps of {variable!r} have one "
                "shape. Give both the same size."
            )
        _check_owned(what, tape, self.model)
        learnt = bool(tape.watched_variables())
        for i, ref in enumerate(self.graph.given(name)):
            seen = [tape.gradient(target, parents[i]) for target in (value, score) if target is not None]
            if any(gradient is not None for gradient in seen):
                learnt |= ref.name in self.learnt
                continue
            changes = [[*parents[:i], changed, *parents[i + 1 :]] for changed in (-parents[i], 1 - parents[i])]
            redrawn = [self._tried(what, name, change, stream, rows) for change in changes]
            self._check_use(what, ref, any(_differ(draw, other) for other in redrawn))
        if learnt and score is None:
            self.learnt.add(variable)
        return draw

    def _tried(self, what, name, parents, stream, rows):
        try:
            return super()._draw(name, parents, stream, rows)
        except _FAILURES as error:
            raise _failure(what, parents, error) from error

    def _check_use(self, what, ref, used):
        """What a parent without a gradient may be: used, and with nothing to learn."""
        if not used:
            raise ValueError(
                f"{what} ignores its parent '{ref}'; the network declares that it depends on it. "
                "Use the parent's value, or remove the edge."
            )
        if ref.name in self.learnt:
            raise ValueError(
                f"{what} passes no gradient to its parent '{ref}', which has something to learn; expected a "
                "differentiable use of its value. Multiply a one-hot vector with a table rather than index the table."
            )


def _differ(draw, other):
    """Whether two draws are of different distributions: discrete values may be the same by chance."""
    logits = (d.outcome and d.outcome.logits for d in (draw, other))
    pairs = ((draw.value, other.value), (draw.score, other.score), tuple(logits))
    return any(bool(tf.reduce_any(a != b)) for a, b in pairs if a is not None)


def _check_shape(what, value, score, rows):
    if value.shape.rank < 2 or value.shape[0] != rows:
        raise ValueError(
            f"{what} gives the shape {value.shape} for {rows} rows; expected [{rows}, size...], a value for each "
            "row of its parents. Keep the first axis, and write discrete values as one-hot vectors."
        )
    if score is not None and score.shape != [rows]:
        raise ValueError(
            f"{what} gives log-probabilities of the shape {score.shape} for {rows} rows; expected [{rows}], one of "
            "each row's whole value. Wrap the distribution: tfd.Independent(..., 1)."
        )


def _check_owned(what, tape, owner):
    """Whether the trainable variables of a pass are those of their player, on whichever devices they lie."""
    parts = tf.distribute.get_strategy().experimental_local_results
    owned = {part.ref() for variable in owner.variables for part in parts(variable.value)}
    if not owned >= {variable.ref() for variable in tape.watched_variables()}:
        raise ValueError(
            f"{what} uses variables that the model doesn't own, so that nothing would train them; expected a Keras "
            "layer that holds them. Make it one; of a node without parents it gets ones [B, 1], or give constants."
        )


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


def _is_one_hot(value):
    """Whether all rows, along the last axis, are one-hot."""
    return bool(tf.reduce_all(value * (1 - value) == 0) and tf.reduce_all(tf.reduce_sum(value, -1) == 1))
