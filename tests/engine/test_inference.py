"""The engine infers: trained q against Bayes' rule, for the local and the global algorithm, inverse and mean field."""

import pytest

from benchmarks.inference import ALGORITHMS, BAYES, FIXED_POINT, STRUCTURES, A, B, chain, mixture

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_inverse_recovers_a_linear_gaussian_posterior(algorithm):
    """Slopes, variances and covariance of q(z1, z2|x) within 0.05; the data has variance 1.25."""
    assert chain(algorithm, "inverse") == pytest.approx(BAYES, abs=0.05)


def test_the_local_mean_field_gets_right_what_its_factors_see():
    """p(z2, z1) and p(x, z2) fix all moments of a q whose z1 and z2 are independent given x."""
    found = chain("local", "mean_field")
    assert found == pytest.approx(FIXED_POINT, abs=0.05)
    assert found.slope_1 * found.slope_2 * (1 + B**2) == pytest.approx(A, abs=0.05)  # the covariance of z1 and z2


def test_the_global_mean_field_gets_the_means_right():
    found = chain("global", "mean_field")
    assert found[:2] == pytest.approx(BAYES[:2], abs=0.05)
    assert 0.1 < found.variance_1 < BAYES.variance_1 and 0.05 < found.variance_2 < BAYES.variance_2


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_clusters_of_a_gaussian_mixture(algorithm, structure):
    agreement, *_ = mixture(algorithm, structure)
    assert agreement > 0.99
