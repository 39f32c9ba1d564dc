"""Pixels that lie on the disk are the same data, and nothing is left of them."""

import os

import numpy as np
import pytest
from PIL import Image

from graphical_gan import data
from graphical_gan.data import npy, storage


def load_folder(root):
    return data.load("folder", manual_dir=root / "images")


def load_arrays(root):
    return data.load("arrays", manual_dir=root / "arrays")


def load_clips(root):
    return data.load_clips("clips_folder", 3, manual_dir=root / "images")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder of images, whose sub-folders are clips as well, and one of arrays."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pixels = np.random.RandomState(0).randint(0, 256, (20, 9, 9, 3), np.uint8)
    npy.write(tmp_path / "arrays", {"x": pixels, "y": np.arange(20) % 2})
    for number, image in enumerate(pixels):
        (tmp_path / "images" / str(number // 5)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "images" / str(number // 5) / f"{number:02}.png")
    return tmp_path


def held(dataset):
    return [*dataset.train.contents()][0]


@pytest.mark.parametrize("load", [load_folder, load_arrays, load_clips])
def test_pixels_on_the_disk_are_the_same_data(root, load, monkeypatch):
    expected = load(root)
    monkeypatch.setattr(storage, "LARGE", 1)
    mapped = load(root)
    assert isinstance(held(mapped), np.memmap) and not isinstance(held(expected), np.memmap)
    assert mapped.fingerprint == expected.fingerprint
    for start in (0, 7):
        batches = (next(iter(dataset.minibatches(2, seed=3, start=start))) for dataset in (mapped, expected))
        np.testing.assert_array_equal(*(batch["x"] for batch in batches))
    assert not list((root / "cache" / "graphical-gan").iterdir())


def test_a_full_disk_is_said_before_it_is_written_to(root, monkeypatch, capsys):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    expected = load_folder(root)
    monkeypatch.setattr(storage, "LARGE", 1)
    monkeypatch.setattr(os, "posix_fallocate", full)
    own = load_folder(root)
    assert not isinstance(held(own), np.memmap) and own.fingerprint == expected.fingerprint
    assert "The pixels are held in memory, 0.0 GiB of it" in capsys.readouterr().err
