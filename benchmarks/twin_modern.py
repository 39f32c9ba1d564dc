"""The recipe `modern` of MNIST in PyTorch, which learns from images and initial weights of the product's.

Updates are simultaneous: one forward pass, and a gradient for each of the players.
"""

import contextlib
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.twin import GMGAN
from benchmarks.twin_layers import load
from benchmarks.worker import serve, settings

WIDTH, BATCH, RATE = 32, 50, 4e-4
OF_X, TEMPERATURE, SOFTENING = 20.0, 10.0, 10.0
SHIFT, ROTATION, SCALE, SHEAR = 3 / 28, math.radians(20), 0.15, 0.2
SEEN = 20  # minibatches that the statistics of batch normalisation are of


def affine(images):
    """Images moved, turned, scaled and sheared at random, as the product's views are; black comes in."""
    down, right, turn, larger, wider, shear = (2 * torch.rand(6, len(images)) - 1).unbind()
    size, ratio = torch.exp(SCALE * larger), torch.exp(SCALE / 2 * wider)
    cos, sin = torch.cos(ROTATION * turn), torch.sin(ROTATION * turn)
    rows = [cos * size * ratio, (SHEAR * shear * cos - sin) * size / ratio]
    columns = [sin * size * ratio, (SHEAR * shear * sin + cos) * size / ratio]
    moved = [2 * SHIFT * down, 2 * SHIFT * right]  # the side of an image is 2
    offset = [-line[0] * moved[0] - line[1] * moved[1] for line in (rows, columns)]
    matrix = [torch.stack([line[1], line[0], far], -1) for line, far in ((columns, offset[1]), (rows, offset[0]))]
    grid = F.affine_grid(torch.stack(matrix, 1), list(images.shape), align_corners=False)
    view = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return view.contiguous(memory_format=torch.channels_last)


def views_cost(players, h, other):
    """InfoNCE of the latent vectors of two views, both ways, less the mutual information of their clusters."""
    distances = (h[:, None] - other[None]).square().sum(-1) / (-2 * TEMPERATURE)
    own = torch.arange(len(h))
    cost = (F.cross_entropy(distances, own) + F.cross_entropy(distances.T, own)) / 2
    k, again = (F.softmax(players.logits(z) / SOFTENING, 1) for z in (h, other))
    joint = k.T @ again / len(k)
    joint = (joint + joint.T) / 2
    margin = joint.sum(0)
    return cost - (joint * (_log(joint) - _log(margin[:, None]) - _log(margin[None]))).sum()


def _log(x):
    return x.clamp_min(1e-12).log()


class Learner:
    """Both players with their optimizers.

    Args:
        precision: "float32" or "bfloat16" (autocast).
        arrays: initial weights, by "model/..." and "factors/...".
    """

    def __init__(self, precision, arrays):
        self.players = GMGAN(width=WIDTH).to(memory_format=torch.channels_last)
        self.judges = GMGAN.discriminators(WIDTH).to(memory_format=torch.channels_last)
        for owner, name in ((self.players, "model"), (self.judges, "factors")):
            load(owner.parameters(), [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}/")])
        self.cast = (
            (lambda: torch.autocast("cpu", torch.bfloat16)) if precision == "bfloat16" else contextlib.nullcontext
        )
        self.owners = [list(owner.parameters()) for owner in (self.players, self.judges)]
        self.adams = [torch.optim.Adam(owned, RATE, (0.5, 0.999), 1e-8, fused=True) for owned in self.owners]

    def costs(self, x, view, given_p=None, given_q=None):
        """What the players minimise, and what the discriminators do."""
        players = self.players
        with self.cast():
            p, q = players.generate(len(x), given_p), players.infer({"x": x}, given_q)
            again, other = players.generator(q["h"]), players.extractor(view).float()
            cost = OF_X * F.mse_loss(again, x) + F.mse_loss(players.extractor(p["x"]).float(), p["h"])
            cost, of_judges = cost + views_cost(players, q["h"], other), 0.0
            for share, names, judge in zip(players.shares, players.factors, self.judges, strict=True):
                on_p, on_q = (judge(*(values[n] for n in names)) for values in (p, q))
                cost = cost + share * (F.softplus(-on_p).mean() + F.softplus(on_q).mean())
                of_judges = of_judges + share * (F.softplus(on_p).mean() + F.softplus(-on_q).mean())
        return cost, of_judges

    def update(self, x):
        costs = self.costs(x, affine(x))
        for cost, owned in zip(costs, self.owners, strict=True):
            for parameter, gradient in zip(owned, torch.autograd.grad(cost, owned, retain_graph=True), strict=True):
                parameter.grad = gradient
        for adam in self.adams:
            adam.step()

    @torch.no_grad()
    def logits(self, x, seen):
        """Logits of q(k|x), with the mean statistics of some minibatches."""
        normalised = [m for m in self.players.extractor.modules() if isinstance(m, nn.BatchNorm2d)]
        for layer in normalised:
            layer.reset_running_stats()
            layer.momentum = None  # a plain average
        with self.cast():
            for batch in seen:
                self.players.extractor(batch)
            self.players.extractor.eval()
            h = torch.cat([self.players.extractor(part).float() for part in x.split(500)])
        self.players.extractor.train()
        return self.players.logits(h).numpy()


def minibatches(images, generator):
    """Minibatches for ever, each epoch in another order."""
    while True:
        for rows in torch.randperm(len(images), generator=generator).split(BATCH):
            if len(rows) == BATCH:
                yield as_tensor(images[rows.numpy()])


def as_tensor(images):
    """8-bit images [N, H, W, C] as the networks see them, [N, C, H, W] on [0, 1]."""
    images = torch.from_numpy(np.moveaxis(images, -1, 1).astype(np.float32) / 255)
    return images.contiguous(memory_format=torch.channels_last)


def main():
    chosen = settings()
    found = np.load(chosen["path"])
    arrays = {name: found[name] for name in found.files}
    torch.manual_seed(chosen["seed"])
    learner = Learner(chosen["precision"], arrays)
    train, validation = arrays["train"], as_tensor(arrays["validation"])
    batches = minibatches(train, torch.Generator().manual_seed(chosen["seed"]))

    def run(steps):
        for _ in range(steps):
            learner.update(next(batches))

    def logits(path):
        np.save(path, learner.logits(validation, as_tensor(train[: SEEN * BATCH]).split(BATCH)))

    def check():
        """Costs of the product's samples, with its weights."""
        given = {side: {n: torch.from_numpy(arrays[f"{side}/{n}"]) for n in "kh"} for side in "pq"}
        x, view = (torch.from_numpy(np.moveaxis(arrays[n], -1, 1).copy()) for n in ("q/x", "view"))
        with torch.no_grad():
            return [float(cost) for cost in learner.costs(x, view, given["p"], given["q"])]

    serve(run, logits=logits, check=check)


if __name__ == "__main__":
    main()
