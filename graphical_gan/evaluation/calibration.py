"""Whether q is the posterior of p, without knowing the posterior: simulation-based calibration.

Latents and data are drawn from p, and latents from q given the data. If q is the posterior, the true latents are one
more draw of it, and their ranks among q's draws are uniform (Talts et al. 2018, Theorem 1).
"""

import itertools
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from scipy.stats import chisquare

from graphical_gan.engine import GraphicalGAN, make_stream
from graphical_gan.pictures.charts import rank_histograms

PART = 250  # data sets drawn at once
FEWEST = 5  # data sets a rank, for the chi-squared test
DIRECTIONS = 2  # of each variable that are looked at


class Calibration(NamedTuple):
    """Ranks of what p drew among the draws of q.

    Attributes:
        ranks: by statistic, int [N] from 0 to `draws`.
        draws: of q for each data set.
    """

    ranks: dict[str, np.ndarray]
    draws: int

    @property
    def counts(self) -> dict[str, np.ndarray]:
        """By statistic, how often each rank occurs, [draws + 1]."""
        return {name: np.bincount(ranks, minlength=self.draws + 1) for name, ranks in self.ranks.items()}

    @property
    def p_values(self) -> dict[str, float]:
        """By statistic, how probable ranks that are as uneven are if q is the posterior (chi-squared test)."""
        return {name: float(chisquare(counts).pvalue) for name, counts in self.counts.items()}

    @property
    def p_value(self) -> float:
        """That of all statistics together: the least, times their number (Bonferroni), at most 1."""
        return min(1.0, min(self.p_values.values()) * len(self.ranks))

    def __str__(self):
        """A line for each statistic: p-value, mean rank (0.5 is right), and the spread of ranks (1 is right)."""
        uniform = self.draws * (self.draws + 2) / 12
        lines = [f"{'statistic':24}{'p':>10}{'mean':>8}{'spread':>8}"]
        for name, p in self.p_values.items():
            ranks = self.ranks[name]
            lines.append(f"{name:24}{p:10.2g}{ranks.mean() / self.draws:8.2f}{ranks.var() / uniform:8.2f}")
        return "\n".join([*lines, f"all together: p = {self.p_value:.2g}"])

    def picture(self, title: str = "ranks of the truth among draws of q") -> np.ndarray:
        """Histograms of the ranks, uint8 [H, W, 3]: flat if q is right, a cup if too certain, a hill if too wide."""
        return rank_histograms(self.counts, title)


def check_inference(model: GraphicalGAN, datasets: int = 1000, draws: int = 15, seed: int = 0) -> Calibration:
    """Ranks of the latents of p among those that q draws, for a network whose posterior nobody knows.

    Statistics are random directions of each latent variable, and products of two of them and of one with a direction
    of the data: a q that gets each variable right alone, or is blind to the data, is found out by the products
    (Modrak et al. 2023). A discrete variable is its most probable value. It says whether q is the posterior of this
    p, and nothing of whether p fits the data.

    Args:
        datasets: N drawn from p.
        draws: of q for each; (draws + 1) is the number of bins, of which each wants some tens of data sets.

    Raises:
        ValueError: for too few data sets for as many draws.
    """
    if draws < 1 or datasets < FEWEST * (draws + 1):
        raise ValueError(
            f"datasets={datasets} with draws={draws}; the test expects at least {FEWEST} data sets for each of the "
            f"{draws + 1} ranks. Give datasets={FEWEST * (max(draws, 1) + 1)} or more, and at least one draw."
        )
    stream, random = make_stream(seed).at("calibration"), np.random.default_rng(seed)
    infer = tf.function(lambda data, number: _hard(model, model.infer(data, stream.at("q").at(number)).values))
    sizes = [min(PART, datasets - start) for start in range(0, datasets, PART)]
    parts = [_hard(model, model.generate(stream.at("p").at(i), size).values) for i, size in enumerate(sizes)]
    truth = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    statistics = _Statistics(model, truth, random)
    drawn = []
    for number in range(draws):
        found = []
        for i, part in enumerate(parts):
            data = {name: part[name] for name in model.network.observed}
            found.append(infer(data, tf.constant(number * len(parts) + i)))
        drawn.append(statistics({name: np.concatenate([values[name] for values in found]) for name in truth}))
    true, of_q = statistics(truth), np.stack(drawn)  # [N, S], [draws, N, S]
    ties = np.sum(of_q == true, 0)
    ranks = np.sum(of_q < true, 0) + random.integers(0, ties + 1)  # ties, of discrete variables, are broken at random
    return Calibration(dict(zip(statistics.names, ranks.T, strict=True)), draws)


class _Statistics:
    """Directions of variables, standardised by what p draws, and their products."""

    def __init__(self, model, truth, random):
        self.latent, self.observed, self._scales = model.network.latent, model.network.observed, {}
        for name, value in truth.items():
            flat = value.reshape(len(value), -1)
            scale = flat.std(0) + 1e-6 * (flat.std(0) == 0)
            directions = random.normal(size=[flat.shape[1], min(DIRECTIONS, flat.shape[1])])
            self._scales[name] = flat.mean(0), directions / np.linalg.norm(directions, axis=0) / scale[:, None]
        self.names = list(self._named({name: value[:1] for name, value in truth.items()}))

    def __call__(self, values) -> np.ndarray:
        """[N, S]."""
        return np.stack(list(self._named(values).values()), 1)

    def _named(self, values):
        seen = {}
        for name, value in values.items():
            mean, directions = self._scales[name]
            along = ((value.reshape(len(value), -1) - mean) @ directions).astype("float32")
            seen |= {(name, i): along[:, i] for i in range(along.shape[1])}
        latents = {key: value for key, value in seen.items() if key[0] in self.latent}
        found = {f"{name}.{i}": value for (name, i), value in latents.items()}
        pairs = [*itertools.combinations(latents, 2), *((z, (x, 0)) for z in latents for x in self.observed)]
        return found | {f"{a[0]}.{a[1]} {b[0]}.{b[1]}": seen[a] * seen[b] for a, b in pairs}


def _hard(model, values):
    """The values, with relaxed one-hot vectors made exact."""
    values = {name: tf.convert_to_tensor(value) for name, value in values.items()}
    hard = {n: tf.one_hot(tf.argmax(values[n], -1), values[n].shape[-1]) for n in model.discrete}
    return values | hard
