"""What is due after which step."""

import numpy as np

from graphical_gan.runs import schedule
from graphical_gan.runs.schedule import Schedule
from tests.small_runs import state, trained


def test_first_pictures_come_early_and_no_call_runs_past_them():
    plan = Schedule(steps=5000, log_every=1000, evaluate_every=1000, save_every=1000)
    assert plan.steps_to_next(0) == 100 and plan.steps_to_next(100) == 900 and plan.steps_to_next(60) == 40
    assert [step for step in range(5001) if plan.shows(step)] == [100]
    assert not any(Schedule(100, 9, 1000, 9).shows(step) for step in range(101))  # there is an evaluation at the end
    assert not Schedule(5000, 9, 50, 9).shows(100)


def test_early_pictures_change_nothing_else(tmp_path, monkeypatch):
    plain = state(trained(tmp_path / "plain"))
    monkeypatch.setattr(schedule, "EARLY", 2)
    shown = state(trained(tmp_path / "shown"))
    assert all(map(np.array_equal, plain, shown))
    assert (tmp_path / "plain" / "metrics.jsonl").read_text() == (tmp_path / "shown" / "metrics.jsonl").read_text()
    names = [{p.name for p in (tmp_path / name / "pictures").iterdir()} for name in ("plain", "shown")]
    assert names[1] - names[0] == {"samples-0000002.png", "reconstructions-0000002.png"} and names[0] < names[1]
