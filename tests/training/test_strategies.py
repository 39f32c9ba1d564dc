"""Devices: what is refused, XLA, and two processes that are one run."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import types

import numpy as np
import pytest

from graphical_gan.runs.checkpoints import Checkpoints
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


def config(places, kind="worker", index=0):
    return json.dumps({"cluster": {"worker": places}, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{", '{"cluster": null, "task": {}}', '{"cluster": {"worker": ["localhost:1"]}}', "[" * 9999,
        config(["localhost"]), config(["localhost:port"]), config(["no.such.host.invalid:1"]), config("localhost:1"),
        config(["localhost:1"], index=1), config(["localhost:1"], index="0"), config(["localhost:1"], index=-1),
        config(["localhost:1"], kind="chief"), config(["localhost:1"], kind="ps"), config([]), config([7]),
    ],
)  # fmt: skip
def test_a_wrong_tf_config_is_one_sentence(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    for ask in (is_chief, lambda name: make_strategy(name, 8)):
        with pytest.raises(ValueError, match="--strategy=multi_worker needs .* TF_CONFIG, which is .*; expected") as e:
            ask("multi_worker")
        assert len(str(e.value)) < 800


def test_the_chief_is_the_first(monkeypatch):
    for cluster, kind, index, chief in [
        ({"worker": ["localhost:1", "localhost:2"]}, "worker", 0, True),
        ({"worker": ["localhost:1", "localhost:2"]}, "worker", 1, False),
        ({"chief": ["localhost:1"], "worker": ["localhost:2"]}, "chief", 0, True),
        ({"chief": ["localhost:1"], "worker": ["localhost:2"]}, "worker", 0, False),
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


HANG = 1800  # seconds; on a busy machine two processes take minutes
TINY = [
    "--recipe=released", "--width=2", "--units=8", "--latent=6", "--K=5",
    "--log_every=2", "--evaluate_every=4", "--save_every=4",
]  # fmt: skip


def start(run_dir, steps, task=None, ports=()):
    """A training process; one of two workers if it is given a task."""
    flags = [*TINY, f"--steps={steps}", f"--run_dir={run_dir}", "--batch_size=8"]
    environment = dict(os.environ)
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
def test_two_processes_without_a_shared_disk_equal_one_and_go_on(tmp_path):
    together, other, alone = tmp_path / "together", tmp_path / "other", tmp_path / "alone"
    for steps in (4, 8):  # the second time they go on from step 4, which the chief alone knows of
        ports = free_ports()
        workers = [start(path, steps, task, ports) for task, path in enumerate((together, other))]
        printed = [worker.communicate(timeout=HANG)[0].decode() for worker in workers]
        assert [worker.returncode for worker in workers] == [0, 0], printed
    assert "Goes on from step 4." in printed[0] and "Pictures, curves" in printed[0]
    assert "Pictures, curves" not in printed[1] and not other.exists()
    one = start(alone, 8)
    text = one.communicate(timeout=HANG)[0].decode()
    assert one.returncode == 0, text
    names = {p.name for p in together.iterdir()}
    assert names == {p.name for p in alone.iterdir()}
    for a, b in zip(rows(together), rows(alone), strict=True):
        assert a["step"] == b["step"] and a.keys() == b.keys()
        for name in ("cost_on_p/(h, k)", "cost_on_q/(x, h)", "mse"):
            assert a.get(name, 0) == pytest.approx(b.get(name, 0), rel=1e-2), name
    one = start(together, 10)
    text = one.communicate(timeout=HANG)[0].decode()
    assert one.returncode == 0 and "Goes on from step 8." in text, text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "number"), [(0, signal.SIGTERM), (1, signal.SIGTERM), (0, signal.SIGKILL), (1, signal.SIGKILL)]
)
def test_what_ends_one_process_ends_the_other_in_order(tmp_path, task, number):
    ports = free_ports()
    workers = [start(tmp_path / str(index), 10**6, index, ports) for index in range(2)]
    while not (tmp_path / "0" / "metrics.jsonl").exists():
        assert [worker.poll() for worker in workers] == [None, None]
        time.sleep(0.1)
    workers[task].send_signal(number)
    printed = [worker.communicate(timeout=HANG)[0].decode() for worker in workers]
    statuses = [worker.returncode for worker in workers]
    if number == signal.SIGTERM:
        assert statuses == [0, 0] and all("The same command goes on." in text for text in printed), printed
        assert Checkpoints(tmp_path / "0" / "checkpoints").steps()[-1] >= 2
    else:
        assert statuses[task] == -signal.SIGKILL and statuses[1 - task] == 1, printed
        assert "Another process of TF_CONFIG is gone" in printed[1 - task] and "Traceback" not in printed[1 - task]
    assert not (tmp_path / "1").exists()
