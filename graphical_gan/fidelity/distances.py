"""How near samples are to real images, in the features of a network: Inception Score, FID and KID.

Pure numpy in float64, of features and class probabilities that a network has given (`features`).
"""

import numpy as np
from scipy.linalg import eigh, eigvalsh
from scipy.special import rel_entr


def inception_score(probabilities: np.ndarray, splits: int = 10) -> tuple[float, float]:
    """Inception Score: how sure a classifier is of each sample, and how many classes it sees in all of them.

    exp(E_x KL(p(y|x) || p(y))), by split, as the mean p(y) is of a split. Salimans et al. 2016, section 4; Table 1.

    Args:
        probabilities: float [N, C], p(y|x) of each sample.
        splits: parts of equal size that the samples are cut into, in order; a remainder is left out.

    Returns:
        Mean and standard deviation over the splits, in 1..C.
    """
    probabilities = np.asarray(probabilities, np.float64)
    size = len(probabilities) // splits
    scores = []
    for part in probabilities[: size * splits].reshape(splits, size, -1):
        divergences = rel_entr(part, part.mean(axis=0)).sum(axis=1)
        scores.append(np.exp(divergences.mean()))
    return float(np.mean(scores)), float(np.std(scores))


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [D] and covariance [D, D] of features [N, D], in float64; the covariance is the unbiased one."""
    features = np.asarray(features, np.float64)
    return features.mean(axis=0), np.cov(features, rowvar=False, ddof=1).reshape(features.shape[1], -1)


def frechet_distance(
    mean: np.ndarray, covariance: np.ndarray, other_mean: np.ndarray, other_covariance: np.ndarray
) -> float:
    """FID: the squared Wasserstein distance between two Gaussians with these moments.

    |m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)). Heusel et al. 2017, Eq. 6. The trace of the root is computed from the
    eigenvalues of C^(1/2) C' C^(1/2), which are those of C C' but of a symmetric matrix: no complex rounding errors.
    """
    values, vectors = eigh(covariance)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    product = root @ other_covariance @ root
    trace_of_root = np.sqrt(eigvalsh((product + product.T) / 2).clip(0)).sum()
    distance = np.sum((mean - other_mean) ** 2) + np.trace(covariance) + np.trace(other_covariance) - 2 * trace_of_root
    return float(max(distance, 0.0))


def kernel_distance(features: np.ndarray, other_features: np.ndarray) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy under the kernel (x.y / D + 1)^3.

    Binkowski et al. 2018, Eq. 4: it may be negative, and its mean does not depend on the number of samples.
    """

    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    x, y = np.asarray(features, np.float64), np.asarray(other_features, np.float64)
    within = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (kernel(x, x), kernel(y, y))]
    return float(sum(within) - 2 * kernel(x, y).mean())


def kernel_inception_distance(features, other_features, subsets=100, subset=1000):
    """KID: `kernel_distance` of random subsets.

    Args:
        subset: samples of each set in one, at most N and M.

    Returns:
        Mean and standard deviation over the subsets.
    """
    rng = np.random.default_rng(0)
    size = min(subset, len(features), len(other_features))
    found = [
        kernel_distance(*(f[rng.choice(len(f), size, replace=False)] for f in (features, other_features)))
        for _ in range(subsets)
    ]
    return float(np.mean(found)), float(np.std(found))
