"""PyTorch twins of GMGAN-L and SSGAN-L as contestants: the same layers, costs and updates."""

import contextlib
import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.minibatches import minibatches
from benchmarks.twin_layers import MLP, Extractor, Generator, JointDiscriminator, VectorDiscriminator, load
from benchmarks.worker import serve, settings

LATENT, MOTION, LABELS, T = 128, 8, 10, 16


class GMGAN(nn.Module):
    """The players: p(k) p(h|k) p(x|h) and q(h|x) q(k|h)."""

    factors = (("h", "k"), ("x", "h"))
    shares = (0.5, 0.5)
    learning_rate = 2e-4

    def __init__(self, K=30, width=64):
        super().__init__()
        self.means = nn.Parameter(torch.randn(K, LATENT))
        self.means.is_table = True
        self.generator = Generator(28, width, LATENT, True, torch.sigmoid)
        self.extractor = Extractor(28, 1, width, LATENT, True)

    @staticmethod
    def discriminators(width=64):
        return nn.ModuleList([VectorDiscriminator(LATENT + 30), JointDiscriminator(28, width, LATENT)])

    def generate(self, rows, given=None):
        k = F.one_hot(torch.randint(len(self.means), (rows,)), len(self.means)).float() if given is None else given["k"]
        h = k @ self.means + torch.randn(rows, LATENT) if given is None else given["h"]
        return {"k": k, "h": h, "x": self.generator(h)}

    def infer(self, data, given=None):
        h = self.extractor(data["x"]).float()
        logits = self.logits(h)
        gumbel = -torch.log(torch.empty_like(logits).exponential_())
        return {"k": F.softmax((logits + gumbel) / 0.1, 1) if given is None else given["k"], "h": h, "x": data["x"]}

    def logits(self, h):
        """Of q(k|h), up to a constant a row."""
        return h @ self.means.T - self.means.square().sum(1) / 2


class SSGAN(nn.Module):
    """The players: p(h) p(v[1]) p(v[t]|v[t-1]) p(x[t]|h,v[t],y), and the mean field q(h|x[1:T],y) q(v[t]|x[t],y)."""

    factors = (("v+", "v-"), ("x", "h", "v", "y"), ("h",))
    shares = (15 / 32, 16 / 32, 1 / 32)
    learning_rate = 1e-4

    def __init__(self, width=32):
        super().__init__()
        self.transition = nn.Sequential(*MLP(2 * MOTION, 256, 256), nn.Linear(256, MOTION))
        self.generator = Generator(64, width, LATENT + MOTION + LABELS, False, torch.tanh)
        self.content = Extractor(64, T, width, LATENT, labels=LABELS)
        self.motion = Extractor(64, 1, width, MOTION, labels=LABELS)

    @staticmethod
    def discriminators(width=32):
        frames = JointDiscriminator(64, width, LATENT + MOTION + LABELS, LABELS)
        return nn.ModuleList([VectorDiscriminator(2 * MOTION), frames, VectorDiscriminator(LATENT)])

    def generate(self, rows, given=None):
        if given is None:
            y = F.one_hot(torch.randint(LABELS, (rows,)), LABELS).float()
            h, noise, v = torch.randn(rows, LATENT), torch.randn(rows, MOTION), [torch.randn(rows, MOTION)]
            for _ in range(T - 1):
                v.append(self.transition(torch.cat([v[-1], noise], 1)).float() + v[-1])
            v = torch.stack(v, 1)
        else:
            y, h, v = (given[n] for n in "yhv")
        latents = torch.cat([_each(h), v.flatten(0, 1), _each(y)], 1)
        return {"y": y, "h": h, "v": v, "x": self.generator(latents).unflatten(0, (rows, T))}

    def infer(self, data, given=None):
        x, y = data["x"], data["y"]
        h = self.content(x[:, :, 0].contiguous(memory_format=torch.channels_last), y).float()
        v = self.motion(x.flatten(0, 1), _each(y)).float().unflatten(0, (len(x), T))
        return {"y": y, "h": h, "v": v, "x": x}


def _each(value):
    """A variable of the clip for each of its frames."""
    return value.repeat_interleave(T, 0)


def see(values, name, on_plate):
    """A variable as a discriminator sees it: all frames of all clips in one batch."""
    if name == "v+":
        return values["v"][:, 1:].flatten(0, 1)
    if name == "v-":
        return values["v"][:, :-1].flatten(0, 1)
    if not on_plate:
        return values[name]
    return values[name].flatten(0, 1) if name in "xv" else _each(values[name])


TWINS = {"gmgan": GMGAN, "ssgan": SSGAN}


class Twin:
    """Both players with their optimizers.

    Args:
        model: a key of `TWINS`.
        precision: "float32" or "bfloat16" (autocast).
        compiled: whether `torch.compile` compiles the costs.
    """

    def __init__(self, model, precision, compiled):
        self.players = TWINS[model]().to(memory_format=torch.channels_last)
        self.judges = self.players.discriminators().to(memory_format=torch.channels_last)
        self.plate = model == "ssgan"
        self.cast = (
            (lambda: torch.autocast("cpu", torch.bfloat16)) if precision == "bfloat16" else contextlib.nullcontext
        )
        rate = self.players.learning_rate
        self.adams = {
            owner: torch.optim.Adam(owner.parameters(), rate, (0.5, 0.999), 1e-8, fused=True)
            for owner in (self.players, self.judges)
        }
        self.costs_of = torch.compile(self._costs) if compiled else self._costs

    def _costs(self, data, owner, given_p=None, given_q=None):
        with self.cast():
            with torch.set_grad_enabled(owner is self.players):
                p, q = self.players.generate(len(data["x"]), given_p), self.players.infer(data, given_q)
            cost, sign = 0.0, -1 if owner is self.players else 1
            for share, names, judge in zip(self.players.shares, self.players.factors, self.judges, strict=True):
                on_plate = self.plate and len(names) > 1
                for values, direction in ((p, sign), (q, -sign)):
                    logit = judge(*(see(values, n, on_plate) for n in names))
                    cost = cost + share * F.softplus(direction * logit).mean()
        return cost

    def update(self, data, owner):
        self.judges.requires_grad_(owner is self.judges)
        adam = self.adams[owner]
        adam.zero_grad(set_to_none=True)
        self.costs_of(data, owner).backward()
        adam.step()

    def check(self, path, model):
        """Largest relative difference of samples and costs from the product's, with its weights and latents."""
        found = np.load(path)
        arrays = {n: [found[k] for k in sorted(found.files) if k.startswith(f"{n}/")] for n in ("model", "factors")}
        load(self.players.parameters(), arrays["model"])
        load(self.judges.parameters(), arrays["factors"])
        given = {s: {k[2:]: torch.from_numpy(found[k]) for k in found.files if k.startswith(f"{s}/")} for s in "pq"}
        data = torch_batch(minibatches(model, 8)[0])
        with torch.no_grad():
            costs = [float(self._costs(data, owner, given["p"], given["q"])) for owner in (self.players, self.judges)]
            x = self.players.generate(8, given["p"])["x"]
        expected = given["p"]["x"].reshape(-1, *given["p"]["x"].shape[-3:]).permute(0, 3, 1, 2)
        differences = [abs(a / b - 1) for a, b in zip(costs, found["costs"], strict=True)]
        return [*differences, float((x.reshape(expected.shape) - expected).abs().max())]


def torch_batch(batch):
    """[..., H, W, C] arrays as tensors [..., C, H, W], images channels last."""
    x = torch.from_numpy(np.moveaxis(batch["x"], -1, -3).copy())
    x = x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
    return {n: torch.from_numpy(v) for n, v in batch.items()} | {"x": x}


def main():
    chosen = settings()
    model = chosen["model"]
    torch.manual_seed(0)
    twin = Twin(model, chosen["precision"], chosen.get("compiled", False))
    batches = itertools.cycle([torch_batch(b) for b in minibatches(model, chosen["batch_size"])])

    def run(steps):
        for _ in range(steps):
            for owner in (twin.players, twin.judges):
                twin.update(next(batches), owner)

    def flops():
        with FlopCounterMode(display=False) as counter:
            run(1)
        return counter.get_total_flops()

    run(2)
    serve(run, flops=flops, check=lambda path: Twin(model, "float32", False).check(path, model))


if __name__ == "__main__":
    main()
