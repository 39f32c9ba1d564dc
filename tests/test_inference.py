"""The engine infers: trained q against Bayes' rule, for the local and the global algorithm, inverse and mean field."""

import pytest

from benchmarks.inference import ALGORITHMS, EXACT, STRUCTURES, chain, mixture

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_moments_of_a_linear_gaussian_posterior(algorithm, structure):
    """Slopes, variances and covariance of q(z1, z2|x) within 0.05; the data has variance 1.25."""
    assert chain(algorithm, structure) == pytest.approx(EXACT[structure], abs=0.05)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_clusters_of_a_gaussian_mixture(algorithm, structure):
    agreement, *_ = mixture(algorithm, structure)
    assert agreement > 0.99
