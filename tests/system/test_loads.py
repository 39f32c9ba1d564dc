"""Many processes load an export at once, while another takes its place again and again."""

import json
import os
import subprocess
import sys

import pytest

from tests.system.forks import ROOT

PROCESSES = 20
SCRIPT = """
import hashlib, json, os, pathlib, shutil, sys, time
import numpy as np
from graphical_gan.settings import command_line
command_line.load_tensorflow()
from graphical_gan import export
from tests.system.forks import forked

MODELS = [pathlib.Path("models", name) for name in ("mnist", "moving_digits")]
place, count = pathlib.Path(sys.argv[1], "model"), int(sys.argv[2])


def used(path):
    # What a model says, draws and infers, as a digest.
    model = export.saved_models.load_saved_model(path)
    drawn = model.sample(8, seed=1) if export.saved_models.draws_images(model) else model.sample(8, 16, 1)
    found = [model.about(), drawn, *(value for _, value in sorted(model.infer(drawn).items()))]
    return hashlib.sha256(b"".join(np.asarray(value.numpy()).tobytes() for value in found)).hexdigest()


def use_and_tell(path, out):
    digest, status = used(path), pathlib.Path("/proc/self/status").read_text()
    rollup = pathlib.Path("/proc/self/smaps_rollup").read_text()  # Pss: what processes share is divided among them
    [peak], [own] = ([int(line.split()[1]) for line in text.splitlines() if line.startswith(name)]
                     for text, name in ((status, "VmHWM:"), (rollup, "Pss:")))
    pathlib.Path(out).write_text(json.dumps([digest, peak >> 10, own >> 10]))


def put(model):
    export.saving.put(place, lambda folder: shutil.copytree(model, folder))


def process(path, name):
    return forked(lambda: use_and_tell(path, root / name), "/dev/stdout", "/dev/stderr")


root = pathlib.Path(sys.argv[1])
for number, model in enumerate(MODELS):  # each in a process of its own: this one may compute nothing before it forks
    os.waitpid(process(model, f"alone-{number}"), 0)
put(MODELS[0])
left = {process(place, f"together-{number}") for number in range(count)}
for replaced in range(1, 4):
    time.sleep(3)
    put(MODELS[replaced % 2])
for number in left:
    os.waitpid(number, 0)
"""


@pytest.mark.slow
def test_loads_of_an_export_that_is_replaced(tmp_path):
    """Each gives what one of the two models gives alone: the same bits, and never parts of both."""
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(PROCESSES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    alone, together = (
        [json.loads(file.read_text()) for file in sorted(tmp_path.glob(f"{name}-*"))] for name in ("alone", "together")
    )
    print("MiB at most, MiB of each:", [found[1:] for found in together])
    assert len(together) == PROCESSES and len({digest for digest, *_ in alone}) == 2, done.stderr
    assert {digest for digest, *_ in together} <= {digest for digest, *_ in alone}
    assert max(peak for _, peak, _ in together) < 1.5 * max(peak for _, peak, _ in alone)  # of two, one after the other
