"""The simplest baselines of Table 1: Gaussian mixtures on the raw images."""

import numpy as np
from sklearn.mixture import GaussianMixture

from graphical_gan.evaluation.mixture import EXAMPLES, fit_mixture, mixture_posterior
from graphical_gan.evaluation.scores import clustering_scores

FLOOR = 0.01  # added to each variance, as pixels at the border have none


def pixel_mixture_scores(dataset, K: int, seed: int, covariances: str = "identity") -> dict[str, float]:
    """Clustering scores of a Gaussian mixture on the pixels of test images, in [0, 1].

    Paper: section 5.1, "GMM (our implementation)", whose settings are not given.

    Args:
        dataset: of `data.load`.
        K: number of components.
        seed: of k-means, which both begin with.
        covariances: "identity" has the settings of GMGAN's prior: uniform weights, identity covariances, K means learnt
            by EM. The range of the pixels hardly matters then: in hundreds of dimensions a unit covariance makes nearly
            hard assignments, as those of k-means. "diagonal" learns weights and variances too, by scikit-learn.
    """

    def pixels(images):
        return images.reshape(len(images), -1) / 255.0

    learnt, found = pixels(dataset.train.images[:EXAMPLES]), pixels(dataset.test.images)
    means, logits, prior = {"identity": _identity, "diagonal": _diagonal}[covariances](learnt, found, K, seed)
    return clustering_scores(logits, dataset.test.labels, prior, found, means)


def _identity(learnt, found, K, seed):
    means = fit_mixture(learnt, K, seed)
    return means, mixture_posterior(found, means), np.full(K, 1 / K)


def _diagonal(learnt, found, K, seed):
    mixture = GaussianMixture(K, covariance_type="diag", reg_covar=FLOOR, random_state=seed).fit(learnt)
    means, precisions = mixture.means_, 1 / mixture.covariances_
    squares = found**2 @ precisions.T - 2 * found @ (means * precisions).T + (means**2 * precisions).sum(1)
    return means, np.log(mixture.weights_) + (np.log(precisions).sum(1) - squares) / 2, mixture.weights_
