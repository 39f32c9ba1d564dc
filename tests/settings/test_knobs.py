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


@pytest.mark.parametrize("instance", [GMGAN, SSGAN], ids=["gmgan", "ssgan"])
def test_xla_is_part_of_what_a_run_is_once_it_is_known(instance):
    settings = instance.resolve({})
    compiled, plain = (settings | {"jit": jit} for jit in (True, False))
    assert differences(instance.knobs, plain, compiled) == ["--jit=False (was --jit=True)"]
    older = {name: value for name, value in settings.items() if name != "jit"}
    for unknown in (settings, older):
        assert not differences(instance.knobs, plain, unknown) and not differences(instance.knobs, settings, compiled)
