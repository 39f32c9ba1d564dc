"""Networks whose exact posterior numpy gives, beside the q that is trained from data alone with p held at the truth.

    python -m benchmarks.posteriors factors    # which inverse and which factors fix q, three seeds
    python -m benchmarks.posteriors picture FILE   # the same as a picture, seed 0
    python -m benchmarks.posteriors relaxations   # a mixture of two
    python -m benchmarks.posteriors markov     # a hidden Markov model
    python -m benchmarks.posteriors networks   # further linear-Gaussian networks, the largest error of a moment

All networks are small; a row takes a minute or less of one core.
"""

import itertools
import sys
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from tensorflow_probability import distributions as tfd

from benchmarks.inference import Logits, Schedule, trained
from graphical_gan.common.choices import chosen
from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.families import families_of_both
from graphical_gan.settings import tables

SAMPLES = 20_000
SEEDS = (0, 1, 2)
LONG = Schedule(9000, "linear")  # at a constant rate moments wander by up to 0.3
ROWS = (("Alg. 2", "local"), ("faithful", "local"), ("faithful", "global"), ("faithful", "families"))


class Linear(keras.layers.Layer):
    """N(w . parents, s^2), of one dimension, held."""

    def __init__(self, weights: list[float], scale: float):
        super().__init__()
        self.weights_of_parents, self.scale = weights, scale

    def call(self, parents, training=False):
        parents = parents if isinstance(parents, tuple) else (parents,)
        mean = tf.add_n([w * parent for w, parent in zip(self.weights_of_parents, parents, strict=True)])
        return tfd.Independent(tfd.Normal(mean, self.scale), 1)


class Gaussian(keras.layers.Layer):
    """N(W parents + b, s^2), of one dimension, learned."""

    def __init__(self):
        super().__init__()
        self.mean = keras.layers.Dense(1)
        self.log_scale = self.add_weight(name="log_scale", shape=(1,), initializer="zeros")

    def call(self, parents, training=False):
        parents = tf.concat(parents, -1) if isinstance(parents, tuple) else parents
        return tfd.Independent(tfd.Normal(self.mean(parents), tf.exp(self.log_scale)), 1)


class Moments(NamedTuple):
    """Of the latents given the data: slopes [data, latents] of the means, and the covariance [latents, latents]."""

    slopes: np.ndarray
    covariance: np.ndarray


class Gaussians(NamedTuple):
    """A linear-Gaussian network: by node its parents' weights and its scale; x and y are observed."""

    nodes: dict[str, tuple[dict[str, float], float]]

    @property
    def network(self) -> BayesianNetwork:
        """Its declaration."""
        return BayesianNetwork([Node(n, list(weights), n in "xy") for n, (weights, _) in self.nodes.items()])

    def p(self) -> dict:
        """Its conditionals."""
        return {
            n: Linear(list(weights.values()), scale) if weights else priors.standard_normal(1)
            for n, (weights, scale) in self.nodes.items()
        }

    def exact(self) -> Moments:
        """Moments by Gaussian conditioning: z = A z + s e, so that z = (I - A)^-1 s e."""
        names = list(self.nodes)
        A = np.array([[self.nodes[n][0].get(m, 0.0) for m in names] for n in names])
        half = np.linalg.inv(np.eye(len(names)) - A) * [scale for _, scale in self.nodes.values()]
        joint = half @ half.T
        z, x = ([i for i, n in enumerate(names) if (n in "xy") == data] for data in (False, True))
        slopes = np.linalg.solve(joint[np.ix_(x, x)], joint[np.ix_(x, z)])
        return Moments(slopes, joint[np.ix_(z, z)] - joint[np.ix_(z, x)] @ slopes)

    def found(self, inverse: str = "faithful", factors: str = "families", seed: int = 0) -> Moments:
        """Moments of the trained q, averaged over the last third of the run."""
        keras.utils.set_random_seed(seed)
        network = self.network
        graph = network.inverse(faithful=inverse == "faithful")
        latents = [n for n in self.nodes if n not in "xy"]
        readings = []
        model = GraphicalGAN(network, self.p(), {n: Gaussian() for n in latents}, graph)
        for _ in trained(model, chosen(tables.FACTORS, factors=factors)(network, graph), seed, LONG):
            stream = make_stream(len(readings))
            data = {n: v for n, v in model.generate(stream, SAMPLES).values.items() if n in "xy"}
            values = model.infer(data, stream).values
            z, x = (np.concatenate([values[n] for n in self.nodes if (n in "xy") == side], 1) for side in (False, True))
            slopes = np.linalg.lstsq(x, z, rcond=None)[0]
            readings.append((slopes, np.cov((z - x @ slopes).T)))
        return Moments(*(np.mean(part, 0) for part in zip(*readings, strict=True)))


def gaussian_error(toy: Gaussians, **choices) -> float:
    """The largest error of a slope, a variance or a covariance."""
    return max(float(np.abs(a - b).max()) for a, b in zip(toy.found(**choices), toy.exact(), strict=True))


LEAVES = Gaussians(
    {
        "a": ({}, 1.0),
        "b": ({"a": 0.9}, 0.19**0.5),
        "c": ({"a": 0.9}, 0.19**0.5),
        "x": ({"b": 1.0}, 1.0),
        "y": ({"c": 1.0}, 1.0),
    }
)

TOYS = {
    "two leaves: a -> b -> x, a -> c -> y": LEAVES,
    "explaining away: a -> x <- b": Gaussians({"a": ({}, 1.0), "b": ({}, 1.0), "x": ({"a": 1.0, "b": 0.8}, 0.6)}),
    "diamond: a -> b, c -> x": Gaussians(
        {"a": ({}, 1.0), "b": ({"a": 0.9}, 0.5), "c": ({"a": 0.7}, 0.7), "x": ({"b": 1.0, "c": -0.8}, 0.6)}
    ),
    "deep chain: a -> b -> c -> d -> x": Gaussians(
        {
            "a": ({}, 1.0),
            **{n: ({m: 0.9}, 0.19**0.5) for m, n in zip("abc", "bcd", strict=True)},
            "x": ({"d": 1.0}, 0.7),
        }
    ),
    "M: a -> x <- b -> y <- c": Gaussians(
        {**{n: ({}, 1.0) for n in "abc"}, "x": ({"a": 1.0, "b": 1.0}, 0.7), "y": ({"b": 1.0, "c": -0.8}, 0.7)}
    ),
}


def networks() -> None:
    """Prints, by network, the largest error of a moment: three seeds of the defaults, one of Alg. 2 with local."""
    for name, toy in TOYS.items():
        errors = [gaussian_error(toy, seed=seed) for seed in SEEDS]
        errors.append(gaussian_error(toy, inverse="Alg. 2", factors="local"))
        print(f"{name:40}", *(f"{error:.3f}" for error in errors), flush=True)


def factors() -> None:
    """Prints, by inverse and factors, var a and cov(b, c) given the data in a -> b -> x, a -> c -> y."""
    exact = LEAVES.exact().covariance
    print(f"exact{'':23}{exact[0, 0]:.3f}  {exact[1, 2]:.3f}")
    for inverse, which in ROWS:
        for seed in SEEDS:
            found = LEAVES.found(inverse, which, seed).covariance
            print(f"{inverse:12}{which:12}{seed:<5}{found[0, 0]:.3f}  {found[1, 2]:.3f}", flush=True)


def picture(path: str) -> None:
    """Draws two deviations of (b, c) given the data in a -> b -> x, a -> c -> y: exact, and of q by each row."""
    figure = Figure(figsize=(10, 3), layout="constrained")
    places = figure.subplots(1, len(ROWS), sharex=True, sharey=True)
    for axes, (inverse, which) in zip(places, ROWS, strict=True):
        axes.plot(*_ellipse(LEAVES.found(inverse, which).covariance), label="q")
        axes.plot(*_ellipse(LEAVES.exact().covariance), "k--", label="exact")
        axes.set(title=f"{inverse}, {which}", xlabel="b", aspect="equal")
    places[0].set_ylabel("c")
    places[0].legend(fontsize=8)
    figure.savefig(path, dpi=110)


def _ellipse(covariance):
    """The points [2, N] that are two deviations from the mean of (b, c), from the covariance of (a, b, c)."""
    angle = np.linspace(0, 2 * np.pi, 200)
    return 2 * np.linalg.cholesky(covariance[1:, 1:]) @ [np.cos(angle), np.sin(angle)]


POINTS = np.array([-2.0, -1.3, -0.4, 0.55, 1.5, 2.2])
MIXTURE = BayesianNetwork([Node("k"), Node("x", ["k"], observed=True)])


class Components(keras.layers.Layer):
    """p(x|k) = N(-1 or 1, 1), held."""

    def call(self, k, training=False):
        return tfd.Independent(tfd.Normal(tf.matmul(k, [[-1.0], [1.0]]), 1.0), 1)


def mixture(relaxation: str, seed: int = 0) -> np.ndarray:
    """q(k|x) of the second component at `POINTS`, averaged over the last third of the run."""
    keras.utils.set_random_seed(seed)
    p = {"k": priors.uniform_one_hot(2), "x": Components()}
    model = GraphicalGAN(MIXTURE, p, {"k": Relaxed(Logits(2), relaxation)})
    families = families_of_both(MIXTURE, model.recognition_graph)
    x = tf.constant(POINTS[:, None], tf.float32)
    found = [
        tf.nn.softmax(m.posteriors(m.infer({"x": x}, make_stream(0)).values)["k"])[:, 1]
        for m in trained(model, families, seed)
    ]
    return np.mean(found, 0)


def relaxations() -> None:
    """Prints, by relaxation, q(k|x) of a mixture of two Gaussians at some points."""
    print(f"{'exact':34}", *(f"{1 / (1 + np.exp(-2 * x)):.2f}" for x in POINTS))
    for name, seed in itertools.product(("concrete", "straight_through_concrete", "reinforce"), SEEDS):
        print(f"{name:30}{seed:<4}", *(f"{q:.2f}" for q in mixture(name, seed)), flush=True)


STAY, STEPS = 0.85, 4
MARKOV = BayesianNetwork([Node("k", ["k[t-1]"], plate=True), Node("x", ["k"], plate=True, observed=True)], STEPS)


class Switch(keras.layers.Layer):
    """p(k[t]|k[t-1]) of two states, held: the same one with probability `STAY`."""

    def call(self, k, training=False):
        return tfd.OneHotCategorical(probs=STAY * k + (1 - STAY) * (1 - k), dtype=tf.float32)


class Joined(keras.layers.Layer):
    """A layer of all parents side by side."""

    def __init__(self, layer: keras.layers.Layer):
        super().__init__()
        self.layer = layer

    def call(self, parents, training=False):
        return self.layer(tf.concat(tf.nest.flatten(parents), -1))


def smoothed(x: np.ndarray) -> np.ndarray:
    """Exact p(k[t] = second | x) [N, T] of sequences [N, T, 1], over all paths."""
    paths = np.array(list(itertools.product((0, 1), repeat=STEPS)))
    stays = (paths[:, 1:] == paths[:, :-1]).sum(1)
    prior = STAY**stays * (1 - STAY) ** (STEPS - 1 - stays)
    likelihood = np.exp(-0.5 * (x[:, None, :, 0] - (2 * paths - 1)) ** 2).prod(-1)  # [N, paths]
    joint = prior * likelihood
    return (joint @ paths) / joint.sum(1, keepdims=True)


def hidden_markov(inverse: str = "faithful", factors: str = "families", seed: int = 0) -> float:
    """The mean error of q(k[t]|x) over 100 sequences and their steps, from 1,000 draws each; 0.01 is of the draws."""
    keras.utils.set_random_seed(seed)
    p = {"k[1]": priors.uniform_one_hot(2), "k": Switch(), "x": Components()}
    q = {name: Relaxed(Joined(Logits(2))) for name in ("k[T]", "k")}
    q |= {name: Joined(keras.layers.Dense(16, "tanh")) for name in ("past[1]", "past") if inverse == "faithful"}
    model = GraphicalGAN(MARKOV, p, q, MARKOV.inverse(faithful=inverse == "faithful"))
    for _ in trained(model, chosen(tables.FACTORS, factors=factors)(MARKOV, model.recognition_graph), seed):
        pass
    x = model.generate(make_stream(1), 100).values["x"]
    drawn = model.infer({"x": tf.repeat(x, 1000, axis=0)}, make_stream(2)).values["k"][..., 1]
    found = tf.reduce_mean(tf.reshape(drawn, [100, 1000, STEPS]), 1)
    return float(np.abs(found - smoothed(x.numpy())).mean())


def markov() -> None:
    """Prints the error of a hidden Markov model, by inverse and factors."""
    for inverse, which in ROWS:
        print(f"{inverse:12}{which:12}{hidden_markov(inverse, which):.3f}", flush=True)


if __name__ == "__main__":
    shown = {"factors": factors, "picture": picture, "relaxations": relaxations, "markov": markov, "networks": networks}
    shown[sys.argv[1]](*sys.argv[2:])
