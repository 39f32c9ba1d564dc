"""What is configured elsewhere, for other programs, changes nothing here."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.small_runs import last_tensors
from tests.system.forks import ROOT

S = (
    "--recipe=released",
    "--steps=2",
    "--width=2",
    "--K=3",
    "--units=4",
    "--latent=3",
    "--batch_size=4",
    "--evaluate_every=2",
)


def run(arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | environment, text=True, capture_output=True
    )


def test_keras_and_matplotlib_are_as_this_package_needs_them(tmp_path):
    """A keras.json of half precision and channels first, another backend, a notebook's backend of matplotlib."""
    wrong = {"floatx": "float16", "epsilon": 1e-7, "backend": "torch", "image_data_format": "channels_first"}
    (tmp_path / "keras.json").write_text(json.dumps(wrong))
    elsewhere = {"KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "jax", "MPLBACKEND": "module://matplotlib_of.nobody"}
    done = run(["train_gmgan.py", *S, f"--run_dir={tmp_path / 'run'}"], **elsewhere)
    assert done.returncode == 0, done.stderr
    phases = re.findall(r"^(\w[^\r\n]*) \.\.\. \d+\.\d s$", done.stderr, re.MULTILINE)
    assert ", ".join(phases) == (
        "Loads TensorFlow, Builds the networks, Reads digits, Builds the graph of a step, Scores 347 test examples, "
        "Exports the model"
    )
    assert "All log messages before" not in done.stderr and "oneDNN" not in done.stderr
    kept = last_tensors(tmp_path / "run" / "checkpoints").values()
    assert {str(value.dtype) for value in kept} == {"float32", "int64"}  # the rate of Adam too


def test_keras_that_is_loaded_already_with_another_backend_is_refused():
    program = """
import sys, types
keras = sys.modules["keras"] = types.ModuleType("keras")
keras.config = types.SimpleNamespace(backend=lambda: "jax")
import graphical_gan
"""
    done = run(["-c", program])
    assert done.returncode == 1
    assert "ImportError: Keras is loaded with the backend jax; graphical_gan expects tensorflow." in done.stderr


def test_a_classifier_is_made_of_the_same_layers(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"floatx": "float64", "image_data_format": "channels_first"}))
    program = (
        "import graphical_gan.fidelity.classifier, keras as k; print(k.config.floatx(), k.config.image_data_format())"
    )
    done = run(["-c", program], KERAS_HOME=str(tmp_path))
    assert done.stdout == "float32 channels_last\n", done.stderr


PRINTS = """
import sys
from graphical_gan.settings import command_line
sys.argv = ["report.py"]
command_line.run(lambda argv: print({said}, flush=True))
"""


def test_letters_that_the_terminal_lacks_are_written_by_their_numbers():
    done = run(["-c", PRINTS.format(said="'/ü漢'")], PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, "/\\xfc\\u6f22\n", "")


@pytest.mark.parametrize("reader", [">&-", "| true"])
def test_help_that_nobody_reads_is_nobodys_concern(reader):
    program = f"{sys.executable} train_gmgan.py --help {reader}"
    done = subprocess.run(["sh", "-c", program], cwd=ROOT, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_pipe_is_one_sentence():
    program, pipe = PRINTS.format(said="'x' * 2**20"), subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=pipe, stderr=pipe) as done:
        done.stdout.close()
        said = done.stderr.read().decode()
    assert done.returncode == 1 and said.startswith("report.py: Nobody reads what is printed any more"), said
    assert len(said.splitlines()) == 1
