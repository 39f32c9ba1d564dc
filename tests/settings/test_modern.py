"""The recipe modern and what it needs besides views: a rate that falls, a weight of reconstructed data."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.game.objective import Objective
from graphical_gan.settings import knobs
from graphical_gan.settings.modern import views
from graphical_gan.settings.own import of_clips, of_images
from graphical_gan.settings.recipes import GMGAN, SSGAN
from graphical_gan.training.gradients import BOTH, DISCRIMINATORS
from graphical_gan.training.optimizers import adams
from tests.game.test_terms import players_outcome, samples, tiny
from tests.helpers import tiny_gmgan


def rates(decay, steps=10, count=12, start=0):
    """By number of updates, how far a weight of gradient 1 moves; Adam's step is then the rate itself."""
    game = tiny_gmgan()
    optimizer = adams(game, 0.1, "float32", learning_rate_decay=decay, steps=steps)[DISCRIMINATORS]
    optimizer.iterations.assign(start)
    return [float(optimizer._get_current_learning_rate()) for _ in range(count) if optimizer.iterations.assign_add(1)]


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("none", lambda share: 1.0),
        ("linear", lambda share: 1 - share),
        ("cosine", lambda share: (1 + np.cos(np.pi * share)) / 2),
    ],
)
def test_the_rate_is_a_function_of_the_step(decay, expected):
    found = rates(decay)
    np.testing.assert_allclose(found, [0.1 * expected(min(i / 10, 1)) for i in range(1, 13)], atol=1e-7)
    np.testing.assert_allclose(rates(decay, start=4, count=5), found[4:9], atol=1e-7)  # resumed


def test_a_falling_rate_moves_weights_less():
    """Adam's step at a constant gradient is the rate, up to epsilon."""
    game = tiny_gmgan()
    variables = game.factors.trainable_variables
    optimizer = adams(game, 0.1, "float32", learning_rate_decay="linear", steps=4)[DISCRIMINATORS]
    ones, moved = [tf.ones_like(v) for v in variables], []
    for _ in range(5):
        before = variables[0].numpy()
        optimizer.apply(ones, variables)
        moved.append(np.abs(variables[0].numpy() - before).mean())
    np.testing.assert_allclose(moved, [0.1, 0.075, 0.05, 0.025, 0], atol=1e-4)


def test_an_unknown_decay_is_refused():
    with pytest.raises(ValueError, match="learning_rate_decay"):
        adams(tiny_gmgan(), 0.1, "float32", learning_rate_decay="sudden", steps=3)
    with pytest.raises(ValueError, match="--learning_rate_decay=sudden is not allowed"):
        GMGAN.resolve({"learning_rate_decay": "sudden"})


def test_without_decay_the_optimizers_are_as_they_were():
    game = tiny_gmgan()
    for player in BOTH:
        a, b = (adams(game, 0.1, "float32", **more)[player] for more in ({}, {"steps": 5}))
        assert len(a.variables) == len(b.variables)
        assert isinstance(b._learning_rate, keras.Variable)


def test_more_steps_are_another_run_where_the_rate_falls():
    for decay, count in (("none", 0), ("linear", 1), ("cosine", 1)):
        one, other = (GMGAN.resolve({"learning_rate_decay": decay, "steps": steps}) for steps in (100, 200))
        assert len(knobs.differences(GMGAN.knobs, other, one)) == count
    assert knobs.differences(GMGAN.knobs, other, one) == ["--steps=200 (was --steps=100)"]


def test_reconstructed_data_has_a_weight_of_its_own():
    choices = {"reconstruction": "both", "reconstruction_weight": 2.0, "reconstruction_distance": "l2"}
    for weight, expected in ((None, 2.0), (7.0, 7.0), (0.0, 0.0)):
        game = tiny(**choices, reconstruction_x_weight=weight)
        assert [term.weight for term in game.terms] == [expected, 2.0]
    p, q = samples(game := tiny(**choices, reconstruction_x_weight=7.0))
    outcome, plain = players_outcome(game, p, q), players_outcome(game._replace(terms=()), p, q)
    watched = outcome.watched
    both = 7 * watched["reconstruction_x"] + 2 * watched["reconstruction_h"]
    assert float(outcome.cost - plain.cost) == pytest.approx(float(both), rel=1e-3)
    with pytest.raises(ValueError, match="--reconstruction_x_weight=3.0 has no effect with --reconstruction=h"):
        GMGAN.resolve({"reconstruction": "h", "reconstruction_x_weight": 3.0})


@pytest.mark.parametrize("recipe", ["released", "paper"])
def test_the_other_recipes_have_none_of_it(recipe):
    for instance in (GMGAN, SSGAN):
        settings = instance.resolve({"recipe": recipe})
        assert settings["learning_rate_decay"] == "none" and settings["reconstruction"] == "none"
        assert Objective.from_settings(settings) == Objective()
    assert [GMGAN.resolve({"recipe": recipe})[knob.name] for knob in views({})] == ["none", *[None] * 5]


def test_modern_is_the_default_of_embedded_digits_and_own_data_and_an_older_run_goes_on_with_its_own(tmp_path):
    for instance, modern in (
        (GMGAN, {"digits", "folder", "arrays", "table"}),
        (SSGAN, {"moving_digits", "clips_folder", "clips_arrays"}),
    ):
        by_default = {name: instance.resolve({"dataset": name})["recipe"] for name in instance.datasets}
        assert {name for name, recipe in by_default.items() if recipe == "modern"} == modern
        assert set(by_default.values()) == {"modern", "released"}
        assert instance.resolve({}) == instance.resolve({"recipe": "modern"})
        released = instance.resolve({"recipe": "released", "width": 8})
        (tmp_path / "settings.json").write_text(json.dumps({"program": "gmgan"} | released))
        before = knobs.older(tmp_path, instance.knobs)
        assert instance.resolve(before | {"width": 8}) == released
        changed = instance.resolve(before | {"width": 8, "recipe": "paper"})
        assert "--recipe=paper (was --recipe=released)" in knobs.differences(instance.knobs, changed, released)
    assert [own("own").resolve({})["recipe"] for own in (of_images, of_clips)] == ["released"] * 2


def test_own_clips_begin_with_modern_for_2000_steps():
    for name in ("clips_folder", "clips_arrays"):
        settings = SSGAN.resolve({"dataset": name})
        assert (settings["steps"], settings["batch_size"], settings["networks"]) == (2000, 16, "paper")
        assert SSGAN.resolve({"dataset": name, "recipe": "released"})["steps"] == 40_000


def test_own_images_begin_with_modern_for_minutes_and_older_runs_of_it_go_on_with_their_width_and_views(tmp_path):
    settings = GMGAN.resolve({"dataset": "folder"})
    assert (settings["steps"], settings["width"], settings["views"]) == (4000, 32, "by_colour")
    assert GMGAN.resolve({"dataset": "table"})["views"] == "none"
    before = GMGAN.resolve({"dataset": "folder", "recipe": "released"})
    assert (before["steps"], before["width"], before["views"]) == (200_000, 64, "none")
    older = settings | {"width": 64, "views": "photo", "program": "gmgan"}
    (tmp_path / "settings.json").write_text(json.dumps(older))
    known = knobs.older(tmp_path, GMGAN.knobs, {"dataset": "folder"})
    assert not knobs.differences(GMGAN.knobs, GMGAN.resolve(known | {"dataset": "folder"}), older)
    known = knobs.older(tmp_path, GMGAN.knobs, {"dataset": "folder", "views": "none"})
    changed = GMGAN.resolve(known | {"dataset": "folder", "views": "none"})
    assert "--views=none (was --views=photo)" in knobs.differences(GMGAN.knobs, changed, older)
    (tmp_path / "settings.json").write_text(json.dumps(older | {"dataset": "digits"}))
    assert not {"width", "views"} & knobs.older(tmp_path, GMGAN.knobs).keys()  # nothing changed there


@pytest.mark.parametrize(("dataset", "kind"), [("digits", "affine"), ("mnist", "affine"), ("cifar10", "photo")])
def test_modern_has_views_that_fit_the_data(dataset, kind):
    settings = GMGAN.resolve({"recipe": "modern", "dataset": dataset})
    assert settings["views"] == kind and settings["views_k_weight"] == 1 and settings["update"] == "simultaneous"
    assert settings["precision"] == "float32"  # any CPU
    given = {"recipe": "modern", "dataset": dataset, "views": "none", "learning_rate": 1e-3, "steps": 7}
    settings = GMGAN.resolve(given)
    assert {name: settings[name] for name in given} == given and settings["views_weight"] is None


def test_modern_fits_every_model():
    for model in next(k for k in GMGAN.knobs if k.name == "model").allowed:
        settings = GMGAN.resolve({"recipe": "modern", "model": model})
        assert (settings["views_k_weight"] is None) == (model == "gan-g")
    assert of_images("own").resolve({"recipe": "modern"})["views_k_weight"] == 1
    with pytest.raises(ValueError, match="--recipe=modern is not allowed; it is one of released, paper"):
        of_clips("own").resolve({"recipe": "modern"})


@pytest.mark.parametrize("recipe", ["released", "paper"])
def test_the_other_recipes_of_clips_have_the_papers_networks_and_no_costs_of_latents(recipe):
    settings = SSGAN.resolve({"recipe": recipe})
    assert settings["networks"] == "paper" and settings["recognition"] == "mean_field"
    assert settings["prior_weight"] == settings["transition_weight"] == 0


@pytest.mark.parametrize(
    ("dataset", "networks"), [("moving_digits", "placed"), ("moving_mnist", "placed"), ("turning_chairs", "paper")]
)
def test_modern_clips_have_networks_that_fit_the_data(dataset, networks):
    settings = SSGAN.resolve({"recipe": "modern", "dataset": dataset})
    assert settings["networks"] == networks and settings["noise"] == "fresh" and settings["prior_weight"] > 0
    assert settings["precision"] == "float32"  # any CPU
    given = {"recipe": "modern", "dataset": dataset, "networks": "paper", "recognition": "smoothing", "steps": 7}
    assert given.items() <= SSGAN.resolve(given).items()


def test_runs_that_are_older_than_the_choices_of_clips_go_on():
    settings = SSGAN.resolve({"recipe": "released"})
    older = {n: v for n, v in settings.items() if n not in ("networks", "prior_weight", "transition_weight")}
    assert knobs.differences(SSGAN.knobs, settings, older) == []
