"""What is of another run, or gone, is refused: its identity stands in checkpoints, best weights and rows of a run."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.runs import loop, reopen
from graphical_gan.runs.checkpoints import Checkpoints
from graphical_gan.settings.knobs import identity, identity_of
from graphical_gan.settings.recipes import GMGAN
from tests.small_runs import last_tensors, new_run, rows, trained


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """Folders of runs that differ in their seed alone, as the weights of others would not fit."""
    root = tmp_path_factory.mktemp("runs")
    for seed in (0, 1):
        trained(root / str(seed), seed=seed, steps=4, keep_best="mse")
    return root


def test_equal_runs_have_equal_identities_and_others_have_others():
    settings, data = GMGAN.resolve({}), {"train": 1}
    known = identity(GMGAN.knobs, settings, data)
    assert known == identity(GMGAN.knobs, settings | {"steps": 9, "run_dir": "/x", "save_every": 3}, data)
    others = [(settings | {"seed": 1}, data), (settings | {"learning_rate": 1e-3}, data), (settings, {"train": 2})]
    assert len({known, *(identity(GMGAN.knobs, *other) for other in others)}) == 4


def test_the_identity_stands_in_each_part(two_runs):
    ours, theirs = (identity_of(two_runs / seed) for seed in "01")
    assert ours != theirs and {row["run"] for row in rows(two_runs / "0")} == {ours}
    for path in (*two_runs.glob("0/checkpoints/ckpt-*"), *two_runs.glob("0/best/ckpt-*")):
        assert json.loads((path / "run.json").read_text())["run"] == ours
    [last] = two_runs.glob("0/checkpoints/ckpt-0000004")
    assert json.loads((last / "run.json").read_text())["rows"] == len(rows(two_runs / "0"))


@pytest.mark.parametrize("part", ["checkpoints", "best", "metrics.jsonl"])
def test_a_part_of_another_run_is_refused_and_nothing_is_changed(two_runs, tmp_path, part):
    path = shutil.copytree(two_runs / "0", tmp_path / "run")
    if part == "metrics.jsonl":
        shutil.copy(two_runs / "1" / part, path / part)
    else:
        shutil.rmtree(path / part)
        shutil.copytree(two_runs / "1" / part, path / part)
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    run, _, folder = new_run(path, steps=6, keep_best="mse")
    with pytest.raises(
        ValueError, match="belongs to another run.*Put the right one back|rows of another run.*Restore the file"
    ) as said:
        loop.begin(run, folder)
    assert "--run_dir" in str(said.value) and "\n" not in str(said.value)
    assert {p: p.read_bytes() for p in path.rglob("*") if p.is_file()} == before
    if part == "checkpoints":
        with pytest.raises(ValueError, match="to another run"):
            run.restore(path)  # as evaluate, figures and report of weights do


@pytest.mark.parametrize("left", [None, 0, 2])
def test_rows_that_are_gone_are_refused(two_runs, tmp_path, left):
    path = shutil.copytree(two_runs / "0", tmp_path / "run")
    file = path / "metrics.jsonl"
    if left is None:
        file.unlink()
    else:
        file.write_text("".join(file.read_text().splitlines(keepends=True)[:left]))
    run, _, folder = new_run(path, steps=6, keep_best="mse")
    with pytest.raises(
        ValueError, match=rf"metrics.jsonl holds {left or 0} of the \d rows up to 4; .*Restore the file"
    ):
        loop.begin(run, folder)


def test_a_run_that_is_older_than_identities_goes_on(two_runs, tmp_path):
    path = shutil.copytree(two_runs / "0", tmp_path / "run")
    settings = json.loads((path / "settings.json").read_text())
    del settings["run"]
    (path / "settings.json").write_text(json.dumps(settings))
    older = [{name: value for name, value in row.items() if name != "run"} for row in rows(path)]
    (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in older))
    for kept in (*path.glob("checkpoints/ckpt-*"), *path.glob("best/ckpt-*")):
        (kept / "run.json").unlink()
        sums = json.loads((kept / "checksums.json").read_text())
        (kept / "checksums.json").write_text(json.dumps({n: s for n, s in sums.items() if n != "run.json"}))
    trained(path, steps=6, keep_best="mse")
    assert Checkpoints(path / "checkpoints").steps()[-1] == 6 and "run" not in rows(path)[-1]
    assert reopen.settings_of(path, {})[1]["steps"] == 6


@pytest.mark.parametrize("folder", ["0", "0 [of] another"])
def test_weights_of_another_run_of_the_same_networks_are_where_a_run_starts(two_runs, tmp_path, capsys, folder):
    other = shutil.copytree(two_runs / "0", tmp_path / folder)
    expected = last_tensors(two_runs / "0" / "checkpoints")
    run, study, path = new_run(tmp_path / "new", seed=5, start_from=str(other))
    loop.begin(run, path)
    assert f"Starts from {other / 'checkpoints' / 'ckpt-0000004'}." in capsys.readouterr().out
    found = last_tensors(tmp_path / "new" / "checkpoints")
    weights = [n for n in expected if n.startswith(("model/", "factors/"))]
    assert len(weights) > 20 and all(np.array_equal(found[n], expected[n]) for n in weights)
    assert run.step == 0
    loop.train(run, study, path)
    shutil.rmtree(other)  # it is not needed again
    again, _, path = new_run(tmp_path / "new", seed=5, start_from=str(other), steps=8)
    assert loop.begin(again, path) and again.step == 6


def test_weights_that_do_not_fit_are_refused(two_runs, tmp_path):
    other = shutil.copytree(two_runs / "0", tmp_path / "other")
    settings = json.loads((other / "settings.json").read_text())
    run, _, path = new_run(tmp_path / "new", start_from=str(other))
    for changed, message in (
        ({"model": "gan-g"}, "is a run of --model=gan-g; expected --model=gmgan-l"),
        ({}, "other networks"),
    ):
        (other / "settings.json").write_text(json.dumps(settings | changed))
        if not changed:
            Checkpoints(other / "checkpoints", run=settings["run"]).save(
                tf.train.Checkpoint(model=[tf.Variable(1.0)]), 9
            )
        with pytest.raises(ValueError, match=message):
            loop.begin(run, path)
    run, _, path = new_run(tmp_path / "new", start_from=str(tmp_path / "none"))
    with pytest.raises(ValueError, match="none holds no run"):
        loop.begin(run, path)
