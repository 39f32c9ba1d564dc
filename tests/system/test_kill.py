"""A real training process that is killed, stopped and starved: what is left goes on, and ends as if nothing was."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.small_runs import assert_same_folders, rows
from tests.system.forks import ROOT

KILLS = 6  # of each command, in the slow suite
SMALL = ["--K=5", "--recipe=released", "--width=2", "--units=8", "--latent=6", "--batch_size=8", "--evaluate_every=40"]


def start(path, *flags):
    """A training process that is on its way."""
    arguments = [sys.executable, str(ROOT / "train_gmgan.py"), *SMALL, f"--run_dir={path}", *flags]
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


def finish(process):
    """Its exit status and what it said."""
    out, err = process.communicate()
    return process.returncode, out, err


def wait_for_step(path, process, step):
    """Waits until a row of a later step is there; False if the process ended before."""
    while process.poll() is None:
        if (path / "metrics.jsonl").exists() and any(row["step"] >= step for row in rows(path)[:-1]):
            return True
        time.sleep(0.05)
    return False


FLAGS = ["--steps=120", "--log_every=5", "--save_every=10"]


def test_ctrl_c_saves_the_step_and_says_how_to_go_on(tmp_path):
    process = start(tmp_path, *FLAGS)
    assert wait_for_step(tmp_path, process, 20)
    process.send_signal(signal.SIGINT)
    status, _, err = finish(process)
    assert status == 130 and "The same command goes on." in err, err


@pytest.mark.slow
def test_a_stop_a_second_process_and_a_kill(tmp_path):
    """Stopped by SIGTERM, then refused to a second process and killed, then finished: like one that was left alone."""
    path = tmp_path / "run"
    process = start(path, *FLAGS)
    assert wait_for_step(path, process, 20)
    process.send_signal(signal.SIGTERM)
    status, _, err = finish(process)
    assert status == 0 and "The same command goes on." in err, err
    process = start(path, *FLAGS)
    assert wait_for_step(path, process, rows(path)[-1]["step"] + 10)
    process.send_signal(signal.SIGSTOP)  # while the second one starts
    status, _, err = finish(start(path, *FLAGS))
    assert status == 2 and f"is in use by another process (process {process.pid} on" in err, err
    process.send_signal(signal.SIGKILL)
    process.communicate()
    status, out, err = finish(start(path, *FLAGS))
    assert status == 0 and "Goes on from step" in out, err
    whole = tmp_path / "whole"
    assert finish(start(whole, *FLAGS))[0] == 0
    assert_same_folders(whole, path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gmgan", "ssgan"])
def test_killed_at_any_moment(name):
    """Killed again and again while it starts, trains, saves, scores and exports: it ends like one left alone."""
    command = [sys.executable, "-m", "tests.system.kills", name, f"--kills={KILLS}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]  # a line a run, of all until then
    assert f"{name}: {KILLS} kills, " in last and ", 0 of them while" not in last, done.stdout


@pytest.fixture
def small_disk(tmp_path):
    """A function that mounts a file system of some MiB."""
    mounted = []

    def mount(size, *options):
        path = tmp_path / "disk"
        path.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}m", *options]), "none", str(path)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("file systems can't be mounted here")
        mounted.append(path)
        return path

    yield mount
    for path in mounted:
        subprocess.run(["umount", str(path)], check=True)


@pytest.mark.slow
def test_a_full_disk(small_disk):
    """The run stops with one sentence; with room again, the same command goes on from the last checkpoint."""
    path = small_disk(12) / "run"
    flags = ["--steps=60", "--log_every=2", "--save_every=2", "--evaluate_every=60"]
    process = start(path, *flags)
    assert wait_for_step(path, process, 4)
    with open(path.parent / "filler", "wb") as file:
        file.write(bytes(os.statvfs(path).f_bavail * os.statvfs(path).f_bsize))
    status, _, err = finish(process)
    assert status == 1 and "Traceback" not in err, err
    assert f"The run folder {path} can't be written" in err and "0 MiB are free there" in err
    (path.parent / "filler").unlink()
    subprocess.run(["mount", "-o", "remount,size=100m", str(path.parent)], check=True)
    status, out, err = finish(start(path, *flags))
    assert status == 0 and "Goes on from step" in out, err
    assert [row["step"] for row in rows(path) if row["split"] == "train"] == list(range(2, 61, 2))


@pytest.mark.slow
def test_a_folder_that_can_only_be_read(small_disk):
    path = small_disk(1, "ro")
    status, _, err = finish(start(path / "run"))
    assert status in (1, 2) and "Traceback" not in err and f"{path}" in err and "can't be written" in err, err
