"""Settings of runs: what makes two runs different ones."""

import json

import pytest

from graphical_gan.runs.programs import PROGRAMS
from graphical_gan.settings.knobs import default_path, differences, older, read_begun
from graphical_gan.settings.of_data import said_of_holdout, said_of_recipe
from graphical_gan.settings.own import of_clips, of_images
from graphical_gan.settings.recipes import GMGAN, SSGAN

NEWER = (
    "learning_rate_decay",
    "reconstruction_x_weight",
    "views",
    "players_cost",
    "discriminator_steps",
)  # than the first runs that can be around


@pytest.mark.parametrize("instance", [GMGAN, SSGAN], ids=["gmgan", "ssgan"])
def test_a_run_that_is_older_than_a_knob_goes_on(instance):
    settings = instance.resolve({"recipe": "released"})
    older = {name: value for name, value in settings.items() if not name.startswith(NEWER)}
    assert not differences(instance.knobs, settings, older)
    settings = instance.resolve({"recipe": "released", "divergence": "kl"})  # where a cost of the players is no choice
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


USUAL = "dataset=digits-model=gmgan-l-recipe=modern-K=20-seed=0"
OWN = {"faithful": True, "factors": "families", "relaxation": "straight_through_concrete", "temperature": 0.1}


@pytest.mark.parametrize("instance", [of_images("mine"), of_clips("mine")], ids=["images", "clips"])
def test_an_older_run_of_ones_own_network_goes_on_with_what_it_was_trained_with(tmp_path, instance):
    settings = instance.resolve({})
    assert {name: settings[name] for name in OWN} == OWN
    assert older(tmp_path, instance.knobs) == {}  # no run: the defaults hold
    saved = {name: value for name, value in settings.items() if name not in OWN} | {"program": "mine"}
    (tmp_path / "settings.json").write_text(json.dumps(saved))
    before = older(tmp_path, instance.knobs)
    assert before == {
        "faithful": False, "factors": "local", "relaxation": "concrete", "holdout": None, "recipe": "released",
    }  # fmt: skip
    assert not differences(instance.knobs, instance.resolve(before), saved)
    assert differences(instance.knobs, instance.resolve(before | {"factors": "global"}), saved) == [
        "--factors=global (was --factors=local)"
    ]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, USUAL),
        ({"save_every": 3, "K": 20}, USUAL),
        ({"steps": 9}, f"{USUAL}-steps=9"),  # the learning rate falls with them
        ({"width": 8}, f"{USUAL}-width=8"),
        ({"width": 8, "dropout": 0.5}, f"{USUAL}-width=8-dropout=0.5"),
        ({"recipe": "modern"}, USUAL),
        ({"recipe": "released"}, "dataset=digits-model=gmgan-l-recipe=released-K=20-seed=0"),
        ({"recipe": "released", "steps": 9}, "dataset=digits-model=gmgan-l-recipe=released-K=20-seed=0"),
        ({"dataset": "folder", "manual_dir": "/a/cats", "latent": 9},
         "dataset=folder-model=gmgan-l-recipe=modern-K=30-seed=0-latent=9-cats"),
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


# Data sets of which the paper trains on all, and how many of them were held out before that was a default.
ON_ALL = [
    (GMGAN, "svhn_cropped", 73_257, 5_000),
    (GMGAN, "cifar10", 50_000, 5_000),
    (GMGAN, "celeb_a", 197_599, 5_000),
    (SSGAN, "moving_mnist", 60_000, 10_000),
    (SSGAN, "chairs", 2_586, 200),
]
PROGRAM_OF = {id(GMGAN): PROGRAMS["gmgan"], id(SSGAN): PROGRAMS["ssgan"]}


@pytest.mark.parametrize(("instance", "dataset", "pool", "held"), ON_ALL, ids=lambda value: str(value)[:12])
def test_the_papers_recipes_train_on_all_and_say_so(instance, dataset, pool, held):
    describe = PROGRAM_OF[id(instance)].describe
    for recipe in ("released", "paper"):
        settings = instance.resolve({"dataset": dataset, "recipe": recipe})
        about = describe(settings)
        assert (about.training_examples, about.validation_examples) == (pool, 0)
        assert f"all {pool:,} training examples of --dataset={dataset}" in said_of_holdout(settings, about)
        settings = instance.resolve({"dataset": dataset, "recipe": recipe, "holdout": 40})
        about = describe(settings)
        assert (about.training_examples, about.validation_examples) == (pool - 40, 40)
        assert said_of_holdout(settings, about) is None
    if instance is GMGAN:
        about = describe(instance.resolve({"dataset": dataset, "recipe": "modern"}))
        assert (about.training_examples, about.validation_examples) == (pool - held, held)


@pytest.mark.parametrize(
    ("instance", "dataset"), [(GMGAN, "mnist"), (GMGAN, "digits"), (SSGAN, "moving_digits"), (SSGAN, "turning_chairs")]
)
def test_mnist_as_in_the_code_and_demonstrations_hold_some_out(instance, dataset):
    about = PROGRAM_OF[id(instance)].describe(instance.resolve({"dataset": dataset}))
    assert about.validation_examples > 0 and (dataset != "mnist" or about.training_examples == 50_000)


def test_a_run_says_which_recipe_it_is_of_where_none_is_given():
    said = said_of_recipe(GMGAN.resolve({"dataset": "folder"}), {})
    assert said.startswith("No --recipe is given, so it is modern, with 4,000 steps.") and "--recipe=released" in said
    assert said_of_recipe(SSGAN.resolve({"dataset": "chairs"}), {}).endswith("it is released, with 40,000 steps.")
    assert said_of_recipe(GMGAN.resolve({}), {"recipe": "modern"}) is None


def test_the_codes_chairs_start_at_the_first_frame_but_for_four():
    def of(**given):
        settings = SSGAN.resolve({"dataset": "chairs"} | given)
        return settings["split"], settings["starts"]

    assert of() == of(T=16) == ("released", "first") and of(T=4) == ("released", "random")
    assert of(recipe="paper") == of(recipe="paper", T=4) == ("chair", "random")
    assert of(T=16, starts="random", split="chair") == ("chair", "random")
    with pytest.raises(ValueError, match="--starts=first has no effect with --dataset=moving_mnist"):
        SSGAN.resolve({"dataset": "moving_mnist", "starts": "first"})


@pytest.mark.parametrize(("instance", "dataset", "pool", "held"), ON_ALL, ids=lambda value: str(value)[:12])
def test_an_older_run_goes_on_with_the_data_it_had(tmp_path, instance, dataset, pool, held):
    newer = {"holdout", "starts", "players_cost", "discriminator_steps"}
    saved = instance.resolve({"dataset": dataset}) | ({"split": "chair"} if dataset == "chairs" else {})
    saved = {"program": "gmgan"} | {n: v for n, v in saved.items() if n not in newer}
    if instance is GMGAN:
        saved["holdout"] = None  # as it was written down
    (tmp_path / "settings.json").write_text(json.dumps(saved))
    settings = instance.resolve({"dataset": dataset} | older(tmp_path, instance.knobs))
    assert not differences(instance.knobs, settings, saved)
    about = PROGRAM_OF[id(instance)].describe(settings)
    assert (about.training_examples, about.validation_examples) == (pool - held, held)
    given = instance.resolve({"dataset": dataset} | older(tmp_path, instance.knobs) | {"holdout": 0})
    assert differences(instance.knobs, given, saved) == ["--holdout=0 (was --holdout=None)"]


def test_a_run_goes_on_with_the_number_that_was_held_out(tmp_path):
    saved = {"program": "gmgan"} | GMGAN.resolve({"dataset": "cifar10", "holdout": 70})
    (tmp_path / "settings.json").write_text(json.dumps(saved))
    assert older(tmp_path, GMGAN.knobs)["holdout"] == 70
    assert not differences(GMGAN.knobs, GMGAN.resolve({"dataset": "cifar10"} | older(tmp_path, GMGAN.knobs)), saved)
    (tmp_path / "settings.json").write_text(json.dumps({"program": "ssgan"} | SSGAN.resolve({"dataset": "chairs"})))
    kept = {"recipe": "released", "holdout": 0}
    assert older(tmp_path, SSGAN.knobs) == kept | {"split": "released"}
    assert older(tmp_path, SSGAN.knobs, {"dataset": "moving_mnist"}) == kept  # where a split has no effect


def test_players_cost_is_a_choice_where_there_are_two():
    for instance in (GMGAN, SSGAN):
        assert instance.resolve({"recipe": "paper"})["players_cost"] == "non_saturating"
        assert instance.resolve({"players_cost": "minimax"})["players_cost"] == "minimax"
        assert instance.resolve({"divergence": "kl"})["players_cost"] is None
    with pytest.raises(ValueError, match="--players_cost=minimax has no effect with --divergence=hellinger"):
        GMGAN.resolve({"players_cost": "minimax", "divergence": "hellinger"})
    with pytest.raises(ValueError, match="--players_cost=literal is not allowed; it is one of non_saturating, minimax"):
        GMGAN.resolve({"players_cost": "literal"})


def test_none_for_a_knob_without_effect_is_its_default():
    of_kl = {"model": "vegan", "match": "kl"}
    assert GMGAN.resolve(of_kl | {"units": None}) == GMGAN.resolve(of_kl)
    with pytest.raises(ValueError, match="--units=3 has no effect with --match=kl"):
        GMGAN.resolve(of_kl | {"units": 3})


def test_what_was_written_down_at_the_beginning_is_checked(tmp_path):
    assert read_begun(tmp_path) == {}
    (tmp_path / "settings.json").write_text(json.dumps({"threads": "abc"}))
    with pytest.raises(ValueError, match=r"settings.json has threads='abc'; expected a whole number. Restore it"):
        read_begun(tmp_path)
