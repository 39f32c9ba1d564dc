"""Settings of runs: what makes two runs different ones."""

import json

import pytest

from graphical_gan.settings.knobs import default_path, differences, older
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


USUAL = "dataset=digits-model=gmgan-l-recipe=released-K=20-seed=0"
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


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, USUAL),
        ({"steps": 9, "save_every": 3, "K": 20}, USUAL),
        ({"width": 8}, f"{USUAL}-width=8"),
        ({"width": 8, "dropout": 0.5}, f"{USUAL}-width=8-dropout=0.5"),
        ({"recipe": "modern"}, "dataset=digits-model=gmgan-l-recipe=modern-K=20-seed=0"),
        ({"recipe": "modern", "steps": 9}, "dataset=digits-model=gmgan-l-recipe=modern-K=20-seed=0-steps=9"),
        ({"dataset": "folder", "manual_dir": "/a/cats", "latent": 9},
         "dataset=folder-model=gmgan-l-recipe=released-K=30-seed=0-latent=9-cats"),
    ],
)  # fmt: skip
def test_a_default_folder_is_named_by_what_differs(tmp_path, monkeypatch, given, name):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_path(GMGAN, given) == tmp_path / "graphical-gan" / "runs" / name


def test_a_run_that_is_older_than_such_names_goes_on_in_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    usual, given = default_path(GMGAN, {}), {"width": 8}
    usual.mkdir(parents=True)
    settings = {n: v for n, v in GMGAN.resolve(given).items() if not n.startswith("networks")}
    (usual / "settings.json").write_text(json.dumps({"program": "gmgan"} | settings))
    assert default_path(GMGAN, given) == usual
    assert default_path(GMGAN, {"width": 9}).name == f"{usual.name}-width=9"
    (usual / "settings.json").write_text("{")
    assert default_path(GMGAN, given).name == f"{usual.name}-width=8"


def test_no_name_is_longer_than_file_systems_take(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    numbers = {k.name: 0.123456789 for k in SSGAN.knobs if k.kind is float and not k.only}
    names = {default_path(SSGAN, numbers | {"width": width}).name for width in range(1, 9)}
    assert len(names) == 8 and all(len(name) < 200 for name in names)
