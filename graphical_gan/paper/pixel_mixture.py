"""The simplest baseline of Table 1: a Gaussian mixture on the raw images."""

import numpy as np

from graphical_gan.evaluation.inference import cluster
from graphical_gan.evaluation.mixture import EXAMPLES, fit_mixture, mixture_posterior


def pixel_mixture_scores(dataset, K: int, seed: int, split: str = "test") -> dict[str, float]:
    """Clustering scores of a Gaussian mixture on pixels in [0, 1], with the settings of GMGAN's prior.

    Uniform weights, identity covariances, K means learnt by EM from one run of k-means. The range of the pixels hardly
    matters: in hundreds of dimensions a unit covariance makes nearly hard assignments, as those of k-means. Paper:
    section 5.1, "GMM (our implementation)".

    Args:
        dataset: of `data.load`.
        K: number of components.
        seed: of k-means.
        split: that is scored.
    """

    def pixels(images):
        return images.reshape(len(images), -1) / 255.0

    examples = getattr(dataset, split)
    means = fit_mixture(pixels(dataset.train.images[:EXAMPLES]), K, seed)
    found = pixels(examples.images)
    return cluster(mixture_posterior(found, means), found, examples.labels, np.full(K, 1 / K))
