"""The Gaussian mixture of the baseline GAN-G + GMM against scikit-learn and scipy."""

import numpy as np
import pytest
import sklearn.mixture
from scipy.stats import multivariate_normal

from graphical_gan.evaluation import mixture


def blobs(seed=0, spread=2.5):
    """Overlapping Gaussians of unit variance: 400 points in 4 dimensions, of 5 centres."""
    rng = np.random.default_rng(seed)
    return spread * rng.normal(size=(5, 4))[rng.integers(5, size=400)] + rng.normal(size=(400, 4))


class FixedGaussianMixture(sklearn.mixture.GaussianMixture):
    """Scikit-learn's mixture with weights and covariances held still."""

    def _m_step(self, X, log_resp, **kwargs):
        super()._m_step(X, log_resp, **kwargs)
        self.weights_[:], self.covariances_[:], self.precisions_cholesky_[:] = 1 / self.n_components, 1, 1


@pytest.mark.parametrize("seed", [0, 1])
def test_fit_agrees_with_scikit_learn(seed):
    latents = blobs()
    reference = FixedGaussianMixture(
        5,
        covariance_type="spherical",
        weights_init=np.full(5, 0.2),
        precisions_init=np.ones(5),
        tol=1e-9,
        max_iter=1000,
        random_state=seed,
    ).fit(latents)
    means = mixture.fit_mixture(latents, K=5, seed=seed, tolerance=1e-9)
    np.testing.assert_allclose(means, reference.means_, atol=1e-4)
    log_posterior = mixture.mixture_posterior(latents, means)
    np.testing.assert_allclose(np.exp(log_posterior), reference.predict_proba(latents), atol=1e-4)


def test_fit_finds_well_separated_centres_and_is_deterministic():
    rng = np.random.default_rng(2)
    centres = np.array([[0, 0], [20, 0], [0, 20]])
    latents = centres[np.arange(600) % 3] + rng.normal(size=(600, 2))
    means = mixture.fit_mixture(latents, K=3, seed=0)
    order = np.argsort(means @ [1, 2])
    np.testing.assert_allclose(means[order], centres, atol=0.25)
    np.testing.assert_array_equal(means, mixture.fit_mixture(np.float64(latents), K=3, seed=0))


def test_posterior_agrees_with_scipy_and_does_not_saturate():
    latents, means = blobs()[:50], blobs(1)[:3]
    log_posterior = mixture.mixture_posterior(latents, means)
    joint = np.stack([multivariate_normal(mean, np.eye(4)).pdf(latents) for mean in means], axis=1) / 3
    np.testing.assert_allclose(np.exp(log_posterior), joint / joint.sum(axis=1, keepdims=True), rtol=1e-9)
    far = mixture.mixture_posterior([[0.0, 0]], [[0.0, 0], [60, 0]])
    np.testing.assert_allclose(far, [[0, -1800]])


def test_em_never_lowers_the_likelihood_and_leaves_a_component_without_mass_where_it_was():
    latents, means = blobs(), blobs(3)[:5]
    means[4] = 1e4
    previous = -np.inf
    for _ in range(10):
        means, likelihood = mixture._em_step(latents, means)
        assert likelihood >= previous
        previous = likelihood
    assert (means[4] == 1e4).all() and np.isfinite(means).all()


def test_fit_says_when_em_has_not_converged():
    with pytest.warns(RuntimeWarning, match="not converged in 1 iterations"):
        mixture.fit_mixture(blobs(), K=5, seed=0, max_iterations=1)
