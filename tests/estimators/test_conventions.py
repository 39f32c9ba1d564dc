"""What scikit-learn asks of an estimator: of its parameters, and, on tables, of all that it does."""

import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from graphical_gan import GMGAN, SSGAN

TINY = {
    "K": 3, "steps": 2, "width": 2, "units": 4, "latent": 2, "batch_size": 4, "log_every": 2, "evaluate_every": 2,
    "save_every": 2,
}  # fmt: skip
EXPECTED = {
    "check_clustering": "two steps tell no blobs apart, and a component without examples leaves a gap in the numbers",
}
OF_PARAMETERS = (
    "estimator_cloneable", "estimator_repr", "no_attributes_set_in_init", "do_not_raise_errors_in_init_or_set_params",
    "parameters_default_constructible", "get_params_invariance", "set_params", "mixin_order", "valid_tag_types",
    "estimators_unfitted",
)  # fmt: skip


@pytest.mark.parametrize("name", OF_PARAMETERS)
@pytest.mark.parametrize("estimator", [GMGAN(), SSGAN()], ids=["GMGAN", "SSGAN"])
def test_parameters(estimator, name):
    getattr(estimator_checks, f"check_{name}")(type(estimator).__name__, estimator)


@pytest.mark.slow  # each check trains several times
@parametrize_with_checks([GMGAN(**TINY)], expected_failed_checks=lambda estimator: EXPECTED)
def test_conventions(estimator, check):
    check(estimator)
