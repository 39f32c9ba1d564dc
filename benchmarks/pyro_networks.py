"""The same networks in Pyro, by stochastic variational inference, where the densities that it needs are known.

    python -m benchmarks.pyro_networks           # seeds 0, 1 and 2 of all of them
    python -m benchmarks.pyro_networks 0 deep    # seed 0 of some

It wants an environment with `pyro-ppl` beside this package. Data, steps, minibatches, the falling rate and the measure
are those of `benchmarks.networks`; each step of a chain has a conditional of its own, linear in what it sees.
"""

import sys

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import SVI, Trace_ELBO, TraceEnum_ELBO

from benchmarks import pyro_declared
from benchmarks.networks import DATA, DRAWS, ROWS, SCHEDULE, SEEDS, head, line, observed, true

POOL = 200_000  # rows of data that minibatches are drawn from
STEPS, RATE = 2000, 1e-2  # it needs fewer steps
NAMES = {
    "explaining_away": pyro_declared.ExplainingAway,
    "deep": pyro_declared.Deep,
    "diamond": pyro_declared.Diamond,
    "two_leaves": pyro_declared.TwoLeaves,
    "conditional": pyro_declared.Conditional,
    "experts": pyro_declared.Experts,
    "table": pyro_declared.Table,
    "hidden_markov": pyro_declared.HiddenMarkov,
    "coupled_chains": pyro_declared.CoupledChains,
    "second_order": pyro_declared.SecondOrder,
}


class Net:
    """Learned conditionals of a guide by name, N(m, s^2) of one number, m linear in the parents."""

    def __init__(self):
        self.means = {}

    def __call__(self, name, *parents):
        parents = torch.cat(parents, -1)
        if name not in self.means:
            self.means[name] = torch.nn.Linear(parents.shape[-1], 1)
        mean = pyro.module(name, self.means[name])(parents)
        scale = pyro.param(f"{name} scale", torch.ones(1), constraint=dist.constraints.positive)
        return pyro.sample(name, dist.Normal(mean, scale).to_event(1))


def fit(network, data: dict[str, torch.Tensor], seed: int):
    """The loss after training on minibatches of the data, and the guide; it is empty where there is none."""
    pyro.clear_param_store()
    pyro.set_rng_seed(seed)
    net = Net()
    guide = (lambda rows: network.guide(rows, net)) if network.guide else (lambda rows: None)
    loss = Trace_ELBO() if network.guide else TraceEnum_ELBO(max_plate_nesting=1)
    falling = {
        "optimizer": torch.optim.Adam,
        "optim_args": {"lr": RATE},
        "lr_lambda": lambda step: 1 - step / STEPS,
    }
    optimizer = pyro.optim.LambdaLR(falling)
    svi, random = SVI(network.model, guide, optimizer, loss), np.random.default_rng(seed)
    for _ in range(STEPS):
        rows = torch.from_numpy(random.integers(POOL, size=SCHEDULE.rows))
        svi.step({name: value[rows] for name, value in data.items()})
        optimizer.step()
    return loss, guide


def draws(network, loss, guide, data: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Of the posterior, by latent variable [DATA, DRAWS, ...]; of discrete ones the probabilities in place of draws."""
    if network.guide is None:
        found = loss.compute_marginals(network.model, guide, data).items()
        found = {name: marginal.probs.detach().reshape(DATA, 1, -1) for name, marginal in found}
    else:
        rows = {name: value.repeat_interleave(DRAWS, 0) for name, value in data.items()}
        nodes = pyro.poutine.trace(guide).get_trace(rows).nodes
        found = {n: v["value"].detach().reshape(DATA, DRAWS, -1) for n, v in nodes.items() if v["type"] == "sample"}
    values = {}
    for name in sorted(found, key=lambda name: (len(name), name)):  # by step
        values.setdefault(name.partition("[")[0], []).append(found[name].numpy())
    return {name: np.stack(steps, 2) if len(steps) > 1 else steps[0] for name, steps in values.items()}


def errors(row, network, seed: int) -> dict[str, float]:
    """As `networks.errors`, of a network in Pyro."""
    declared = row.declare()
    source = true(declared)
    held, pool = observed(source, seed, DATA), observed(source, seed + len(SEEDS), POOL)
    held, pool = ({n: torch.from_numpy(v.numpy()) for n, v in data.items()} for data in (held, pool))
    posterior = row.posterior(declared, {name: value.numpy() for name, value in held.items()})
    found = posterior.errors(draws(network, *fit(network, pool, seed), held))
    for prior in declared.truth.values():
        shares = pyro.param("weights").detach().numpy()
        found["prior"] = float(np.abs(shares - prior.probs_parameter().numpy()).sum() / 2)
    return found


def main(argv: list[str]) -> None:
    """Prints the table."""
    seeds = [int(argv[1])] if argv[1:] else SEEDS
    print(head())
    for row in (row for row in ROWS if row.declare.__name__ in (argv[2:] or NAMES)):
        kind = NAMES[row.declare.__name__]
        print(line(row.name, kind, [errors(row, kind(), seed) for seed in seeds]), flush=True)


if __name__ == "__main__":
    main(sys.argv)
