"""What a run survives, inside the process: stops, faults, damaged checkpoints, numbers that blow up."""

import builtins
import errno
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import types
from unittest.mock import Mock

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.evaluation import clip_study
from graphical_gan.export.saving import export
from graphical_gan.runs import loop, scoring
from graphical_gan.runs.experiment import checkpoints
from graphical_gan.runs.folder import unwritable
from graphical_gan.runs.lock import locked
from graphical_gan.runs.signals import Interrupted, Signals
from graphical_gan.training.trainer import NonFiniteError
from tests.small_runs import assert_same_runs, last_tensors, new_run, rows, state, trained, variables

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def few_clips(monkeypatch):
    monkeypatch.setattr(clip_study, "CLIPS", 8)


def test_every_variable_is_in_the_checkpoint(tmp_path):
    run, _, folder = new_run(tmp_path)
    loop.begin(run, folder)
    saved = state(run)
    for variable in variables(run):
        variable.assign(variable + 1)
    run.restore(tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(saved, state(run), strict=True))


@pytest.mark.parametrize("name", ["gmgan", pytest.param("ssgan", marks=pytest.mark.slow)])
def test_a_stopped_run_is_the_same_run_to_the_last_bit(tmp_path, name):
    """2N steps beside N + N, where neither the stop nor the end is a step that is logged, evaluated or saved."""
    whole = state(trained(tmp_path / "whole", name, steps=10))
    trained(tmp_path / "parts", name, steps=5)
    keras.utils.set_random_seed(99)  # nothing hangs on a global state
    parts = state(trained(tmp_path / "parts", name, steps=10))
    assert_same_runs((whole, tmp_path / "whole"), (parts, tmp_path / "parts"), end=5)


def test_a_run_that_goes_on_keeps_what_its_end_left(tmp_path):
    trained(tmp_path, steps=5)
    at_end = [row for row in rows(tmp_path) if row["step"] == 5]
    trained(tmp_path, steps=7)
    assert [row["split"] for row in at_end] == ["train", "validation"]
    assert [row for row in rows(tmp_path) if row["step"] == 5] == at_end
    assert (tmp_path / "pictures" / "samples-0000005.png").exists()


def test_fewer_steps_than_were_made_are_refused(tmp_path):
    trained(tmp_path, steps=5)
    before = {p: p.is_file() and p.read_bytes() for p in tmp_path.rglob("*")}
    with pytest.raises(ValueError, match=r"--steps=4 is fewer than the 5 that the run in"):
        new_run(tmp_path, steps=4)
    assert {p: p.is_file() and p.read_bytes() for p in tmp_path.rglob("*")} == before


EXACT = """
import pathlib, sys
import numpy as np
import tensorflow as tf
name, replicas, precision = sys.argv[1], int(sys.argv[2]), sys.argv[3]
root, steps = pathlib.Path(sys.argv[4]), sys.argv[5:]
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * replicas)
from tests.small_runs import state, trained
for path, end in (step.split(":") for step in steps):
    more = {"precision": precision, "deterministic": True, "average": 0.9, "keep_best": "mse"}
    run = trained(root / path, name, steps=int(end), **more)
    assert run.trainer.strategy.num_replicas_in_sync == replicas
    np.savez(root / f"{path}.npz", *state(run))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "replicas", "precision"),
    [
        *(("gmgan", 1, "float32"), ("gmgan", 2, "bfloat16"), ("ssgan", 2, "float32"), ("ssgan", 1, "float16")),
        *(("ssgan-modern", 1, "bfloat16"), ("ssgan-modern", 2, "float16"), ("ssgan", 2, "float16")),
    ],
)
def test_exact_with_replicas_and_precisions(tmp_path, name, replicas, precision):
    """As above with --deterministic, the second half in another process."""
    command = [sys.executable, "-c", EXACT, name, str(replicas), precision, str(tmp_path)]
    for steps in (["whole:10", "parts:5"], ["parts:10"]):
        done = subprocess.run(command + steps, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr
    whole, parts = (np.load(tmp_path / f"{path}.npz") for path in ("whole", "parts"))
    with whole, parts:
        states = [[saved[n] for n in saved.files] for saved in (whole, parts)]
    assert_same_runs((states[0], tmp_path / "whole"), (states[1], tmp_path / "parts"), end=5)


@pytest.mark.slow
def test_the_size_of_a_call_changes_nothing(tmp_path, monkeypatch):
    runs = []
    for call in (1, 20):
        monkeypatch.setattr("graphical_gan.runs.pace.CALL", call)
        path = tmp_path / str(call)
        runs.append((state(trained(path, steps=8)), path))
    assert_same_runs(*runs)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_step_and_saves_it(tmp_path, monkeypatch, number):
    run, study, folder = new_run(tmp_path)
    look = loop.look
    monkeypatch.setattr(loop, "look", lambda *args: (look(*args), os.kill(os.getpid(), number)))
    loop.begin(run, folder)
    with Signals() as signals:
        loop.train(run, study, folder, signals)
    assert signals.received == number and run.step == 4
    again, _, folder = new_run(tmp_path)
    assert loop.begin(again, folder) and again.step == 4


def test_a_second_signal_neither_cuts_the_last_save_off_nor_counts(tmp_path, monkeypatch):
    run, study, folder = new_run(tmp_path, save_every=9)
    loop.begin(run, folder)
    act, save = loop._act, run.save
    monkeypatch.setattr(loop, "_act", lambda *args: (act(*args), os.kill(os.getpid(), signal.SIGINT)))
    run.save = lambda *args: (os.kill(os.getpid(), signal.SIGTERM), save(*args))
    with Signals() as signals:
        loop.train(run, study, folder, signals)
    assert signals.received == signal.SIGINT and run.step > 0
    assert checkpoints(tmp_path).paths()[-1].name == f"ckpt-{run.step:07d}"


def test_a_signal_outside_of_training_ends_at_once():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted), Signals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
    assert signals.received == signal.SIGTERM and signal.getsignal(signal.SIGINT) is before


def test_a_signal_where_python_can_not_raise_leaves_no_trace(capsys):
    class Last:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    with Signals() as signals:
        hook = sys.unraisablehook
        last = Last()
        del last
        hook(types.SimpleNamespace(exc_type=Interrupted))
    assert signals.received == signal.SIGINT and "Exception ignored" not in capsys.readouterr().err
    assert sys.unraisablehook != hook


def test_a_run_that_can_not_go_on_is_left_as_it_is(tmp_path):
    run, _, folder = new_run(tmp_path)
    loop.begin(run, folder)
    for file in tmp_path.glob("checkpoints/*/variables.index"):
        file.unlink()
    before = {p: p.is_file() and p.read_bytes() for p in tmp_path.rglob("*")}
    run, _, folder = new_run(tmp_path, steps=9)
    with pytest.raises(ValueError, match="no checkpoint that is whole"):
        loop.begin(run, folder)
    assert {p: p.is_file() and p.read_bytes() for p in tmp_path.rglob("*") if p.name != ".lock"} == before


ACT = loop._act
NO_SPACE = "No space left on device"
WRITTEN = (".settings.json", ".flags.txt", ".metrics.jsonl", "metrics.jsonl", "events.out", ".a-0000000.png",
           ".checksums.json", ".results.json")  # fmt: skip


def write_everything(path):
    """What a run writes from start to end, without the training between."""
    run, study, folder = new_run(path)
    loop.begin(run, folder)
    folder.scalars(run.protocol("train"), {"cost": 1.0})
    folder.picture(run.step, "a", np.zeros([2, 2, 1], np.uint8))
    run.save(folder)
    study.batch_scores, study.final_scores, study.scores = (lambda *_: {} for _ in range(3))
    study.finish = lambda path: export(Mock(names=()), path / "saved_model")
    scoring.finish(run, study, folder)


@pytest.mark.parametrize("place", [*WRITTEN, "checkpoint", "export"])
def test_a_full_disk_at_any_write_is_one_sentence_and_the_last_checkpoint_loads(tmp_path, monkeypatch, place):
    run, _, folder = new_run(tmp_path)
    loop.begin(run, folder)
    folder.scalars(run.protocol("train"), {"cost": 1.0})
    run.save(folder)
    opened, full = builtins.open, tf.errors.ResourceExhaustedError(None, None, NO_SPACE)

    def open_or_fail(file, mode="r", *args, **kwargs):
        if os.path.basename(str(file)).startswith(place) and set(mode) & set("wax"):
            raise OSError(errno.ENOSPC, NO_SPACE)
        return opened(file, mode, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "open", open_or_fail)
        patch.setattr(tf.saved_model, "save", lambda functions, path, names: os.mkdir(path))
        if place in ("checkpoint", "export"):
            owner, name = (tf.train.Checkpoint, "write") if place == "checkpoint" else (tf.saved_model, "save")
            patch.setattr(owner, name, Mock(side_effect=full))
        with pytest.raises(OSError, match=NO_SPACE) as caught:
            write_everything(tmp_path)
    said = unwritable(tmp_path, caught.value)
    assert f"The run folder {tmp_path} can't be written" in said and "\n" not in said
    again, _, folder = new_run(tmp_path)
    assert loop.begin(again, folder) and not (tmp_path / "results.json").exists()


def test_one_process_a_run_folder(tmp_path):
    new_run(tmp_path)
    with locked(tmp_path), pytest.raises(ValueError, match=f"in use by another process .process {os.getpid()} "):
        new_run(tmp_path)
    new_run(tmp_path)


def break_at_4(monkeypatch, times):
    """Lets a mean of the mixture be infinite after step 4, until the run was rolled back some times."""

    def act_and_break(run, *args):
        ACT(run, *args)
        if run.step == 4 and run.trainer.rollbacks < times:
            means = run.game.model.generative["h"].means
            means.assign(tf.fill(means.shape, np.inf))

    monkeypatch.setattr(loop, "_act", act_and_break)


def test_a_number_that_is_not_finite_stops_and_names_step_factor_tensor_and_checkpoint(tmp_path, monkeypatch):
    run, study, folder = new_run(tmp_path)
    loop.begin(run, folder)
    break_at_4(monkeypatch, times=1)
    with pytest.raises(NonFiniteError, match=r"step 4: .*\(h, k\).*weights: .*means.*last good checkpoint is .*0003"):
        loop.train(run, study, folder)
    again, _, folder = new_run(tmp_path)
    assert loop.begin(again, folder) and again.step == 3


@pytest.mark.parametrize("every", ["save_every", "evaluate_every"])
def test_weights_that_are_not_finite_are_neither_kept_nor_looked_at(tmp_path, every):
    """A rate that no weight outlives: the costs of the step before it are finite."""
    apart = {"log_every": 9, "save_every": 9, "evaluate_every": 9} | {every: 1}
    run, study, folder = new_run(tmp_path, **apart)
    loop.begin(run, folder)
    run.trainer.optimizers["discriminators"].learning_rate.assign(1e39)  # which is infinite in float32
    with pytest.raises(
        NonFiniteError, match=r"step 0: \d+ tensors are not finite then: .*The run stops; the last good"
    ):
        loop.train(run, study, folder)
    assert checkpoints(tmp_path).steps() == [0] and not list((tmp_path / "pictures").iterdir())
    assert all(np.isfinite(value).all() for value in last_tensors(tmp_path / "checkpoints").values())


def test_a_rollback_goes_on_with_other_draws_and_a_resumed_one_is_the_same_run(tmp_path, capsys, monkeypatch):
    def broken_once(path, steps):
        run, study, folder = new_run(path, steps=steps, on_nonfinite="rollback")
        loop.begin(run, folder)
        break_at_4(monkeypatch, times=1)
        loop.train(run, study, folder)
        return state(run), path

    plain = state(trained(tmp_path / "plain", steps=10))
    whole = broken_once(tmp_path / "whole", 10)
    assert "Rollback 1 of 3: back to step 3, with other draws" in capsys.readouterr().out
    broken_once(tmp_path / "parts", 5)
    assert_same_runs(whole, broken_once(tmp_path / "parts", 10), end=5)
    assert not all(np.array_equal(a, b) for a, b in zip(plain, whole[0], strict=True))
    assert [row["rollbacks"] for row in rows(tmp_path / "whole")] == [0, 1, 1, 1, 1, 1, 1]


def test_rollbacks_end(tmp_path, monkeypatch):
    """Also in a run that is started again."""
    for before in (0, 3):
        run, study, folder = new_run(tmp_path, on_nonfinite="rollback")
        loop.begin(run, folder)
        assert run.trainer.rollbacks == before
        break_at_4(monkeypatch, times=9)
        with pytest.raises(NonFiniteError, match="stops after 3 rollbacks"):
            loop.train(run, study, folder)


@pytest.mark.parametrize("whole", [0, 1])
def test_a_rollback_to_damaged_checkpoints(tmp_path, whole):
    """The damaged ones are set aside; without a whole one the run stops, and says so."""
    run, _, folder = new_run(tmp_path, on_nonfinite="rollback")
    loop.begin(run, folder)
    error, saved = NonFiniteError("a number is not finite"), checkpoints(tmp_path)
    saved.save(run.state, 2)
    for path in saved.paths()[whole:]:
        (path / "variables.index").unlink()
    if whole:
        loop._roll_back(run, folder, error)
        assert [p.name for p in saved.paths()] == ["ckpt-0000000"]
        assert (saved.folder / "ckpt-0000002.corrupt").is_dir()
    else:
        with pytest.raises(NonFiniteError, match=r"not finite. The run can't be rolled back: .*no checkpoint that is"):
            loop._roll_back(run, folder, error)


def test_a_checkpoint_that_is_older_than_the_statistics_of_q_is_read(tmp_path):
    run, _, folder = new_run(tmp_path)
    loop.begin(run, folder)
    (written,) = checkpoints(tmp_path).paths()
    shutil.rmtree(written)
    checkpoints(tmp_path).save(run._older_state, 0)
    weights = run.game.model.trainable_variables
    before = [v.numpy() for v in weights]
    for variable in weights:
        variable.assign(tf.zeros_like(variable))
    assert run.restore(tmp_path)[0]
    for variable, value in zip(weights, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
