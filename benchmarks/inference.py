"""Whether the engine infers: two networks whose posterior is known, by every algorithm and structure of q.

    python -m benchmarks.inference docs/inference.png

A linear-Gaussian chain z1 -> z2 -> x, and a mixture of Gaussians in the plane k -> h -> x. p is held at the truth, q is
trained from data alone, in less than a minute each; then its moments and clusters are compared with Bayes' rule.
"""

import itertools
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.families import Family, global_family, local_families
from graphical_gan.layers.dense import DenseNetworks
from graphical_gan.layers.images import MLP
from graphical_gan.training.gradients import PLAYERS
from graphical_gan.training.optimizers import adams
from graphical_gan.training.trainer import Trainer

ALGORITHMS = {"local": local_families, "global": global_family}
STRUCTURES = ("inverse", "mean_field")
ROWS, STEPS, READINGS = 256, 3000, 10
A, B = 0.8, 0.5  # z2 = A z1 + noise of variance 1 - A^2; x = z2 + B noise
CHAIN = BayesianNetwork([Node("z1"), Node("z2", ["z1"]), Node("x", ["z2"], observed=True)])
MIXTURE = BayesianNetwork([Node("k"), Node("h", ["k"]), Node("x", ["h"], observed=True)])
K, RADIUS, BLUR = 5, 6.0, 0.3
DISCRIMINATORS = DenseNetworks(  # as `fit` gives them to a network of one's own
    image_shape=(),
    latent=1,
    width=16,
    units=64,
    output="sigmoid",
    batch_norm=False,
    dropout=0.0,
    discriminator_batch_norm=False,
    discriminator_dense_layers=1,
)


class Gaussian(keras.layers.Layer):
    """N(W parent + b, s^2), of one dimension or more; W and s are learned, or given and held."""

    def __init__(self, size: int, weight: float | None = None, scale: float | None = None):
        super().__init__()
        held = weight is not None
        self.mean = keras.layers.Dense(size, kernel_initializer=keras.initializers.Identity(weight or 1.0))
        self.log_scale = self.add_weight(
            name="log_scale", shape=(size,), initializer=keras.initializers.Constant(np.log(scale or 1.0))
        )
        self.trainable = not held

    def call(self, parent, training=False):
        return tfd.Independent(tfd.Normal(self.mean(parent), tf.exp(self.log_scale)), 1)


class Logits(keras.layers.Layer):
    """Logits of a discrete variable from its parent."""

    def __init__(self, size: int):
        super().__init__()
        self.hidden, self.logits = MLP([32]), keras.layers.Dense(size)

    def call(self, parent, training=False):
        return self.logits(self.hidden(parent))


class Posterior(NamedTuple):
    """Moments of q(z1, z2 | x): means are slopes times x."""

    slope_1: float
    slope_2: float
    variance_1: float
    variance_2: float
    covariance: float


# Bayes' rule. Its z1 and z2 are dependent given x, which a mean field can't be. The local algorithm then gets all that
# its factors (z2, z1) and (x, z2) see right, which leaves z1 given x as certain as z2; the global one gets the means
# right and the variances too small (that of z1 between 0 and the exact one).
BAYES = Posterior(A / (1 + B**2), 1 / (1 + B**2), 1 - A**2 / (1 + B**2), B**2 / (1 + B**2), A * B**2 / (1 + B**2))
FIXED_POINT = Posterior(A, BAYES.slope_2, 1 - A**2 * (1 + B**2), BAYES.variance_2, 0.0)


def chain(algorithm: str, structure: str, seed: int = 0) -> Posterior:
    """The posterior of the chain that a trained q has, averaged over the last third of the run."""
    keras.utils.set_random_seed(seed)
    p = {"z1": priors.standard_normal(1), "z2": Gaussian(1, A, np.sqrt(1 - A**2)), "x": Gaussian(1, 1.0, B)}
    q = {"z1": Gaussian(1), "z2": Gaussian(1)}
    readings = []
    for model in _trained(CHAIN, p, q, algorithm, structure):
        stream = make_stream(len(readings))
        x = model.generate(stream, 20_000).values["x"]
        found = model.infer({"x": x}, stream).values
        z1, z2, x = (np.asarray(v)[:, 0] for v in (found["z1"], found["z2"], x))
        slopes = [np.dot(z, x) / np.dot(x, x) for z in (z1, z2)]
        covariance = np.cov(z1 - slopes[0] * x, z2 - slopes[1] * x)
        readings.append(Posterior(*slopes, covariance[0, 0], covariance[1, 1], covariance[0, 1]))
    return Posterior(*np.mean(readings, 0))


def mixture(algorithm: str, structure: str, seed: int = 0) -> tuple[float, np.ndarray, np.ndarray]:
    """Agreement of argmax q(k|x) with Bayes' rule at the end, on fresh data; the data [N, 2] and its clusters [N]."""
    keras.utils.set_random_seed(seed)
    angles = 2 * np.pi * np.arange(K) / K
    means = RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1).astype("float32")
    table = priors.GaussianTable(K, 2)
    table.means.assign(means)
    table.trainable = False
    p = {"k": priors.uniform_one_hot(K), "h": table, "x": Gaussian(2, 1.0, BLUR)}
    q = {"h": Gaussian(2), "k": Relaxed(Logits(K))}
    *_, model = _trained(MIXTURE, p, q, algorithm, structure)
    stream = make_stream(1)
    x = model.generate(stream, 5000).values["x"]
    logits = model.posteriors(model.infer({"x": x}, stream).values)["k"]
    exact = tf.argmin(tf.reduce_sum((x[:, None] - means) ** 2, -1), -1)  # equal weights and spreads
    clusters = tf.argmax(logits, -1)
    return float(np.mean(clusters == exact)), x.numpy(), clusters.numpy()


def _trained(network, p, q, algorithm, structure):
    graph = network.inverse() if structure == "inverse" else network.mean_field()
    return trained(GraphicalGAN(network, p, q, graph), ALGORITHMS[algorithm](network))


class Schedule(NamedTuple):
    """How a run goes.

    Attributes:
        steps: of the run.
        decay: of the learning rate, a key of `tables.DECAYS`.
        rows: of a minibatch.
        average: momentum of an average of the weights, which the model gets at the end; None: without.
    """

    steps: int = STEPS
    decay: str = "none"
    rows: int = ROWS
    average: float | None = None


def trained(
    model: GraphicalGAN,
    families: Iterable[Family],
    seed: int = 0,
    schedule: Schedule = Schedule(),  # noqa: B008 -- it can't change
    source: GraphicalGAN | None = None,
) -> Iterator[GraphicalGAN]:
    """The model at some points of the last third of a run on data that p draws.

    Args:
        model: p and q.
        families: the factors.
        seed: of the run.
        schedule: of the run.
        source: whose p draws the data, if not that of the model, as it learns.
    """
    steps, decay, rows, average = schedule
    game = Objective().game(model, families, DISCRIMINATORS)
    optimizers = adams(game, 1e-3, "float32", average, decay, steps)
    trainer = Trainer(
        game, optimizers, "alternating", "discriminators_first", "float32", seed, tf.distribute.get_strategy()
    )
    fresh = make_stream(seed).at("data")
    numbers, observed = tf.data.Dataset.counter(), model.network.observed
    source = source or model
    data = iter(numbers.map(lambda n: {x: source.generate(fresh.at(n), rows).values[x] for x in observed}))
    trainer.run(data, 2 * steps // 3)
    for _ in range(READINGS):
        trainer.run(data, steps // 3 // READINGS)
        yield model
    if average is not None:
        optimizers[PLAYERS].finalize_variable_values(model.trainable_variables)
        yield model


def main(argv: list[str]) -> None:
    """Prints the moments, and draws the clusters that the local and the global algorithm find."""
    for algorithm, structure in itertools.product(ALGORITHMS, STRUCTURES):
        found = chain(algorithm, structure)
        pairs = [f"{name} {getattr(found, name):.3f} ({getattr(BAYES, name):.3f})" for name in Posterior._fields]
        print(f"chain    {algorithm:7}{structure:11}", "  ".join(pairs), flush=True)
    pictures = {}
    for algorithm, structure in itertools.product(ALGORITHMS, STRUCTURES):
        agreement, x, clusters = mixture(algorithm, structure)
        pictures[algorithm, structure] = agreement, x, clusters
        print(f"mixture  {algorithm:7}{structure:11} agreement with Bayes' rule {agreement:.4f}", flush=True)
    if argv[1:]:
        _draw(pictures, argv[1])


def _draw(pictures, path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 2.8), layout="constrained")
    for axes, ((algorithm, structure), (agreement, x, clusters)) in zip(
        figure.subplots(1, len(pictures)), pictures.items(), strict=True
    ):
        axes.scatter(*x[:1000].T, c=clusters[:1000], s=4, cmap="tab10", vmax=9)
        axes.set_title(f"{algorithm}, {structure.replace('_', ' ')}: {agreement:.2%}", fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_aspect("equal")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(sys.argv)
