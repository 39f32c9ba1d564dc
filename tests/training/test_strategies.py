"""Devices: what is refused, XLA, and two processes that are one run."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import types

import numpy as np
import pytest

from graphical_gan.training.strategies import check_batch, compiles, is_chief, make_strategy
from tests.helpers import tiny_gmgan
from tests.small_runs import rows
from tests.training.test_training import minibatches, trainer, weights

ROOT = pathlib.Path(__file__).parents[2]


def test_one_device_is_the_default_and_is_not_compiled_on_a_cpu():
    strategy = make_strategy("mirrored", 25)
    assert strategy.num_replicas_in_sync == 1 and is_chief("mirrored") and not compiles(None, strategy)
    assert compiles(True, strategy)


def test_replicas_must_divide_the_batch():
    with pytest.raises(ValueError, match="--batch_size=25 is not a multiple of the 2 replicas"):
        check_batch(25, 2)
    check_batch(26, 2)


def test_what_is_missing_is_said(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert is_chief("multi_worker")
    with pytest.raises(ValueError, match="--strategy=multi_worker needs the environment variable TF_CONFIG"):
        make_strategy("multi_worker", 8)
    with pytest.raises(ValueError, match="--strategy=tpu finds no TPU here"):
        make_strategy("tpu", 8)


def test_the_chief_is_the_first(monkeypatch):
    for cluster, kind, index, chief in [
        ({"worker": ["a:1", "b:1"]}, "worker", 0, True),
        ({"worker": ["a:1", "b:1"]}, "worker", 1, False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, "chief", 0, True),
        ({"chief": ["a:1"], "worker": ["b:1"]}, "worker", 0, False),
    ]:
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}}))
        assert is_chief("multi_worker") == chief and is_chief("mirrored")


def test_several_replicas_are_not_compiled():
    two = types.SimpleNamespace(num_replicas_in_sync=2)
    with pytest.raises(ValueError, match="--jit is for one replica"):
        compiles(True, two)
    assert not compiles(None, two)


@pytest.mark.slow
def test_compiled_steps_train():
    run = trainer(lambda: tiny_gmgan(batch_norm=True), order="players_first", strategy=make_strategy("mirrored", 8))
    run.jit = True
    before = weights(run.game.model)
    watched = run.run(minibatches(), 2)
    assert all(np.isfinite(v) for v in watched.values())
    assert np.mean([not np.array_equal(a, b) for a, b in zip(before, weights(run.game.model), strict=True)]) > 0.7


TINY = ["--width=2", "--units=8", "--latent=6", "--K=5", "--log_every=2", "--evaluate_every=4", "--save_every=4"]


def start(run_dir, steps, task=None, ports=()):
    """A training process; one of two workers if it is given a task."""
    flags = [*TINY, f"--steps={steps}", f"--run_dir={run_dir}", "--batch_size=8"]
    environment = os.environ | {"TMPDIR": str(run_dir.parent)}
    if task is not None:
        flags.append("--strategy=multi_worker")
        cluster = {"worker": [f"localhost:{port}" for port in ports]}
        environment |= {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": task}})}
    program = [sys.executable, "train_gmgan.py", *flags]
    return subprocess.Popen(program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def free_ports():
    with socket.socket() as one, socket.socket() as two:
        for s in (one, two):
            s.bind(("localhost", 0))
        return [s.getsockname()[1] for s in (one, two)]


@pytest.mark.slow
def test_two_processes_on_loopback_equal_one_and_go_on(tmp_path):
    together, alone = tmp_path / "together", tmp_path / "alone"
    for steps in (4, 8):  # the second time they go on from step 4
        ports = free_ports()
        workers = [start(together, steps, task, ports) for task in range(2)]
        printed = [worker.communicate(timeout=600)[0].decode() for worker in workers]
        assert [worker.returncode for worker in workers] == [0, 0], printed
    assert all("Goes on from step 4." in text for text in printed)
    one = start(alone, 8)
    text = one.communicate(timeout=600)[0].decode()
    assert one.returncode == 0, text
    names = {p.name for p in together.iterdir()}
    assert names == {p.name for p in alone.iterdir()}
    assert not list(tmp_path.glob("graphical-gan-*"))  # the other worker left nothing
    for a, b in zip(rows(together), rows(alone), strict=True):
        assert a["step"] == b["step"] and a.keys() == b.keys()
        for name in ("cost_on_p/(h, k)", "cost_on_q/(x, h)", "mse"):
            assert a.get(name, 0) == pytest.approx(b.get(name, 0), rel=1e-2), name
