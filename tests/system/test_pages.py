"""What the pages of docs/ tell a reader to type is typed: Python as it stands, commands with fewer steps."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from graphical_gan.pictures import grids

ROOT = pathlib.Path(__file__).parents[2]
SHORT = ["--steps=4", "--width=4", "--log_every=2", "--evaluate_every=4", "--save_every=4"]


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


def run_commands(page, folder, env):
    for line in "".join(blocks(page, "sh")).splitlines():
        words = shlex.split(line)
        if words[1].startswith("train_"):
            words = [words[0], str(ROOT / words[1]), *words[2:], *SHORT]
        done = subprocess.run(
            [sys.executable, *words[1:]], cwd=folder, env=env, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, (line, done.stderr[-2000:])


@pytest.fixture
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("HOME", str(tmp_path))
    return os.environ.copy()


@pytest.mark.parametrize("code", blocks("exports.md", "python"))
def test_an_exported_model_is_used(code, tmp_path, monkeypatch):
    (tmp_path / "models").symlink_to(ROOT / "models")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "exports.md", "exec"), {})


@pytest.mark.slow
@pytest.mark.parametrize("code", blocks("arrays.md", "python"), ids=["images", "table", "clips", "own"])
def test_arrays_are_learnt(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = "width=2, units=8, latent=6, log_every=2, evaluate_every=4, save_every=4"
    short = re.sub(r'recipe="\w+"', lambda found: f"{found[0]}, {small}", re.sub(r"steps=\d+", "steps=4", code))
    found = {}
    exec(compile(short.replace('run_dir="my_digits"', 'steps=4, run_dir="my_digits"'), "arrays.md", "exec"), found)
    if "digits" in found:
        assert len(found["model"].labels_) == 1797
        with Image.open(tmp_path / "clusters.png") as picture:
            assert picture.size == (20 * 50 - 2, 8 * 50 - 2 + grids.LINE)
        shown = [sys.executable, "-m", "graphical_gan.report", "my_digits"]
        subprocess.run(shown, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert "longer" not in found or found["longer"].shape == (4, 32, 16, 16, 1)


@pytest.mark.slow
def test_the_notebook_runs_to_its_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    book, space = json.loads((ROOT / "docs" / "own_network.ipynb").read_text()), {}
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            exec(compile(re.sub(r"steps=\d+", "steps=4", "".join(cell["source"])), "own_network.ipynb", "exec"), space)
    assert [len(line.get_xdata()) for line in plt.gca().lines] == [81, 81]
    plt.close("all")
    assert any("image/png" in output.get("data", {}) for cell in book["cells"] for output in cell.get("outputs", []))


@pytest.mark.slow
def test_images_are_clustered(tmp_path, monkeypatch, environment):
    monkeypatch.chdir(tmp_path)
    for code in blocks("cluster_your_images.md", "python"):
        exec(compile(code, "cluster_your_images.md", "exec"), {})
    run_commands("cluster_your_images.md", tmp_path, environment)
    assert (tmp_path / "my_clusters" / "clusters.csv").read_text().count("\n") == 1798
    assert (tmp_path / "component-3.png").exists()


@pytest.mark.slow
def test_clips_become_films(tmp_path, environment):
    random = np.random.default_rng(0)
    for clip in range(40):
        folder = tmp_path / "my_clips" / f"clip {clip}"
        folder.mkdir(parents=True)
        for frame in range(16):
            Image.fromarray(random.integers(0, 256, (28, 28), np.uint8)).save(folder / f"{frame:02}.png")
    run_commands("films_of_your_clips.md", tmp_path, environment)
    with Image.open(tmp_path / "films.gif") as film:
        assert film.n_frames == 48
