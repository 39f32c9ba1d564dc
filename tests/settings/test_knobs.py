"""Settings of runs: what makes two runs different ones."""

import pytest

from graphical_gan.settings.knobs import differences
from graphical_gan.settings.recipes import GMGAN, SSGAN

NEWER = ("learning_rate_decay", "reconstruction_x_weight", "views")  # than the first runs that can be around


@pytest.mark.parametrize("instance", [GMGAN, SSGAN], ids=["gmgan", "ssgan"])
def test_a_run_that_is_older_than_a_knob_goes_on(instance):
    settings = instance.resolve({})
    older = {name: value for name, value in settings.items() if not name.startswith(NEWER)}
    assert not differences(instance.knobs, settings, older)
    changed = settings | {"learning_rate_decay": "cosine"}
    assert differences(instance.knobs, changed, older) == [
        "--learning_rate_decay=cosine (was --learning_rate_decay=none)"
    ]
