"""The mixture is fitted again to what q infers, at its steps alone, and a run that stops goes on as if it had not."""

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances_argmin

from graphical_gan.runs import loop, refit, schedule
from graphical_gan.runs.schedule import Schedule
from graphical_gan.runs.weights import using
from graphical_gan.settings.recipes import GMGAN
from tests.small_runs import assert_same_runs, new_run, state, trained


def test_each_component_takes_the_centre_next_to_it():
    draws = np.random.default_rng(0)
    centres = np.eye(6, 4, dtype=np.float32) * 20
    centres[5] = -20
    latents = np.repeat(centres, 50, 0) + draws.normal(size=(300, 4))
    means = centres[[3, 1, 5, 0, 4, 2]] + 0.3
    moved = refit.refitted(means, latents.astype(np.float32), seed=0)
    of = np.repeat(np.arange(6), 50)
    truth = np.stack([latents[of == k].mean(0) for k in (3, 1, 5, 0, 4, 2)])
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, truth, atol=1e-4)


def test_a_component_that_two_classes_share_is_divided():
    draws = np.random.default_rng(1)
    centres = np.array([[0, 0], [30, 0], [42, 0]], np.float32)
    latents = (np.repeat(centres, 100, 0) + draws.normal(size=(300, 2))).astype(np.float32)
    means = np.array([[-1, 0], [1, 0], [36, 0]], np.float32)  # two for the first class, one for the others
    before, after = (pairwise_distances_argmin(latents, m) for m in (means, refit.refitted(means, latents, 0)))
    of = np.repeat(np.arange(3), 100)
    assert len(set(before[of > 0])) == 1
    assert [len(set(after[of == k])) for k in range(3)] == [1, 1, 1] and len(set(after)) == 3


def test_its_steps():
    plan = Schedule(steps=9000, log_every=9000, evaluate_every=9000, save_every=9000, refit_until=1300)
    assert [step for step in range(1, 9001) if plan.refits(step)] == [500, 1000]
    assert plan.steps_to_next(600) == 400 and not any(map(plan._replace(refit_until=0).refits, range(1, 9001)))


def test_a_stopped_run_is_fitted_as_one_that_was_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "REFIT_EVERY", 2)
    moved = []
    fit = refit.refit
    monkeypatch.setattr(refit, "refit", lambda run, data: (moved.append(run.step), fit(run, data)))
    whole = state(trained(tmp_path / "whole", steps=10, refit_until=4))
    assert moved == [2, 4]
    trained(tmp_path / "parts", steps=5, refit_until=4)
    parts = state(trained(tmp_path / "parts", steps=10, refit_until=4))
    assert_same_runs((whole, tmp_path / "whole"), (parts, tmp_path / "parts"), end=5)


def test_best_weights_of_such_a_step_are_those_that_the_run_goes_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "REFIT_EVERY", 2)
    run, study, folder = new_run(tmp_path, keep_best="mse", steps=4, evaluate_every=2, save_every=9, refit_until=4)
    study.scores = lambda split: {"mse": 1 / run.step}
    loop.begin(run, folder)
    loop.train(run, study, folder)
    last = state(run)
    with using(run, "best", tmp_path):
        assert run.step == 4 and all(map(np.array_equal, last, state(run)))


def test_it_moves_the_means_alone(tmp_path):
    run, study, folder = new_run(tmp_path)
    loop.begin(run, folder)
    means, before = run.game.model.generative["h"].means, state(run)
    refit.refit(run, study)
    changed = [old for old, new in zip(before, state(run), strict=True) if not np.array_equal(old, new)]
    assert [old.shape for old in changed] == [tuple(means.shape)]
    with refit.statistics_kept(run.game.model):
        refit.recalibrate(run, study.dataset)
        latents = study.infer(study.dataset.train.images)["h"]
    nearest = pairwise_distances_argmin(latents, means.numpy())
    for k, mean in enumerate(means.numpy()):
        np.testing.assert_allclose(latents[nearest == k].mean(0), mean, atol=0.02)


def test_fewer_images_than_components_are_left_as_they_are(tmp_path, monkeypatch):
    run, study, folder = new_run(tmp_path)
    loop.begin(run, folder)
    monkeypatch.setattr(refit, "EXAMPLES", 4)
    before = state(run)
    refit.refit(run, study)
    assert all(map(np.array_equal, before, state(run)))


def test_where_it_has_no_effect():
    assert GMGAN.resolve({"recipe": "released"})["refit_until"] == 0
    for other in ({"model": "gan-g"}, {"model": "tree"}, {"labels": 100}):
        assert GMGAN.resolve(other)["refit_until"] is None
        with pytest.raises(ValueError, match="--refit_until=500 has no effect with"):
            GMGAN.resolve(other | {"refit_until": 500})
