"""A path that a user gives, in every flag and argument: expanded, absolute, and on this machine."""

import pathlib
import subprocess
import sys

import pytest

from graphical_gan.common.files import local_path
from graphical_gan.data.__main__ import main

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("imgs/", "/here/imgs"),
        ("./a/../r[1]", "/here/r[1]"),
        ("~/x", "/home/me/x"),
        ("./~x", "/here/~x"),
        ("/a b/漢*?", "/a b/漢*?"),
        ("C:/x", "/here/C:/x"),
    ],
)
def test_a_path_is_absolute_and_taken_as_it_is(monkeypatch, given, meant):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr("os.getcwd", lambda: "/here")
    assert local_path(given, "--run_dir") == meant


@pytest.mark.parametrize("given", ["", " ", "gs://bucket/a", "file:///a", "https://x.org/a.png", "~nobody-here/x"])
def test_what_is_no_path_here_is_refused(given):
    with pytest.raises(ValueError, match="--run_dir=.* is no path on this machine: expected one such as .* copied"):
        local_path(given, "--run_dir")


FLAGS = """
import graphical_gan.{command}
from absl import flags
flags.FLAGS(["x"])
print(*(f.name for f in {{id(f): f for f in flags.FLAGS._flags().values()}}.values() if "_PathParser" in str(f.parser)))
"""


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("evaluate", {"data_dir", "manual_dir", "program", "export"}),
        ("evaluate_samples", {"data_dir", "manual_dir", "cache_dir", "program"}),
        ("figures", {"data_dir", "manual_dir", "program"}),
        ("report", {"out"}),
        ("reproduce", {"data_dir", "manual_dir", "out", "runs", "cache_dir"}),
        ("sample", {"out"}),
    ],
)
def test_all_paths_are_read_in_one_place(command, names):
    code = FLAGS.format(command=command)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == names


def test_the_data_command_reads_paths_alike(capsys):
    for flag in ("--manual_dir", "--data_dir", "--out"):
        with pytest.raises(SystemExit):
            main(["--dataset=mnist", f"{flag}=gs://bucket/a"])
        assert f"{flag}='gs://bucket/a' is no path on this machine" in capsys.readouterr().err
