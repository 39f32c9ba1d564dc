"""A long run leaks neither memory nor open files."""

import gc
import os
import resource

import pytest

from graphical_gan.evaluation import clip_study
from graphical_gan.runs import loop
from tests.small_runs import INSTANCES, new_run


def resident():
    """Memory of this process that is in use, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.mark.slow
@pytest.mark.parametrize("name", INSTANCES)
def test_2000_steps_with_all_actions_leak_nothing(tmp_path, monkeypatch, name):
    """After 2,000 steps as after 200, within 3%."""
    monkeypatch.setattr(clip_study, "CLIPS", 8)
    every = {"log_every": 10, "evaluate_every": 50, "save_every": 25}
    run, study, folder = new_run(tmp_path, name, steps=2000, **every)
    loop.begin(run, folder)
    found, act = {}, loop._act

    def act_and_measure(*args):
        act(*args)
        if run.step in (200, 2000):
            gc.collect()
            found[run.step] = resident(), len(os.listdir("/proc/self/fd"))

    monkeypatch.setattr(loop, "_act", act_and_measure)
    loop.train(run, study, folder)
    print(name, {step: (f"{memory / 2**20:.0f} MiB", files) for step, (memory, files) in found.items()})
    assert found[2000][0] < 1.03 * found[200][0]
    assert found[2000][1] <= found[200][1]
