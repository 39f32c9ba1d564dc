"""A Gaussian mixture with the settings of GMGAN's prior, fitted to latents: the two-stage baseline GAN-G + GMM.

The paper uses scikit-learn, whose mixture has no public way to hold weights and covariances still. With only the
means left to learn, EM is a few lines.
"""

import warnings

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.cluster import KMeans

EXAMPLES = 10_000  # first training images, or their latents, that both baselines are fitted to


def fit_mixture(
    latents: np.ndarray, K: int, seed: int, tolerance: float = 1e-3, max_iterations: int = 1000
) -> np.ndarray:
    """Fits the means of a Gaussian mixture with uniform weights and identity covariances, by EM.

    Use it for the two-stage baseline GAN-G + GMM, which clusters the latents of a model without k, under the
    settings of GMGAN's prior: K, the weights and the covariances are given, only the means are learnt. It starts
    from one run of k-means. Paper: section 5.1.

    Args:
        latents: float [N, D], the inferred h of the training samples.
        tolerance: the gain of the mean log-likelihood, in nats a sample, below which EM has converged.
        max_iterations: how often EM updates the means before it gives up, with a RuntimeWarning.

    Returns:
        float64 [K, D], the means.
    """
    latents = np.asarray(latents, np.float64)
    means = KMeans(K, n_init=1, random_state=seed).fit(latents).cluster_centers_
    likelihood = -np.inf
    for _ in range(max_iterations):
        previous = likelihood
        means, likelihood = _em_step(latents, means)
        if likelihood - previous < tolerance:
            return means
    warnings.warn(f"EM has not converged in {max_iterations} iterations", RuntimeWarning, stacklevel=2)
    return means


def _em_step(latents, means):
    """The next means, and the mean log-likelihood of the present ones up to a constant."""
    log_joint = -0.5 * cdist(latents, means, "sqeuclidean")  # log p(h,k), [N, K]
    responsibilities = softmax(log_joint, axis=1)
    mass = responsibilities.sum(axis=0)[:, None]  # [K, 1]
    # A component that explains nothing has no mean; it stays where it was.
    means = np.divide(responsibilities.T @ latents, mass, out=means.copy(), where=mass > 0)
    return means, logsumexp(log_joint, axis=1).mean()


def mixture_posterior(latents: np.ndarray, means: np.ndarray) -> np.ndarray:
    """The posterior q(k|h) of a mixture with uniform weights and identity covariances (the paper, section 3.1).

    Returns:
        log q(k|h), float64 [N, K].
    """
    squares = cdist(np.asarray(latents, np.float64), np.asarray(means, np.float64), "sqeuclidean")
    return log_softmax(-squares / 2, axis=1)
