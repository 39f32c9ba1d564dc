"""A run inside the process: what needs a look at its variables, or a fault in the middle."""

import types

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data
from graphical_gan.evaluation import inference
from graphical_gan.evaluation.clip_study import ClipStudy
from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.instances import gmgan
from graphical_gan.runs import loop, scoring
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.folder import RunFolder, check_folder
from graphical_gan.settings import recipes

SMALL = {"width": 2, "units": 8, "latent": 6, "K": 5, "steps": 6, "log_every": 2, "evaluate_every": 4, "save_every": 3}
SETTINGS = recipes.GMGAN.resolve({"recipe": "released"} | SMALL)


def new_run(path, **changes):
    settings = SETTINGS | changes
    path.mkdir(exist_ok=True)
    check_folder(path, settings, recipes.GMGAN.knobs)
    run = Experiment(settings, gmgan.from_settings, data.DESCRIPTIONS["digits"])
    study = ImageStudy.from_settings(run.game.model, data.load("digits"), settings)
    return run, study, RunFolder(path, "gmgan", settings)


def state(run):
    found = [*run.game.model.variables, *run.game.factors.variables]
    found += [v for optimizer in run.trainer.optimizers.values() for v in optimizer.variables]
    return [v.numpy() for v in found]


def test_looking_at_a_run_does_not_change_it(tmp_path):
    run, study, folder = new_run(tmp_path)
    loop.begin(run, folder)
    before = state(run)
    scoring.look(run, study, folder)
    assert all(np.array_equal(a, b) for a, b in zip(before, state(run), strict=True))


def test_the_seed_changes_the_run(tmp_path):
    (a, *_), (b, *_), (c, *_) = new_run(tmp_path / "a"), new_run(tmp_path / "b"), new_run(tmp_path / "c", seed=1)
    assert all(np.array_equal(x, y) for x, y in zip(state(a), state(b), strict=True))
    assert not all(np.array_equal(x, y) for x, y in zip(state(a), state(c), strict=True))


def test_a_collapse_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(inference, "evaluate", lambda *args: {"live_clusters": 1})
    run, study, folder = new_run(tmp_path)
    loop.begin(run, folder)
    loop.train(run, study, folder)
    assert "the mixture has collapsed: 1 of k=5 components are in use" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("study", "step", "said"), [(ClipStudy, 5, True), (ImageStudy, 5, False), (ImageStudy, 6, True)]
)
def test_a_dead_generator_is_said_at_once_and_a_collapse_when_half_is_done(capsys, study, step, said):
    run = types.SimpleNamespace(step=step, settings={"steps": 10})
    scoring._warn(run, types.SimpleNamespace(patience=study.patience, warning=lambda scores: "dead"), {})
    assert capsys.readouterr().out == (f"step {step}: dead.\n" if said else "")


def test_gan_g_is_clustered_by_a_mixture_on_its_latents(tmp_path):
    run, study, folder = new_run(tmp_path, model="gan-g")
    loop.begin(run, folder)
    loop.train(run, study, folder)
    scores = scoring.finish(run, study, folder)
    assert 1 <= scores["live_clusters"] <= 5 and 0 < scores["acc_nearest"] <= 1
    exported = tf.saved_model.load(str(tmp_path / "saved_model"))
    assert exported.sample(3, seed=4).shape == (3, 16, 16, 1)
    assert set(exported.infer(exported.sample(3))) == {"h"}


def test_scores_do_not_depend_on_how_the_test_set_is_batched(tmp_path, monkeypatch):
    run, study, _ = new_run(tmp_path)
    expected = scoring.score(run, study)
    monkeypatch.setattr(inference.Inference.__call__, "__defaults__", (37, False, True))
    found = scoring.score(run, study)
    assert found == pytest.approx(expected, rel=1e-4)
