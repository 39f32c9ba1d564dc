"""Simulation-based calibration of a q that is right, and of three that are wrong in known ways.

    python -m benchmarks.calibration docs/calibration.png

The chain z1 -> z2 -> x of `benchmarks.inference`, whose posterior is known; nothing is trained.
"""

import math
import sys

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.evaluation.calibration import check_inference
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.pictures.charts import titled
from graphical_gan.pictures.grids import save_png

A, B = 0.8, 0.5  # z2 = A z1 + noise of variance 1 - A^2; x = z2 + B noise
CHAIN = BayesianNetwork([Node("z1"), Node("z2", ["z1"]), Node("x", ["z2"], observed=True)])
SLOPE, VARIANCE = 1 / (1 + B**2), B**2 / (1 + B**2)  # of z2 given x
WRONG = ("too certain", "blind to the data", "mean field")


def gaussian(slope: float, deviation: float):
    """A conditional N(slope parent, deviation^2)."""
    return lambda parent, training=False: tfd.Independent(tfd.Normal(slope * parent, deviation), 1)


def chain(wrong: str | None = None) -> GraphicalGAN:
    """The chain with the exact posterior, or with one that is wrong.

    Args:
        wrong: None, or a way of `WRONG`. The mean field has the right q(z1|x) and q(z2|x), and no covariance.
    """
    p = {"z1": priors.standard_normal(1), "z2": gaussian(A, math.sqrt(1 - A**2)), "x": gaussian(1.0, B)}
    q = {"z2": gaussian(SLOPE, math.sqrt(VARIANCE)), "z1": gaussian(A, math.sqrt(1 - A**2))}
    graph = CHAIN.mean_field() if wrong == "mean field" else CHAIN.inverse()
    if wrong == "too certain":
        q["z2"] = gaussian(SLOPE, 0.7 * math.sqrt(VARIANCE))
    if wrong == "blind to the data":
        q["z2"] = lambda x, training=False: tfd.Independent(tfd.Normal(tf.zeros_like(x), 1.0), 1)
    if wrong == "mean field":
        q["z1"] = gaussian(A * SLOPE, math.sqrt(1 - A**2 * SLOPE))
    return GraphicalGAN(CHAIN, p, q, graph)


def main(argv: list[str]) -> None:
    """Prints what is found of each q, and draws the ranks."""
    pictures = []
    for wrong in (None, *WRONG):
        found = check_inference(chain(wrong))
        title = f"q {wrong or 'exact'}: p = {found.p_value:.2g}"
        print(f"{title}\n{found}\n", flush=True)
        pictures.append((title, found.picture("")))
    if argv[1:]:
        save_png(argv[1], titled(pictures))


if __name__ == "__main__":
    main(sys.argv)
