"""Standard deviations of examples, against numpy in exact numbers."""

import numpy as np
import pytest

from graphical_gan.common.units import deviations


def test_an_element_that_never_changes_keeps_its_unit():
    examples = np.tile(np.float32([[13.05, 0.1, 3]]), (178, 1))
    examples[:, 2] += np.arange(178) % 2
    np.testing.assert_allclose(deviations(examples), [1, 1, 0.5])


def test_a_small_deviation_far_from_zero():
    far = np.float32(2001.3) + np.random.default_rng(0).normal(size=(200_000, 1)).astype(np.float32)
    assert deviations(far)[0] == pytest.approx(far.astype(np.float64).std(), rel=1e-9)
