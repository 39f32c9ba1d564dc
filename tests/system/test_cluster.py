"""The command that says which image belongs to which cluster, by the model that is shipped."""

import collections
import csv
import re

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_digits

from tests.system.forks import ROOT, command

MODEL = ROOT / "models" / "mnist"
NAME = 'a "<b>, [1].png'


def test_a_folder_is_clustered_and_only_earlier_results_are_replaced(tmp_path):
    folder, out = tmp_path / "images", tmp_path / "clusters"
    names = [*(f"{label}/{row}.png" for label in "ab" for row in range(20)), NAME]
    for name, digit in zip(names, load_digits().images, strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray((15 * digit).astype(np.uint8)).resize((20, 20))
        ImageOps.expand(small, 4).save(folder / name)  # as MNIST has them
    out.mkdir()
    (out / "clusters.csv").write_text("file,cluster,probability,distance\nold,1,1,1\n")
    status, said, err = command("-m", "graphical_gan.cluster", MODEL, folder, f"--out={out}", "--clusters=3")
    assert status == 0 and str(out / "clusters.csv") in said and "image/s" in err, err
    assert sorted(p.name for p in out.iterdir()) == ["clusters.csv", "clusters.html"]
    with open(out / "clusters.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [str(p.relative_to(folder)) for p in sorted(folder.rglob("*.png"))]
    assert collections.Counter(row["label"] for row in rows) == {"": 1, "a": 20, "b": 20}
    assert all(1 / 30 <= float(row["probability"]) <= 1 and float(row["distance"]) >= 0 for row in rows)
    of = {row["component"]: row["cluster"] for row in rows}  # a component is in one cluster
    assert len(of) > 3 and all(of[row["component"]] == row["cluster"] for row in rows)
    page = (out / "clusters.html").read_text()
    sizes = dict(re.findall(r'id="cluster-(\d+)".*?([\d,]+) images', page))
    assert len(sizes) == 3
    found = collections.Counter(row["cluster"] for row in rows)
    assert {k: int(n) for k, n in sizes.items() if n != "0"} == found

    (out / "clusters.html").write_text("mine")
    status, _, err = command("-m", "graphical_gan.cluster", MODEL, folder, f"--out={out}")
    assert status == 2 and "clusters.html is there" in err and (out / "clusters.html").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Nothing is given, and no --out; expected a model, images and a folder"),
        ((MODEL, "digits"), "digits is given, and no --out; expected"),
        ((MODEL, "no_such_folder", "--out=new"), "no_such_folder is no folder and no data set"),
        ((ROOT / "models", "digits", "--out=new"), "is no SavedModel. Name a finished run"),
        ((MODEL, ROOT, "--out=new", "--data_dir=x"), "--data_dir is for data sets"),
        ((MODEL, ROOT, "--out=new", "--split=train"), "--split is for data sets"),
        ((MODEL, "digits", "--out=new", "--clusters=31"), "--clusters=31 of a model with 30 components"),
        ((MODEL, "digits", "--out=new"), r"digits are of shape (16, 16, 1); this model takes (28, 28, 1)"),
    ],
)
def test_mistakes_are_named_before_anything_is_written(tmp_path, arguments, said):
    status, _, err = command("-m", "graphical_gan.cluster", *arguments, cwd=tmp_path)
    assert status == 2 and said in err and "Traceback" not in err
    assert not list(tmp_path.iterdir())
