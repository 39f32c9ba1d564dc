"""What scikit-learn asks of an estimator, on tables; each check trains several times."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from graphical_gan import GMGAN

TINY = {
    "K": 3, "steps": 2, "width": 2, "units": 4, "latent": 2, "batch_size": 4, "log_every": 2, "evaluate_every": 2,
    "save_every": 2,
}  # fmt: skip
EXPECTED = {}


@pytest.mark.slow
@parametrize_with_checks([GMGAN(**TINY)], expected_failed_checks=lambda estimator: EXPECTED)
def test_conventions(estimator, check):
    check(estimator)
