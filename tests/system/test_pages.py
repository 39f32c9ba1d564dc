"""What the pages of docs/ tell a reader to type is typed: Python as it stands, commands with fewer steps."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

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
