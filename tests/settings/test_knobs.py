"""Settings of runs: what makes two runs different ones."""

import json

import pytest

from graphical_gan.settings.knobs import differences, older
from graphical_gan.settings.own import of_clips, of_images
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


OWN = {"faithful": True, "factors": "families", "relaxation": "straight_through_concrete", "temperature": 0.1}


@pytest.mark.parametrize("instance", [of_images("mine"), of_clips("mine")], ids=["images", "clips"])
def test_an_older_run_of_ones_own_network_goes_on_with_what_it_was_trained_with(tmp_path, instance):
    settings = instance.resolve({})
    assert {name: settings[name] for name in OWN} == OWN
    assert older(tmp_path, instance.knobs) == {}  # no run: the defaults hold
    saved = {name: value for name, value in settings.items() if name not in OWN} | {"program": "mine"}
    (tmp_path / "settings.json").write_text(json.dumps(saved))
    before = older(tmp_path, instance.knobs)
    assert before == {"faithful": False, "factors": "local", "relaxation": "concrete"}
    assert not differences(instance.knobs, instance.resolve(before), saved)
    assert differences(instance.knobs, instance.resolve(before | {"factors": "global"}), saved) == [
        "--factors=global (was --factors=local)"
    ]
