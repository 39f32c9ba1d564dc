"""Networks trained with the defaults for networks of one's own, beside their exact posteriors by numpy.

    python -m benchmarks.networks                # the table, three seeds of each; an hour of one core
    python -m benchmarks.networks 0 deep table   # seed 0 of some

p is held at the truth, but for priors that are learned; q learns from data alone, on fresh minibatches, as `SCHEDULE`
says. It is compared on `DATA` data sets, by `DRAWS` draws of each.
"""

import inspect
import sys
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from benchmarks import declared, exact
from benchmarks.inference import Schedule, trained
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.graph.families import families_of_both

SCHEDULE = Schedule(9000, "linear", average=0.999)
SEEDS = (0, 1, 2)
DATA, DRAWS, PART, PRIOR_DRAWS = 200, 4000, 25, 50_000
RIGHT, ROUGH = 0.05, 0.15  # a q that is blind to the data is wrong by more
KINDS = ("mean", "variance", "covariance", "total variation", "prior")


class Row(NamedTuple):
    """A network of the table.

    Attributes:
        name: what the table says.
        declare: makes it.
        posterior: from a declaration and data to the exact posterior, see `exact`.
        bound: that no error of seed 0 exceeds.
    """

    name: str
    declare: Callable[[], declared.Declared]
    posterior: Callable = exact.gaussian
    bound: float = RIGHT


ROWS = [
    Row("explaining away: a -> x <- b", declared.explaining_away),
    Row("deep chain: a -> b -> c -> d -> x", declared.deep),
    Row("diamond: a -> b, c -> x", declared.diamond),
    Row("two leaves: a -> b -> x, a -> c -> y", declared.two_leaves),
    Row("two views of h: an image and three numbers", declared.two_views),
    Row("conditional: u -> v -> x <- u, u given", declared.conditional),
    Row("mixture of experts: u -> k -> x <- u, u given", declared.experts, exact.experts),
    Row("mixture of rows of a table, weights learned", declared.table, exact.table),
    Row("hidden Markov model, p(k[1]) learned", declared.hidden_markov, exact.hidden_markov),
    Row("two coupled chains", declared.coupled_chains, bound=ROUGH),
    Row("chain with inputs u[t]", declared.driven, bound=ROUGH),
    Row("second order: v[t-2], v[t-1] -> v[t] -> x[t]", declared.second_order, bound=ROUGH),
    Row("label of a whole sequence: v[1:T] -> y", declared.labelled_sequence, bound=ROUGH),
    Row("groups of three images that share g", declared.groups, bound=0.1),
    Row("groups in groups: school -> class -> pupils -> answers", declared.nested),
    Row("ragged groups of up to four numbers that share g", declared.ragged_groups, exact.ragged_groups, ROUGH),
]


def true(network: declared.Declared) -> GraphicalGAN:
    """The model whose p draws the data."""
    return GraphicalGAN(network.network, {**network.p, **network.truth}, network.q)


def observed(source: GraphicalGAN, seed: int, rows: int) -> dict[str, tf.Tensor]:
    """Data that no model is trained on."""
    values = source.generate(make_stream(seed).at("held out"), rows).values
    return {name: values[name] for name in source.network.observed}


def learned(network: declared.Declared, source: GraphicalGAN, seed: int) -> GraphicalGAN:
    """The model after training on data of the source."""
    model = GraphicalGAN(network.network, network.p, network.q)
    families = families_of_both(network.network, model.recognition_graph)
    *_, model = trained(model, families, seed, SCHEDULE, source)
    return model


def draws(model: GraphicalGAN, data: dict[str, tf.Tensor]) -> dict[str, np.ndarray]:
    """Of q for each data set, by latent variable [DATA, DRAWS, ...]."""
    found = []
    for start in range(0, DATA, PART):
        rows = {name: tf.repeat(value[start : start + PART], DRAWS, axis=0) for name, value in data.items()}
        values = model.infer(rows, make_stream(start)).values
        found.append({n: values[n].numpy().reshape(PART, DRAWS, *values[n].shape[1:]) for n in model.network.latent})
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def errors(row: Row, seed: int) -> dict[str, float]:
    """By kind of moment, the largest error of a variable over the data sets, as `exact` measures it."""
    keras.utils.set_random_seed(seed)
    network = row.declare()
    source = true(network)
    model, data = learned(network, source, seed), observed(source, seed, DATA)
    posterior = row.posterior(network, {name: value.numpy() for name, value in data.items()})
    found = posterior.errors(draws(model, data))
    drawn = model.generate(make_stream(0), PRIOR_DRAWS).values
    for name, prior in network.truth.items():
        shares = exact.step(drawn[name.partition("[")[0]].numpy(), name, 1).mean(0)
        found["prior"] = float(np.abs(shares - prior.probs_parameter().numpy()).sum() / 2)
    return found


def line(name: str, code: Callable, found: list[dict[str, float]]) -> str:
    """A row of the table: a name, lines of its declaration, and each kind of error, a number for each seed."""
    by_kind = [", ".join(f"{errors[kind]:.3f}" for errors in found if kind in errors) for kind in KINDS]
    right = "yes" if max(max(errors.values()) for errors in found) <= RIGHT else ""
    return " | ".join([f"| {name}", str(len(inspect.getsource(code).splitlines())), *by_kind, f"{right} |"])


def head() -> str:
    """The first rows of the table."""
    kinds = ["network", "lines", *KINDS, "right"]
    return f"| {' | '.join(kinds)} |\n|{'---|' * len(kinds)}"


def main(argv: list[str]) -> None:
    """Prints the table."""
    seeds = [int(argv[1])] if argv[1:] else SEEDS
    print(head())
    for row in (row for row in ROWS if not argv[2:] or row.declare.__name__ in argv[2:]):
        print(line(row.name, row.declare, [errors(row, seed) for seed in seeds]), flush=True)


if __name__ == "__main__":
    main(sys.argv)
