"""What fixes q: inverses, factors and relaxations against exact posteriors, as docs/your_own_network.md shows them."""

import numpy as np
import pytest

from benchmarks.posteriors import LEAVES, POINTS, mixture

pytestmark = pytest.mark.slow


def test_the_exact_moments_are_those_of_a_hand_calculation():
    """Var(a) = 1 / (1 + 2 * 0.81 / 1.19); b and c depend on each other by a alone, with slope 0.9 / 1.19 each."""
    variance = 1 / (1 + 2 * 0.81 / 1.19)
    exact = LEAVES.exact().covariance
    assert exact[0, 0] == pytest.approx(variance) and exact[1, 2] == pytest.approx(variance * (0.9 / 1.19) ** 2)


def test_families_of_both_graphs_fix_a_faithful_q():
    found, exact = LEAVES.found().covariance, LEAVES.exact().covariance
    assert found[0, 0] == pytest.approx(exact[0, 0], abs=0.05) and found[1, 2] == pytest.approx(exact[1, 2], abs=0.05)


def test_the_paper_s_inverse_cannot_hold_the_covariance():
    assert LEAVES.found("Alg. 2", "local").covariance[1, 2] == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(("relaxation", "right"), [("straight_through_concrete", True), ("concrete", False)])
def test_hard_samples_give_calibrated_probabilities(relaxation, right):
    error = np.abs(mixture(relaxation) - 1 / (1 + np.exp(-2 * POINTS))).max()
    assert error < 0.05 if right else error > 0.2
