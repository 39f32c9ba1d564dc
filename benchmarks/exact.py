"""Exact posteriors by numpy: Gaussian conditioning, forward-backward, enumeration; and how far draws are from them."""

from typing import NamedTuple

import numpy as np

from graphical_gan.graph.dag import ground_name


class Moments(NamedTuple):
    """Of a Gaussian posterior: means [N, D], covariances [D, D] or [N, D, D], and the names of the latent variables."""

    means: np.ndarray
    covariance: np.ndarray
    names: tuple[str, ...]

    def errors(self, draws: dict[str, np.ndarray]) -> dict[str, float]:
        """Of draws [N, draws, ...]: the largest root mean square error of a mean, a variance, a covariance."""
        columns = [draws[name.partition("[")[0]] for name in self.names]
        z = np.concatenate([step(value, name, 2) for value, name in zip(columns, self.names, strict=True)], -1)
        means = z.mean(1)
        covariances = np.einsum("nsi,nsj->nij", z - means[:, None], z - means[:, None]) / z.shape[1]
        error = np.sqrt(((covariances - self.covariance) ** 2).mean(0))
        found = {"mean": np.sqrt(((means - self.means) ** 2).mean(0)).max(), "variance": np.diag(error).max()}
        if len(self.names) > 1:
            found["covariance"] = (error - np.diag(np.diag(error))).max()
        return {kind: float(value) for kind, value in found.items()}


class Probabilities(NamedTuple):
    """Of a discrete variable of a name: [N, K], on the plate [N, T, K]."""

    name: str
    of: np.ndarray

    def errors(self, draws: dict[str, np.ndarray]) -> dict[str, float]:
        """The mean total variation between the shares of draws and the probabilities, of the worst step."""
        variation = np.abs(draws[self.name].mean(1) - self.of).sum(-1) / 2
        return {"total variation": float(variation.mean(0).max())}


def gaussian(declared, data: dict[str, np.ndarray]) -> Moments:
    """By conditioning the joint Gaussian: z = z A + e S, so that z = e S (I - A)^-1."""
    network, p, T = declared.network, declared.p, declared.network.length
    order = network.ground_order(T or 1)
    sizes, blocks, scales = {}, {}, {}
    for name, t in order:
        conditional = p.get(ground_name(name, t), p[name])
        if not network.given(ground_name(name, t) if ground_name(name, t) in p else name):
            sizes[name, t] = int(conditional.event_shape[0])
            scales[name, t] = 1.0  # of a standard normal variable
            continue
        weights, row = np.concatenate(conditional.matrices), 0
        for parent in network.ground_parents(name, t, T):
            blocks[parent, (name, t)] = weights[row : row + sizes[parent]]
            row += sizes[parent]
        sizes[name, t], scales[name, t] = weights.shape[1], conditional.scale
    starts = dict(zip(order, np.cumsum([0, *(sizes[v] for v in order)]), strict=False))
    A = np.zeros([sum(sizes.values())] * 2)
    for (parent, child), block in blocks.items():
        A[starts[parent] :, starts[child] :][: sizes[parent], : sizes[child]] = block
    half = np.diag(np.repeat([scales[v] for v in order], [sizes[v] for v in order])) @ np.linalg.inv(np.eye(len(A)) - A)
    joint = half.T @ half
    index = {v: list(range(starts[v], starts[v] + sizes[v])) for v in order}
    latent, seen = ([v for v in order if network[v[0]].observed == side] for side in (False, True))
    z, x = (sum((index[v] for v in group), []) for group in (latent, seen))
    slopes = np.linalg.solve(joint[np.ix_(x, x)], joint[np.ix_(x, z)])
    values = np.concatenate([step(data[name], ground_name(name, t), 1) for name, t in seen], -1)
    names = tuple(ground_name(*v) for v in latent)
    return Moments(values @ slopes, joint[np.ix_(z, z)] - joint[np.ix_(z, x)] @ slopes, names)


def ragged_groups(declared, data: dict[str, np.ndarray]) -> Moments:
    """q(g|x,mask): the members that are there are g times a slope, and noise."""
    member, mask = declared.p["v"], data["mask"]
    slope, noise = member.matrices[0][0, 0], member.scale**2 + declared.p["x"].scale ** 2
    variance = 1 / (1 + mask.sum(1) * slope**2 / noise)  # [N, 1]
    return Moments(variance * slope * (mask * data["x"]).sum(1) / noise, variance[:, :, None], ("g",))


def experts(declared, data: dict[str, np.ndarray]) -> Probabilities:
    """q(k|u,x), proportional to p(k|u) p(x|k,u)."""
    gate, expert, u = declared.p["k"], declared.p["x"], data["u"]
    log_joint = u @ gate.weights_of_input + gate.biases
    log_joint = log_joint - np.log(np.exp(log_joint).sum(1, keepdims=True))
    means = u * expert.slopes + expert.levels
    return Probabilities("k", _normalised(log_joint - (data["x"] - means) ** 2 / (2 * expert.scale**2)))


def table(declared, data: dict[str, np.ndarray]) -> Probabilities:
    """q(k|numbers,colour), proportional to p(k) p(numbers|k) p(colour|k)."""
    numbers, colour = declared.p["numbers"], declared.p["colour"]
    distances = ((data["numbers"][:, None] - numbers.matrices[0]) ** 2).sum(-1)
    log_joint = np.log(declared.truth["k"].probs_parameter().numpy()) - distances / (2 * numbers.scale**2)
    return Probabilities("k", _normalised(log_joint + data["colour"] @ np.log(colour.table).T))


def hidden_markov(declared, data: dict[str, np.ndarray]) -> Probabilities:
    """q(k[t]|x), by the forward and the backward recursion."""
    transition, emission = declared.p["k"].table, declared.p["x"]
    likelihood = np.exp(-((data["x"] - emission.matrices[0][:, 0]) ** 2) / (2 * emission.scale**2))  # [N, T, K]
    forward, backward = np.empty_like(likelihood), np.ones_like(likelihood)
    forward[:, 0] = declared.truth["k[1]"].probs_parameter().numpy() * likelihood[:, 0]
    for t in range(1, likelihood.shape[1]):
        forward[:, t] = forward[:, t - 1] @ transition * likelihood[:, t]
    for t in reversed(range(likelihood.shape[1] - 1)):
        backward[:, t] = (likelihood[:, t + 1] * backward[:, t + 1]) @ transition.T
    return Probabilities("k", _normalised(np.log(forward) + np.log(backward)))


def step(value: np.ndarray, name: str, axes: int) -> np.ndarray:
    """The part of a variable that an unrolled name means, `v[2]`, flat behind its first axes."""
    at = name.partition("[")[2]
    value = value[(slice(None),) * axes + (int(at[:-1]) - 1,)] if at else value
    return value.reshape(*value.shape[:axes], -1)


def _normalised(log_joint):
    joint = np.exp(log_joint - log_joint.max(-1, keepdims=True))
    return joint / joint.sum(-1, keepdims=True)
