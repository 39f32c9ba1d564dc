"""Networks of `benchmarks.declared` in Pyro: a model, and a guide along the same inverse that is written by hand.

`data` holds the observed variables [B, D], on the plate [B, T, D]; `net` is a table of learned conditionals, by name.
Where all latent variables are discrete there is no guide: Pyro sums over them.
"""

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import config_enumerate
from torch.distributions import constraints

NOISE = 0.19**0.5


def normal(name, mean, scale, obs=None):
    return pyro.sample(name, dist.Normal(mean, scale).to_event(1), obs=obs)


def zeros(data):
    return torch.zeros([len(data["x"]), 1])


class ExplainingAway:
    def model(self, data):
        with pyro.plate("rows", len(data["x"])):
            a, b = (normal(n, zeros(data), 1.0) for n in "ab")
            normal("x", a + 0.8 * b, 0.6, data["x"])

    def guide(self, data, net):
        with pyro.plate("rows", len(data["x"])):
            b = net("b", data["x"])
            net("a", b, data["x"])


class Deep:
    def model(self, data):
        with pyro.plate("rows", len(data["x"])):
            z = normal("a", zeros(data), 1.0)
            for name in "bcd":
                z = normal(name, 0.9 * z, NOISE)
            normal("x", z, 0.7, data["x"])

    def guide(self, data, net):
        with pyro.plate("rows", len(data["x"])):
            z = data["x"]
            for name in "dcba":
                z = net(name, z)


class Diamond:
    def model(self, data):
        with pyro.plate("rows", len(data["x"])):
            a = normal("a", zeros(data), 1.0)
            b, c = normal("b", 0.9 * a, 0.5), normal("c", 0.7 * a, 0.7)
            normal("x", b - 0.8 * c, 0.6, data["x"])

    def guide(self, data, net):
        with pyro.plate("rows", len(data["x"])):
            c = net("c", data["x"])
            b = net("b", c, data["x"])
            net("a", b, c)


class TwoLeaves:
    def model(self, data):
        with pyro.plate("rows", len(data["x"])):
            a = normal("a", zeros(data), 1.0)
            b, c = normal("b", 0.9 * a, NOISE), normal("c", 0.9 * a, NOISE)
            normal("x", b, 1.0, data["x"])
            normal("y", c, 1.0, data["y"])

    def guide(self, data, net):
        with pyro.plate("rows", len(data["x"])):
            c = net("c", data["x"], data["y"])
            b = net("b", c, data["x"])
            net("a", b, c)


class Conditional:
    def model(self, data):
        with pyro.plate("rows", len(data["x"])):
            v = normal("v", data["u"] @ torch.tensor([[0.8], [-0.5]]), 0.6)
            normal("x", v + 0.4 * data["u"][:, :1], 0.7, data["x"])

    def guide(self, data, net):
        with pyro.plate("rows", len(data["x"])):
            net("v", data["u"], data["x"])


class Experts:
    guide = None

    @config_enumerate
    def model(self, data):
        slopes, levels = torch.tensor([1.0, 0.0, -1.0]), torch.tensor([-1.0, 0.0, 1.0])
        u = data["u"]
        with pyro.plate("rows", len(u)):
            gate = u @ torch.tensor([[1.5, 0.0, -1.5]]) + torch.tensor([0.0, 0.5, 0.0])
            k = pyro.sample("k", dist.Categorical(logits=gate))
            pyro.sample("x", dist.Normal(slopes[k] * u[:, 0] + levels[k], 0.7), obs=data["x"][:, 0])


class Table:
    guide = None

    @config_enumerate
    def model(self, data):
        means = torch.tensor([[-1.0, 0.5], [0.0, -1.0], [1.0, 0.5]])
        colours = torch.tensor([[0.6, 0.2, 0.1, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.1, 0.2, 0.6]])
        weights = pyro.param("weights", torch.ones(3) / 3, constraint=constraints.simplex)
        with pyro.plate("rows", len(data["numbers"])):
            k = pyro.sample("k", dist.Categorical(weights))
            pyro.sample("numbers", dist.Normal(means[k], 0.8).to_event(1), obs=data["numbers"])
            pyro.sample("colour", dist.OneHotCategorical(colours[k]), obs=data["colour"])


class HiddenMarkov:
    guide = None

    @config_enumerate
    def model(self, data):
        stay, means = torch.tensor([[0.85, 0.15], [0.15, 0.85]]), torch.tensor([-1.0, 1.0])
        weights = pyro.param("weights", torch.ones(2) / 2, constraint=constraints.simplex)
        k = None
        with pyro.plate("rows", len(data["x"])):
            for t in pyro.markov(range(data["x"].shape[1])):
                k = pyro.sample(f"k[{t + 1}]", dist.Categorical(weights if k is None else stay[k]))
                pyro.sample(f"x[{t + 1}]", dist.Normal(means[k], 1.0), obs=data["x"][:, t, 0])


class CoupledChains:
    def model(self, data):
        with pyro.plate("rows", len(data["x"])):
            a = b = zeros(data)
            for t in range(data["x"].shape[1]):
                means, scale = (0.7 * a + 0.4 * b, 0.7 * b - 0.4 * a), 0.6 if t else 1.0
                a, b = (normal(f"{n}[{t + 1}]", mean, scale) for n, mean in zip("ab", means, strict=True))
                normal(f"x[{t + 1}]", a + b, 0.5, data["x"][:, t])

    def guide(self, data, net):
        T, after = data["x"].shape[1], []
        with pyro.plate("rows", len(data["x"])):
            for t in range(T, 0, -1):
                past = data["x"][:, :t, 0]
                b = net(f"b[{t}]", *after, past)
                after = [net(f"a[{t}]", b, *after, past), b]


class SecondOrder:
    def model(self, data):
        with pyro.plate("rows", len(data["x"])):
            v = before = zeros(data)
            for t in range(data["x"].shape[1]):
                mean = 0.8 * v if t < 2 else 1.2 * v - 0.6 * before
                v, before = normal(f"v[{t + 1}]", mean, [1.0, 0.6, 0.5][min(t, 2)]), v
                normal(f"x[{t + 1}]", v, 0.7, data["x"][:, t])

    def guide(self, data, net):
        T, after = data["x"].shape[1], []
        with pyro.plate("rows", len(data["x"])):
            for t in range(T, 0, -1):
                v = net(f"v[{t}]", *after, data["x"][:, :t, 0])
                after = [v, *after][:2]
