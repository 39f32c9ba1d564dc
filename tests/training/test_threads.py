"""The number of threads: recorded, kept with --deterministic, and said otherwise."""

import json

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.training import threads
from tests.small_runs import last_tensors
from tests.system.test_environment import S, run


def test_a_run_that_goes_on_with_others_says_so(monkeypatch):
    monkeypatch.setattr(tf.config.threading, "get_intra_op_parallelism_threads", lambda: 0)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: {0, 1, 5})
    assert threads.number() == 3 and threads.keep(3, True) is None and threads.keep(None, True) is None
    assert "began with 2 threads an operation and goes on with 3" in threads.keep(2, pin=False)
    kept = []
    monkeypatch.setattr(tf.config.threading, "set_intra_op_parallelism_threads", kept.append)
    assert threads.keep(2, pin=True).startswith("Goes on with 2 threads") and kept == [2]
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")
    assert threads.number() == 7


@pytest.mark.parametrize(
    ("size", "before", "cpus", "named", "chosen"),
    [
        *((32 * 28, None, 2, "", [1]), (32 * 28, 1, 2, "", [1]), (32 * 28, 2, 2, "", []), (64 * 28, None, 2, "", [])),
        *((32 * 64, None, 2, "", []), (512, None, 1, "", []), (512, None, 4, "", []), (512, None, 2, "2", [])),
    ],
)
def test_small_networks_on_two_cpus(monkeypatch, size, before, cpus, named, chosen):
    monkeypatch.setattr(tf.config.threading, "get_intra_op_parallelism_threads", lambda: 0)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", named)
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: set(range(cpus)))
    found = []
    monkeypatch.setattr(tf.config.threading, "set_intra_op_parallelism_threads", found.append)
    threads.choose(size, before)
    assert found == chosen


@pytest.mark.slow
def test_a_deterministic_run_is_the_same_to_the_bit_on_another_number_of_cores(tmp_path):
    flags = ["train_gmgan.py", *(f for f in S if not f.startswith("--steps")), "--deterministic", "--width=16"]
    one = {"TF_NUM_INTRAOP_THREADS": "1"}
    for path, steps, environment in (
        ("whole", 6, one),
        ("parts", 3, one),
        ("parts", 6, {"TF_NUM_INTRAOP_THREADS": "4"}),
    ):
        done = run([*flags, f"--steps={steps}", f"--run_dir={tmp_path / path}"], **environment)
        assert done.returncode == 0, done.stderr
    assert "Goes on with 1 threads, as it began, and not with the 4 of this machine." in done.stdout
    assert json.loads((tmp_path / "parts" / "settings.json").read_text())["threads"] == 1
    whole, parts = (last_tensors(tmp_path / path / "checkpoints") for path in ("whole", "parts"))
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)
