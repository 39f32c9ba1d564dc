"""The page "A network of your own": its code is run as it is printed."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from graphical_gan.engine import priors
from graphical_gan.engine.checks import checked_samples
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.runs import loop, programs
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.folder import RunFolder
from graphical_gan.settings import command_line
from tests.helpers import Dense

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your_own_network.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
SMALL = ["--width=2", "--units=8", "--latent=6", "--steps=2"]


@pytest.mark.parametrize(
    ("block", "name", "flags"), [(0, "my_network", ["--K=5"]), (2, "my_clips", ["--T=3", "--motion=3"])]
)
def test_the_page_works_as_printed(tmp_path, block, name, flags):
    assert len(BLOCKS[block].splitlines()) <= 60
    script = tmp_path / f"{name}.py"
    script.write_text(BLOCKS[block])
    command = [sys.executable, str(script), *SMALL, *flags, f"--run_dir={tmp_path / 'run'}"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line in re.findall(r"^    ((?:[pq]\(|factor |\().*)$", after(BLOCKS[block]), flags=re.MULTILINE):
        assert line in done.stdout  # what --dry_run is said to print is printed at the start of a run, too
    assert json.loads((tmp_path / "run" / "results.json").read_text())["model"] == name
    assert (tmp_path / "run" / "saved_model" / "saved_model.pb").is_file()


def test_labels_for_a_network_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(command_line, "define", lambda knobs: None)
    names = {"__name__": "my_network"}
    exec(compile(BLOCKS[0].replace('Node("k")', 'Node("k", partly=True)'), "page", "exec"), names)
    program = programs.of_images("my_network", names["build"], labelled="k")
    sizes = {"width": 2, "units": 8, "latent": 6, "K": 10, "steps": 2, "log_every": 1}
    settings = program.recipe.resolve({"labels": 20} | sizes)
    build, study = program.engine()
    run, folder = Experiment(settings, build, program.check(settings)), RunFolder(tmp_path, program.name, settings)
    loop.begin(run, folder)
    loop.train(run, study(run.game.model, program.load(settings), settings), folder)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    known = [row["known_values"] for row in rows if "known_values" in row]
    assert known and min(known) > 0
    assert [0 < row["error"] < 1 for row in rows if "error" in row] == [True]


def after(block):
    """What the page says of a block, up to the next heading."""
    return PAGE.partition(block)[2].partition("\n## ")[0]


def test_a_conditional_of_ones_own():
    names = {}
    exec(compile(BLOCKS[1], "page", "exec"), names)
    network = BayesianNetwork([Node("a"), Node("b"), Node("x", ["a", "b"], observed=True)])
    p = {"a": priors.standard_normal(2), "b": priors.standard_normal(3), "x": names["Sum"](4)}
    model = GraphicalGAN(network, p, {"b": Dense(3), "a": Dense(2)})
    assert checked_samples(model, make_stream(0))[0].values["x"].shape == (2, 4)
