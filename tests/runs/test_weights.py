"""The best weights by validation, and their exponential average: kept, scored beside the last, and found again."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data
from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.runs import loop, scoring
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.folder import RunFolder
from graphical_gan.runs.programs import PROGRAMS
from graphical_gan.runs.weights import best_checkpoints, best_step, check_still, kept_steps, using
from tests.small_runs import INSTANCES, new_run, state

SCORES = {2: 0.5, 4: 0.2, 6: 0.3}


def scripted(study, run, metric):
    """Lets the study find scripted scores on validation data; on test data it finds the sum of the weights."""

    def scores(split):
        value = SCORES[run.step] if split == "validation" else float(sum(np.sum(v) for v in state(run)[:5]))
        return {metric: value, "live_clusters": 5}

    study.scores, study.batch_scores = scores, lambda split: {}


def trained(path, monkeypatch, metric="mse", **changes):
    run, study, folder = new_run(path, keep_best=metric, evaluate_every=2, save_every=6, **changes)
    scripted(study, run, metric)
    seen = {}
    keep = scoring.keep_best

    def keep_and_see(run, folder):
        keep(run, folder)
        seen.setdefault(run.step, state(run))

    monkeypatch.setattr(scoring, "keep_best", keep_and_see)
    loop.begin(run, folder)
    loop.train(run, study, folder)
    return run, study, folder, seen


@pytest.mark.parametrize(("metric", "step"), [("mse", 4), ("acc_nearest", 2)])
def test_the_best_weights_are_kept_and_scored_beside_the_last(tmp_path, monkeypatch, metric, step):
    run, study, folder, seen = trained(tmp_path / "run", monkeypatch, metric)
    assert [path.name for path in best_checkpoints(folder.path).paths()] == [f"ckpt-{step:07d}"]
    last = [v.numpy() for v in run.game.model.trainable_variables]
    scoring.finish(run, study, folder)
    results = {n: json.loads((folder.path / f"results{n}.json").read_text()) for n in ("", "-best")}
    assert results[""]["step"] == 6 and results["-best"]["step"] == step
    assert results["-best"]["chosen_by"] == f"{metric} on validation data" and results["-best"]["weights"] == "best"
    assert results["-best"][metric] != results[""][metric]
    with using(run, "best", folder.path):
        assert run.step == step
        for found, then in zip(state(run), seen[step], strict=True):
            np.testing.assert_array_equal(found, then)
    for found, then in zip(run.game.model.trainable_variables, last, strict=True):
        np.testing.assert_array_equal(found.numpy(), then)
    assert run.step == 6


def test_a_run_that_stops_has_the_same_best_weights(tmp_path, monkeypatch):
    *_, folder, seen = trained(tmp_path / "run", monkeypatch, steps=4)
    run, study, folder = new_run(tmp_path / "run", keep_best="mse", evaluate_every=2, save_every=6)
    scripted(study, run, "mse")
    for best in best_checkpoints(folder.path).paths():
        best_checkpoints(folder.path).set_aside(best)  # killed before it was written
    loop.begin(run, folder)
    assert run.step == 4 and [p.name for p in best_checkpoints(folder.path).paths()] == ["ckpt-0000004"]
    loop.train(run, study, folder)
    with using(run, "best", folder.path):
        for found, then in zip(state(run), seen[4], strict=True):
            np.testing.assert_array_equal(found, then)


def test_the_metric_that_chose_them_stays_with_them(tmp_path):
    run, study, folder = at_its_end(tmp_path)
    best_checkpoints(tmp_path).save(run.state, 5, chosen_by="nmi")
    scoring.finish(run, study, folder)  # of --keep_best=mse
    assert json.loads((tmp_path / "results-best.json").read_text())["chosen_by"] == "nmi on validation data"


def test_scoring_further_weights_leaves_the_statistics_of_the_last_ones(tmp_path):
    run, study, folder = at_its_end(tmp_path)
    scoring.finish(run, study, folder)
    left = state(run)
    scoring.recalibrate(run, study.dataset)
    for found, then in zip(state(run), left, strict=True):
        np.testing.assert_allclose(found, then, rtol=1e-6, atol=1e-7)


def test_weights_that_are_replaced_while_they_are_scored_are_refused(tmp_path):
    run, *_ = at_its_end(tmp_path)
    for kind, save in (("last", run.save), ("best", lambda folder: best_checkpoints(tmp_path).save(run.state, 7))):
        steps = kept_steps(tmp_path, kind)
        check_still(tmp_path, kind, steps)
        run.trainer.step.assign(7)
        save(RunFolder(tmp_path, "gmgan", run.settings))
        with pytest.raises(ValueError, match="went on while it was scored"):
            check_still(tmp_path, kind, steps)


def at_its_end(path):
    """A run that is at its last step, with best weights, whose scores and export take no time."""
    run, study, folder = new_run(path, keep_best="mse")
    scripted(study, run, "mse")
    study.finish = lambda path: None
    loop.begin(run, folder)
    run.trainer.step.assign(6)
    run.save(folder)
    best_checkpoints(path).save(run.state, 4)
    return run, study, folder


def test_best_weights_that_are_the_last_are_scored_once(tmp_path):
    run, study, folder = at_its_end(tmp_path)
    best_checkpoints(tmp_path).save(run.state, 6)
    scores, asked = study.scores, []
    study.scores = lambda split: asked.append(split) or scores(split)
    scoring.finish(run, study, folder)
    last, best = (json.loads((tmp_path / f"results{n}.json").read_text()) for n in ("", "-best"))
    assert asked == ["test"] and best["chosen_by"] == "mse on validation data"
    assert last == {n: v for n, v in best.items() if n != "chosen_by"} | {"weights": "last"}
    with using(run, "best", tmp_path):
        assert scoring.results(run, study, tmp_path, "best") == best  # as they are where they are read again


def test_damaged_best_weights_are_named_set_aside_and_not_scored(tmp_path, capsys):
    run, study, folder = at_its_end(tmp_path)
    [best] = best_checkpoints(tmp_path).paths()
    (best / "variables.index").write_bytes(b"")
    scores = scoring.finish(run, study, folder)
    assert "ckpt-0000004 has a missing, truncated or changed variables.index; set aside" in capsys.readouterr().err
    assert best.with_name(f"{best.name}.corrupt").is_dir() and not best_checkpoints(tmp_path).paths()
    assert json.loads((tmp_path / "results.json").read_text())["mse"] == scores["mse"]
    assert not (tmp_path / "results-best.json").exists()


def test_best_weights_of_another_model_leave_the_run_as_it_was(tmp_path):
    run, *_ = at_its_end(tmp_path)
    best_checkpoints(tmp_path).save(tf.train.Checkpoint(step=tf.Variable(99, dtype=tf.int64)), 9)
    before = state(run)
    with pytest.raises(ValueError, match="is of another model"), using(run, "best", tmp_path):
        pass
    for found, then in zip(state(run), before, strict=True):
        np.testing.assert_array_equal(found, then)


def test_a_run_that_does_not_come_to_its_end_does_not_count_as_finished(tmp_path):
    """Neither killed while it is exported, nor when it goes on beyond an earlier end."""
    run, study, folder = at_its_end(tmp_path)

    def killed(path):
        raise KeyboardInterrupt

    quick, study.finish = study.finish, killed
    with pytest.raises(KeyboardInterrupt):
        scoring.finish(run, study, folder)
    assert not list(tmp_path.glob("results*.json"))
    study.finish = quick
    scoring.finish(run, study, folder)
    assert {p.name for p in tmp_path.glob("results*.json")} == {"results.json", "results-best.json"}
    for steps, left in ((6, 2), (7, 0)):
        again, _, folder = new_run(tmp_path, keep_best="mse", steps=steps)
        loop.begin(again, folder)
        assert len(list(tmp_path.glob("results*.json"))) == left


def test_a_resumed_run_without_scores_yet_says_nothing_of_them(tmp_path, capsys):
    for _ in range(2):
        run, study, folder = new_run(tmp_path, keep_best="mse")
        loop.begin(run, folder)
        folder.scalars(run.protocol("train"), {"cost": 1.0})
        run.save(folder)
    assert "no such score" not in capsys.readouterr().out
    study.pictures, study.scores = dict, lambda split: {"nmi": 0.5}
    scoring.look(run, study, folder)
    assert "--keep_best=mse: the validation data gives no such score" in capsys.readouterr().out


def test_best_step():
    assert best_step({1: 0.3, 2: 0.1, 3: 0.1}, "mse") == 2 and best_step({1: 0.3, 2: 0.9, 3: 0.9}, "nmi") == 2


def test_the_average_is_of_all_weights_of_the_model_and_survives(tmp_path):
    recipe, build, _, small = INSTANCES["gmgan"]
    settings = recipe.resolve(small | {"steps": 4, "average": 0.75, "log_every": 1, "update": "simultaneous"})
    (tmp_path / "run").mkdir()

    def new():
        run = Experiment(settings, build, data.DESCRIPTIONS["digits"])
        return run, ImageStudy.from_settings(run.game.model, data.load("digits"), settings)

    run, study = new()
    folder = RunFolder(tmp_path / "run", "gmgan", settings)
    loop.begin(run, folder)
    weights, expected = run.game.model.trainable_variables, None
    minibatches = iter(study.dataset.minibatches(8, 0))
    for _ in range(4):
        run.trainer.run(minibatches, 1)
        now = [v.numpy() for v in weights]
        expected = expected and [0.75 * a + 0.25 * w for a, w in zip(expected, now, strict=True)] or now
    run.save(folder)
    names = " ".join(v.path for v in weights)
    assert len(weights) > 10 and run.game.model.generative["h"].means.path in names
    with using(run, "average", folder.path):
        for found, average in zip(weights, expected, strict=True):
            np.testing.assert_allclose(found.numpy(), average, rtol=1e-5, atol=1e-6)
    for found, last in zip(weights, now, strict=True):
        np.testing.assert_array_equal(found.numpy(), last)
    again, study = new()
    assert loop.begin(again, folder)
    with using(again, "average", folder.path):
        for found, average in zip(again.game.model.trainable_variables, expected, strict=True):
            np.testing.assert_allclose(found.numpy(), average, rtol=1e-5, atol=1e-6)
        results = scoring.results(again, study, folder.path, "average")
    assert results["weights"] == "average" and np.isfinite(results["mse"])


def test_what_a_run_does_not_have(tmp_path):
    run, _, folder = new_run(tmp_path / "run")
    with (
        pytest.raises(ValueError, match="no best weights. They are kept with --keep_best"),
        using(run, "best", tmp_path),
    ):
        pass
    with pytest.raises(ValueError, match="--average=0.999"), using(run, "average", folder.path):
        pass


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        (
            "gmgan",
            {"dataset": "celeb_a", "keep_best": "nmi"},
            "--keep_best=nmi needs labels, and --dataset=celeb_a has none",
        ),
        ("gmgan", {"dataset": "mnist", "keep_best": "mse", "holdout": 0}, "--keep_best=mse needs validation examples"),
        ("ssgan", {"dataset": "chairs", "keep_best": "analogy_mse"}, "--dataset=chairs has none. Give --keep_best=mse"),
        ("gmgan", {"labels": 50, "K": 13}, "--labels=50 of --dataset=digits with --K=13; .* Give --K=10"),
        ("gmgan", {"labels": 9, "K": 10}, "--labels=9 .* has 10 classes and 1200 training examples"),
        ("gmgan", {"labels": 1201, "K": 10}, "--labels=1201 .* has 10 classes and 1200 training examples"),
        ("gmgan", {"labels": 50, "dataset": "celeb_a"}, "--labels=50 of --dataset=celeb_a, which has no classes"),
    ],
)
def test_what_the_data_can_not_give(name, given, message):
    program = PROGRAMS[name]
    settings = program.recipe.resolve(given)
    with pytest.raises(ValueError, match=message):
        program.check(settings)


def test_best_weights_that_are_older_than_the_statistics_of_q_are_used(tmp_path):
    run, *_ = at_its_end(tmp_path)
    [best] = best_checkpoints(tmp_path).paths()
    shutil.rmtree(best)
    weights = run.game.model.trainable_variables
    weights[0].assign(tf.ones_like(weights[0]))
    best_checkpoints(tmp_path).save(run._older_state, 4)
    run.restore(tmp_path)
    with using(run, "best", tmp_path):
        np.testing.assert_array_equal(weights[0], np.ones(weights[0].shape))
    assert not np.array_equal(weights[0], np.ones(weights[0].shape))
