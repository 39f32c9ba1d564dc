import contextlib
import functools
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(ROOT))

import graphical_gan  # noqa: E402, F401 -- before TensorFlow, whose environment it sets


@pytest.fixture(scope="module", autouse=True)
def seeded_module():
    """Weights that the fixtures of a module draw are the same, whichever tests ran before."""
    _seed()


@pytest.fixture(autouse=True)
def seeded(seeded_module):
    """And those that a test draws."""
    _seed()


def _seed():
    if keras := sys.modules.get("keras"):  # tests of what needs no TensorFlow load none
        keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def repeated():
    """What a command says to some arguments: (exit status, standard output, standard error).

    Again and again in one process a command: for mistakes, to which its start is most of the time that they take.
    """
    with contextlib.ExitStack() as stack:

        @functools.cache
        def started(name):
            program = [sys.executable, str(ROOT / "tests" / "system" / "driver.py"), name]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            return stack.enter_context(subprocess.Popen(program, **pipes, text=True, cwd=ROOT, env=environment))

        def run(name, *arguments):
            process = started(name)
            print(json.dumps(arguments), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())

        yield run
