"""The page "A network of your own": its code is run as it is printed."""

import functools
import json
import re

import pytest

from graphical_gan.engine import priors
from graphical_gan.engine.checks import checked_samples
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.runs import loop, programs
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.folder import RunFolder
from tests.helpers import Dense
from tests.system.forks import ROOT, command

PAGE = (ROOT / "docs" / "your_own_network.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
SMALL = ["--width=2", "--units=8", "--latent=6", "--steps=2"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A function that trains a network of the page: its script, its run, and what the command said."""

    @functools.cache
    def once(block, name, *flags):
        folder = tmp_path_factory.mktemp(name)
        script, run = folder / f"{name}.py", folder / "run"
        script.write_text(BLOCKS[block])
        status, said, err = command(script, *SMALL, *flags, f"--run_dir={run}")
        assert status == 0, err
        return script, run, said

    return once


@pytest.mark.parametrize(
    ("block", "name", "flags"), [(0, "my_network", ["--K=5"]), (2, "my_clips", ["--T=3", "--motion=3"])]
)
def test_the_page_works_as_printed(trained, block, name, flags):
    assert len(BLOCKS[block].splitlines()) <= 60
    _, run, said = trained(block, name, *flags)
    for line in re.findall(r"^    ((?:[pq]\(|factor |\().*)$", after(BLOCKS[block]), flags=re.MULTILINE):
        assert line in said  # what --dry_run is said to print is printed at the start of a run, too
    assert json.loads((run / "results.json").read_text())["model"] == name
    assert (run / "saved_model" / "saved_model.pb").is_file()


def test_a_run_of_ones_own_network_is_opened_again_with_its_file(trained, tmp_path):
    script, run, _ = trained(0, "my_network", "--K=5")
    ran = []
    (run / "results.json").rename(run / "before.json")
    status, _, err = command("-m", "graphical_gan.evaluate", run)
    assert status == 2 and "Give the file that defines it" in err
    ran.append(command("-m", "graphical_gan.evaluate", run, f"--program={script}"))
    before, again = (json.loads((run / f"{name}.json").read_text()) for name in ("before", "results"))
    assert before.keys() == again.keys() and again["mse"] == pytest.approx(before["mse"], rel=1e-4)
    ran.append(command("-m", "graphical_gan.figures", "components", run, f"--program={script}"))
    assert (run / "pictures" / "figure-components-0000002.png").is_file()
    ran.append(command("-m", "graphical_gan.report", run))
    assert [status for status, _, _ in ran] == [0] * 3, ran
    other = run_path_error(tmp_path)
    with pytest.raises(ValueError, match="defines no PROGRAM; the run is of the network my_network"):
        programs.named("my_network", other)
    with pytest.raises(ValueError, match="nothing.py is no file"):
        programs.named("my_network", "nothing.py")


def run_path_error(folder):
    """A file that defines no network."""
    (folder / "other.py").write_text("x = 1\n")
    return str(folder / "other.py")


def test_labels_for_a_network_of_ones_own(tmp_path):
    names = {"__name__": "my_network"}
    exec(compile(BLOCKS[0].replace('Node("k")', 'Node("k", partly=True)'), "page", "exec"), names)
    program = programs.of_images("my_network", names["build"], labelled="k")
    sizes = {"width": 2, "units": 8, "latent": 6, "K": 10, "steps": 2, "log_every": 1}
    settings = program.recipe.resolve({"labels": 20} | sizes)
    run, folder = (
        Experiment(settings, program.build, program.check(settings)),
        RunFolder(tmp_path, program.name, settings),
    )
    loop.begin(run, folder)
    loop.train(run, program.study(run.game.model, program.load(settings), settings), folder)
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
