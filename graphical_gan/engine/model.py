"""The engine: p and q of any Bayesian network, from one conditional a node.

A conditional is a callable, in general a Keras layer, `conditional(parents, training=...)`: the parents are a tensor,
or a tuple of tensors in declared order if there are several; the result is a tensor (an implicit conditional: the
tensor is the sample) or a tfp distribution. A node without parents has a distribution itself, or, where there is
something to learn, a layer that makes one of ones [B, 1]. A node with lagged parents has further conditionals at the
ends where a lag leads off the plate: `"v[1]"` beside `"v"` if it looks back,
`"v[T]"` if it looks ahead.
"""

from collections.abc import Callable
from typing import TypeAlias

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine.player import Player
from graphical_gan.engine.randomness import Stream, make_stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.engine.sampling import Expected, Sample, Sampler, tensors
from graphical_gan.engine.shapes import axis_size
from graphical_gan.graph import BayesianNetwork, Graph
from graphical_gan.layers.images import latents_of_q

Conditional: TypeAlias = Callable | tfd.Distribution


class GraphicalGAN(Player):
    """A generative network p and a recognition model q (the paper, sections 2.1 and 2.2).

    Owns the variables of both, which are one player of the game; `factors.Factors` owns the other's.

    Args:
        network: the generative network.
        generative: a conditional for each node of the network.
        recognition: a conditional for each latent node.
        recognition_graph: the structure of q; the faithful inverse of the network if None.

    Raises:
        ValueError: for a missing or unknown conditional, or a recognition graph over other variables or blind to data.
    """

    def __init__(
        self,
        network: BayesianNetwork,
        generative: dict[str, Conditional],
        recognition: dict[str, Conditional],
        recognition_graph: Graph | None = None,
    ):
        super().__init__()
        self.network = network
        self.recognition_graph = recognition_graph or network.inverse()
        _check_variables(network, self.recognition_graph)
        _check_data(network, self.recognition_graph)
        _check_conditionals("p", network, generative, given=())
        _check_conditionals("q", self.recognition_graph, recognition, given=network.observed)
        self.generative = generative
        self.recognition = recognition

    def build(self, input_shape=None) -> None:
        """Creates all variables by drawing from p and from q once, as Keras requires it before it reads weights.

        Args:
            input_shape: has no effect, shapes follow from the roots; Keras hands it on.
        """
        self.infer(self.generate(make_stream(0), 2).values, make_stream(0))

    def generate(self, stream: Stream, rows: int, given=None, length=None, training=False, start=None, inferred=False):
        """Ancestral sampling from p.

        Args:
            stream: where randomness comes from.
            rows: number of samples B.
            given: values of some variables, which are then not sampled (their ancestors still are).
            length: number of steps T, if other than the network's; may be a scalar tensor.
            training: passed on to the conditionals.
            start: values [B, ...] at the first step of variables with lagged parents, to go on from; of all that drive
                one another. Of lags above 1 those of several first steps (`Graph.opening`), [B, steps, ...].
            inferred: whether what is given was inferred by q, for which batch normalisation has statistics of its own.

        Returns:
            A `Sample`.

        Raises:
            ValueError: for a name that the network does not have, or that can't be given; for values of other numbers
                of rows or steps.
        """
        length = self.network.length if length is None else length
        given, start = tensors(given or {}), tensors(start or {})
        _check_names("given", given, self.network.nodes)
        _check_start(self.network, start, given)
        _check_sizes(self.network, given, rows, length)
        _check_sizes(self.network, start, rows, None)
        sampler = Sampler(self.network, self.generative, stream.at("p"), rows, length, training, start)
        with latents_of_q(inferred):
            return sampler.run(given)

    def infer(self, data: dict[str, tf.Tensor], stream: Stream, training=False) -> Sample:
        """Samples the latent variables of q given the observed ones; returns both (section 2.2).

        Args:
            data: the observed variables by name; partly observed ones may be there, NaN where they are unknown.
        """
        if missing := sorted(n for n in self.network.observed if n not in data or _has_unknown(data[n])):
            raise ValueError(
                f"The data holds {', '.join(sorted(data)) or 'nothing'}; the observed {', '.join(missing)} is missing, "
                f"or NaN somewhere, which q was not trained for. Give data[{missing[0]!r}] without NaN, or declare the "
                "node partly=True and not observed, and train a q that infers it where it is missing."
            )
        known = (*self.network.observed, *self.network.partly)
        given = tensors({name: data[name] for name in known if name in data})
        rows, length = self._extent({name: given[name] for name in self.network.observed})
        _check_sizes(self.network, given, rows, length)
        sampler = Sampler(self.recognition_graph, self.recognition, stream.at("q"), rows, length, training)
        return sampler.run(given)

    def reconstruct(self, data: dict[str, tf.Tensor], stream: Stream, training=False) -> dict[str, tf.Tensor]:
        """The data as p generates it from the latent variables that q infers."""
        return self.regenerate(self.infer(data, stream, training).values, stream, training)

    def regenerate(self, values: dict[str, tf.Tensor], stream: Stream, training=False) -> dict[str, tf.Tensor]:
        """The data as p generates it from latent variables that were inferred."""
        latents = {name: values[name] for name in self.network.latent}
        given = {n: values[n] for n in self.network.observed if not self.network.parents[n]}  # labels stay
        rows, length = self._extent(values)
        return self.generate(stream, rows, latents | given, length, training, inferred=True).values

    def ahead(self, values: dict[str, tf.Tensor], stream: Stream, training=False) -> dict[str, tuple]:
        """What p draws a step after each of the steps of given values, such as those that q inferred.

        Args:
            values: all variables, as of a sample.

        Returns:
            For each latent variable with lagged parents, see `Sampler.ahead`.
        """
        rows, length = self._extent(values)
        sampler = Sampler(self.network, self.generative, stream.at("p"), rows, length, training)
        return {n: sampler.ahead(n, values) for n in self.network.latent if self.network.borders(n)}

    def noise(self, stream: Stream, rows: int) -> dict[str, tf.Tensor]:
        """Draws [B, ...] of the noise outside the plate by name, to generate with more than once."""
        names = [n for n in self.network.order if self.network.is_noise(n) and not self.network[n].plate]
        return {n: self.root(n, stream.at(n), rows) for n in names}

    def root(self, name: str, stream: Stream, rows: int) -> tf.Tensor:
        """Draws [B, ...] of a variable of p without parents, outside the plate."""
        return Sampler(self.network, self.generative, stream, rows, None, False).root(name)

    @property
    def discrete(self) -> tuple[str, ...]:
        """Names of the latent variables whose posterior is categorical."""
        return tuple(n for n in self.network.latent if isinstance(self.recognition[n], Relaxed))

    @property
    def vectors(self) -> tuple[str, ...]:
        """Names of the other latent variables."""
        return tuple(n for n in self.network.latent if n not in self.discrete)

    @property
    def component(self) -> str | None:
        """Name of the discrete variable without parents, whose values are components of p; None without one."""
        return next((n for n in self.discrete if not self.network.parents[n]), None)

    def posteriors(self, values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Logits of q of each discrete variable, without noise: its discrete parents are their probabilities.

        Args:
            values: what `infer` found.

        Returns:
            [B, K], on the plate [B, T, K].
        """
        vectors = {name: value for name, value in values.items() if name not in self.discrete}
        return self._sampler(Expected, values, training=False).run(vectors).logits

    def conditional(self, name: str, values: dict[str, tf.Tensor], training=False) -> tf.Tensor | tfd.Distribution:
        """What q's conditional of a variable without lagged parents gives for the values of its parents in q."""
        return self._sampler(Sampler, values, training).outcome(name, values).result

    def _sampler(self, kind, values, training):
        """A sampler of q for values that were inferred; noise of auxiliary nodes is always the same."""
        extent = self._extent(values)
        return kind(self.recognition_graph, self.recognition, make_stream(0).at("q"), *extent, training)

    def _extent(self, values):
        """Batch size, and number of steps on the plate (None without one)."""
        on_plate = [v for n, v in values.items() if self.network[n].plate]
        return axis_size(next(iter(values.values())), 0), axis_size(on_plate[0], 1) if on_plate else self.network.length


def _has_unknown(value):
    """Whether there is NaN in it; not looked for while a function is traced, where values are not known."""
    return tf.executing_eagerly() and bool(tf.reduce_any(tf.math.is_nan(tf.cast(value, tf.float32))))


def _check_names(argument, values, allowed):
    if unknown := sorted(set(values) - set(allowed)):
        raise ValueError(
            f"generate({argument}=...) names {unknown[0]!r}; expected names among {', '.join(allowed) or '(none)'}. "
            "Use one of these, or leave it out."
        )


def _check_start(network, start, given):
    _check_names("start", start, network.scanned())
    if both := sorted(set(start) & set(given)):
        raise ValueError(
            f"generate(...) has {both[0]!r} in given and in start; what is given is not sampled, and has no start. "
            "Leave it out of one of them."
        )
    for block in network.blocks():
        found, missing = ([n for n in block if (n in start) == given] for given in (True, False))
        if found and missing:
            raise ValueError(
                f"generate(start=...) names {', '.join(found)} without {', '.join(missing)}; they drive each other, "
                f"expected all of them or none. Give start[{missing[0]!r}]."
            )


def _check_variables(network, graph):
    for what, expected, found in [
        ("variables", set(network.variables), set(graph.variables)),
        ("observed variables", set(network.observed), set(graph.observed)),
        ("variables on the plate", {n for n in network.variables if network[n].plate},
         {n for n in graph.variables if graph[n].plate}),
        ("partly observed variables", set(network.partly), set(graph.partly)),
    ]:  # fmt: skip
        if expected != found:
            raise ValueError(
                f"The recognition graph has the {what} {sorted(found)}, the network {sorted(expected)}; "
                "p and q share them all. Declare the missing ones, or mark helpers auxiliary=True."
            )

    if network.has_plate and network.length != graph.length:
        raise ValueError(
            f"The recognition graph has a plate of length {graph.length}, the network one of {network.length}; both "
            f"are of the same data. Declare it with length={network.length}."
        )


def _check_sizes(network, values, rows, length):
    """Whether all values have as many rows, and on the plate as many steps, where these are known."""
    for name, value in values.items():
        sizes = {"rows": rows} | ({"steps": length} if network[name].plate else {})
        for (what, expected), found in zip(sizes.items(), value.shape, strict=False):
            if isinstance(expected, int) and found not in (expected, None):
                raise ValueError(
                    f"{name!r} is given with {found} {what}; expected {expected}, as of the others. Give it for the "
                    "same examples and steps."
                )


def _check_data(network, graph):
    """Whether q starts from the data, and every latent that tells something of it depends on it."""
    if sampled := [n for n in graph.observed if graph.parents[n]]:
        raise ValueError(
            f"The recognition graph gives the observed {', '.join(sampled)} parents; q infers latents from data, which "
            "is given. Declare it without parents, or take `network.inverse()`."
        )
    shown = {n for name in network.observed for n in network.ancestors(name)}
    for name in network.latent:
        if network.ancestors(name) & shown and not graph.ancestors(name) & set(graph.observed):
            raise ValueError(
                f"{name!r} depends on no data in the recognition graph, though in p the data tells of it; expected an "
                f"observed node among its ancestors. Give it the parent {network.observed[0]!r}."
            )


def _check_conditionals(letter, graph, conditionals, given):
    needed = {c for n in graph.order if n not in given for c in (n, *graph.borders(n))}
    if missing := sorted(needed - set(conditionals)):
        raise ValueError(
            f"{letter} has no conditional for {', '.join(missing)}; it needs one for each of "
            f"{', '.join(sorted(needed))}. Add {letter}[{missing[0]!r}]."
        )
    if unknown := sorted(set(conditionals) - needed):
        raise ValueError(
            f"{letter} has a conditional for {', '.join(unknown)}, which it does not sample; it samples "
            f"{', '.join(sorted(needed))}. Remove it, or mend its name."
        )
    for name in sorted(needed):
        root = not graph.given(name)
        is_distribution = isinstance(conditionals[name], tfd.Distribution)
        if not (is_distribution and root or callable(conditionals[name])):
            expected = "a tfp distribution, or a layer that makes one of ones" if root else "a callable of its parents"
            raise ValueError(f"{letter}[{name!r}] is {conditionals[name]!r}; expected {expected}. Replace it.")
