"""Data is known by what it holds: not by its path, nor by the names of its files."""

import shutil

import numpy as np
import pytest
from PIL import Image

from graphical_gan import data


def make_images(root, count=40):
    for number in range(count):
        path = root / ("ant" if number < count // 2 else "bee") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9), (6 * number, 0, 0)).save(path)
    return root


def of_images(root):
    return data.load("folder", manual_dir=root, image_size=28).fingerprint


def test_the_same_images_elsewhere_and_spelt_otherwise_are_the_same(tmp_path, monkeypatch):
    known = of_images(make_images(tmp_path / "imgs"))
    assert (known["train"], known["validation"], known["test"]) == (32, 4, 4)
    shutil.copytree(tmp_path / "imgs", tmp_path / "moved [2019]")
    monkeypatch.chdir(tmp_path)
    for spelling in ("imgs/", "./imgs", tmp_path / "imgs", "moved [2019]"):
        assert of_images(spelling) == known


def add(root):
    Image.new("RGB", (9, 9)).save(root / "ant" / "new.png")


def remove(root):
    (root / "bee" / "39.png").unlink()


def change_a_pixel(root):
    pixels = np.asarray(Image.open(root / "bee" / "39.png")).copy()
    pixels[:, :, 1] = 1
    Image.fromarray(pixels).save(root / "bee" / "39.png")


def swap(root):
    (root / "ant" / "00.png").rename(root / "x")
    (root / "bee" / "39.png").rename(root / "ant" / "00.png")
    (root / "x").rename(root / "bee" / "39.png")


def label_otherwise(root):
    (root / "bee" / "20.png").rename(root / "ant" / "20.png")  # it keeps its place in the order


@pytest.mark.parametrize("change", [add, remove, change_a_pixel, swap, label_otherwise])
def test_other_images_are_others(tmp_path, change):
    known = of_images(make_images(tmp_path))
    change(tmp_path)
    assert of_images(tmp_path)["digest"] != known["digest"]


def test_clips_are_known_by_their_frames(tmp_path):
    def known():
        return data.load_clips("clips_folder", 2, manual_dir=tmp_path).fingerprint

    for clip in range(3):
        (tmp_path / str(clip)).mkdir()
        for frame in range(3):
            Image.new("L", (9, 9), 20 * clip + frame).save(tmp_path / str(clip) / f"{frame}.png")
    first = known()
    (tmp_path / "2").rename(tmp_path / "last")
    assert known() == first
    Image.new("L", (9, 9), 255).save(tmp_path / "0" / "3.png")
    assert known()["train"] == first["train"] and known() != first


def test_sets_that_move_are_known_by_their_contents():
    digits = data.load("digits")
    moving = data.load_clips("moving_digits", 4)
    assert {n: moving.fingerprint[n] for n in ("train", "test")} == {"train": 1200, "test": 347}
    assert moving.fingerprint == data.load_clips("moving_digits", 8).fingerprint
    assert digits.fingerprint != data.load("digits", holdout=0).fingerprint
