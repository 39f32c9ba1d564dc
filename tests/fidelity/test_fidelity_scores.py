"""Inception Score, FID and KID against scipy, closed forms and sums written out."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from graphical_gan.fidelity import distances as scores


def test_inception_score_of_known_classifiers():
    sure = np.eye(10)[np.tile(np.arange(10), 100)]
    assert scores.inception_score(sure) == (pytest.approx(10), pytest.approx(0, abs=1e-12))
    assert scores.inception_score(np.full((100, 10), 0.1))[0] == pytest.approx(1)
    assert scores.inception_score(np.eye(10)[np.zeros(100, int)])[0] == pytest.approx(1)
    one, two = np.eye(4)[np.tile([0, 1], 20)], np.eye(4)[np.tile([0, 1, 2, 3], 10)]
    mean, deviation = scores.inception_score(np.concatenate([one, two]), splits=2)
    assert (mean, deviation) == (pytest.approx(3), pytest.approx(1))  # 2 classes in one split, 4 in the other


def test_inception_score_is_its_formula():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(5), size=60)
    by_hand = []
    for part in np.split(p, 3):
        marginal = part.mean(0)
        by_hand.append(
            np.exp(np.mean([sum(q * np.log(q / m) for q, m in zip(row, marginal, strict=True)) for row in part]))
        )
    assert scores.inception_score(p, splits=3) == (pytest.approx(np.mean(by_hand)), pytest.approx(np.std(by_hand)))


def test_frechet_distance_of_diagonal_gaussians_has_a_closed_form():
    mean, other = np.array([1.0, 2, 3]), np.array([0.0, 2, 5])
    a, b = np.array([1.0, 4, 9]), np.array([4.0, 1, 9])
    expected = 1 + 4 + np.sum((np.sqrt(a) - np.sqrt(b)) ** 2)
    assert scores.frechet_distance(mean, np.diag(a), other, np.diag(b)) == pytest.approx(expected)
    assert scores.frechet_distance(mean, np.diag(a), mean, np.diag(a)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rank", [3, 20])
def test_frechet_distance_agrees_with_scipy_where_the_product_is_not_symmetric(rank):
    rng = np.random.default_rng(rank)
    (m, a), (n, b) = ((rng.normal(size=20), (lambda f: f @ f.T)(rng.normal(size=(20, rank)))) for _ in range(2))
    regular = 1e-3 * np.eye(20)  # sqrtm needs it where the rank is low
    expected = np.sum((m - n) ** 2) + np.trace(a + b + 2 * regular - 2 * sqrtm((a + regular) @ (b + regular)).real)
    assert scores.frechet_distance(m, a + regular, n, b + regular) == pytest.approx(expected, rel=1e-6)


def test_moments_are_those_of_numpy():
    features = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    mean, covariance = scores.moments(features)
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-4)
    centred = features.astype(np.float64) - features.astype(np.float64).mean(0)
    np.testing.assert_allclose(covariance, centred.T @ centred / 49)
    assert scores.moments(features[:, :1])[1].shape == (1, 1)


def test_kernel_distance_is_the_double_sum_without_the_diagonal():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(1, 1, size=(7, 3))

    def kernel(a, b):
        return (np.dot(a, b) / 3 + 1) ** 3

    same_x = sum(kernel(x[i], x[j]) for i in range(5) for j in range(5) if i != j) / 20
    same_y = sum(kernel(y[i], y[j]) for i in range(7) for j in range(7) if i != j) / 42
    cross = sum(kernel(a, b) for a in x for b in y) / 35
    assert scores.kernel_distance(x, y) == pytest.approx(same_x + same_y - 2 * cross)


def test_kernel_distance_is_unbiased():
    """Its mean over many draws from one distribution is 0, whatever the size; the biased estimate is above."""
    rng = np.random.default_rng(0)
    found = [scores.kernel_distance(*rng.normal(size=(2, 6, 2))) for _ in range(4000)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(4000)
    apart = [scores.kernel_distance(rng.normal(size=(6, 2)), rng.normal(2, 1, size=(6, 2))) for _ in range(100)]
    assert np.mean(apart) > 1


def test_kid_tells_sets_apart_and_is_deterministic():
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(300, 8)), rng.normal(size=(300, 8)), rng.normal(0.5, 1, size=(300, 8))
    near, far = (scores.kernel_inception_distance(a, other, subsets=20, subset=100)[0] for other in (b, c))
    assert abs(near) < 0.1 < far
    assert far == scores.kernel_inception_distance(a, c, subsets=20, subset=100)[0]
