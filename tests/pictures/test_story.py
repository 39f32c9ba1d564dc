"""The chart of a run's errors holds what its rows hold, both on [0, 1]."""

import json

import numpy as np
import pytest

from benchmarks import story


def _run(path, *rows):
    path.joinpath("metrics.jsonl").write_text(
        "".join(json.dumps({"dataset": "moving_digits"} | r) + "\n" for r in rows)
    )
    return path


def test_a_cost_on_minus_1_to_1_is_4_times_the_error_on_0_to_1(tmp_path):
    costs = [{"step": step, "split": "train", "reconstruction_x": 0.4 / step} for step in (1, 2)]
    run = _run(tmp_path, *costs, {"step": 2, "split": "validation", "mse": 0.06})
    found = story.story(run)
    np.testing.assert_allclose(found["training"], [[1, 2], [0.1, 0.05]])
    np.testing.assert_allclose(found["validation"], [[2], [0.06]])
    drawn = [line.get_xydata().T for line in story.draw(found).axes[0].lines]
    np.testing.assert_allclose(np.concatenate(drawn, 1), np.concatenate([*found.values()], 1))


def test_a_run_without_the_term_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="--reconstruction=x"):
        story.story(_run(tmp_path, {"step": 2, "split": "validation", "mse": 0.06}))
