"""What a command would train: steps that are left, and how long they take."""

import json

import pytest

from graphical_gan.paper import plan
from graphical_gan.paper.rows import Runs
from graphical_gan.runs.programs import GMGAN, SSGAN

TINY = {"width": 2, "units": 8, "latent": 6, "batch_size": 8, "steps": 7200}


def test_a_plan_has_the_steps_that_are_left_and_their_hours(tmp_path, monkeypatch):
    tried = []
    monkeypatch.setattr(plan, "seconds_a_step", lambda program, settings: tried.append(settings["seed"]) or 0.5)
    wanted = [GMGAN.recipe.resolve(TINY | {"seed": seed}) for seed in (0, 1, 2)]
    begun, done = tmp_path / "begun", tmp_path / "done"
    for path, settings, step in ((begun, wanted[1], 3600), (done, wanted[2], 7200)):
        (path / "saved_model").mkdir(parents=True)
        (path / "settings.json").write_text(json.dumps({"program": "gmgan"} | settings))
        (path / "metrics.jsonl").write_text(json.dumps({"step": step}) + "\n")
    (done / "saved_model" / "saved_model.pb").touch()
    (done / "results.json").write_text(json.dumps({"step": 7200, "version": "1"}))
    lines = plan.plan([(Runs(tmp_path), settings) for settings in wanted]).splitlines()
    assert lines[0].endswith("seed=0: 7,200 of 7,200 steps, 1.00 hours at 2.00 steps a second")
    assert lines[1].endswith("seed=1: 3,600 of 7,200 steps, 0.50 hours at 2.00 steps a second")
    assert lines[2].endswith("seed=2: 7,200 steps, done")
    assert lines[3].startswith("In all 1.5 hours") and len(lines) == 4
    assert tried == [0]  # seeds take the same time


@pytest.mark.parametrize(
    ("program", "given"),
    [
        (GMGAN, {"labels": 10, "K": 10}),
        (SSGAN, {"dataset": "moving_mnist", "T": 4, "motion": 3, "transition_units": 8}),
    ],
    ids=["images", "clips"],
)
def test_a_step_is_tried_without_data(program, given):
    assert 1e-5 < plan.seconds_a_step(program, program.recipe.resolve(TINY | given)) < 60
