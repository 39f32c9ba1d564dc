"""Damaged input of every kind, drawn by hypothesis: each reader ends in a clear error or reads it, within limits.

A case is one reader, a valid input of it, and some damages. `make slow` draws many, the fast suite a fixed few.
"""

import faulthandler
import gzip
import io
import json
import os
import pathlib
import re
import shutil
import struct
import tarfile
import tempfile

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.io import savemat
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from graphical_gan import data
from graphical_gan.common.files import WATCHED, read_rows, write_json
from graphical_gan.data import prepared
from graphical_gan.data.clips import renders
from graphical_gan.runs.checkpoints import Checkpoints
from graphical_gan.runs.folder import check_folder
from graphical_gan.runs.reopen import settings_of
from graphical_gan.settings import recipes

FAST, SLOW = 8, 220  # cases a reader
HANG = 60  # seconds after which a case ends the process
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
OURS = (ValueError, OSError)  # what the commands turn into a message
MEMORY = 400  # MiB that a case may add at most: of a huge declared size nothing is allocated


def picture(path, number=0, mode="L", size=(12, 10)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, 9 * number).save(path)


def make_idx(folder):
    for stem, shape in (("train-images-idx3-ubyte", (20, 28, 28)), ("train-labels-idx1-ubyte", (20,)),
                        ("t10k-images-idx3-ubyte", (5, 28, 28)), ("t10k-labels-idx1-ubyte", (5,))):  # fmt: skip
        head = bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape)
        content = head + bytes(int(np.prod(shape)))
        if "t10k" in stem:
            (folder / f"{stem}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / stem).write_bytes(content)


def make_images(folder):
    for number in range(12):
        picture(folder / f"{number % 2}/{number}.{('png', 'jpg')[number % 2]}", number)


def make_clips(folder):
    for clip in range(3):
        for number in range(3):
            picture(folder / f"clip{clip}/{number}.png", number)
    frames = [Image.new("L", (8, 8), n) for n in (0, 90, 180)]
    frames[0].save(folder / "film.gif", save_all=True, append_images=frames[1:])


def make_chairs(folder):
    for elevation in (20, 30):
        for number in range(renders.TURN):
            name = f"image_{number:03}_p{elevation:03}_t{number * 11:03}_r096.png"
            path = folder / "rendered_chairs" / "a" / "renders" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(CHAIR)


def png(size):
    content = io.BytesIO()
    Image.new("RGB", size, "white").save(content, "PNG")
    return content.getvalue()


CHAIR = png((600, 600))


def make_archive(folder):
    make_chairs(folder)
    with tarfile.open(folder / "rendered_chairs.tar", "w") as archive:
        archive.add(folder / "rendered_chairs", "rendered_chairs")
        escape = tarfile.TarInfo("../../escaped.png")
        escape.size = len(CHAIR)
        archive.addfile(escape, io.BytesIO(CHAIR))
    shutil.rmtree(folder / "rendered_chairs")


def make_run(folder):
    run = recipes.GMGAN.resolve({})
    write_json(folder / "settings.json", {"program": "gmgan"} | run)
    rows = [{"step": n, "split": "train", "mse": 0.5} for n in range(5)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def make_checkpoint(folder):
    state = tf.train.Checkpoint(x=tf.Variable(tf.zeros(100)))
    for step in (1, 2):
        Checkpoints(folder / "checkpoints").save(state, step)


class Tiny(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A prepared data set with the features of MNIST."""

    name = "mnist"
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"image": tfds.features.Image(shape=(28, 28, 1)), "label": tfds.features.ClassLabel(num_classes=10)}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, manager):
        return {"train": self._generate_examples(20), "test": self._generate_examples(5)}

    def _generate_examples(self, count):
        for number in range(count):
            yield number, {"image": np.full((28, 28, 1), number, np.uint8), "label": number % 10}


def make_prepared(folder):
    with prepared.quiet():
        Tiny(data_dir=folder).download_and_prepare()


def read_prepared(folder):
    def open_tiny(name, data_dir):
        return tfds.builder_from_directory(folder / "mnist" / "1.0.0")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfds, "builder", open_tiny)
        assert len(data.load("mnist", data_dir=folder, holdout=2).train) == 18


def make_svhn(folder):
    for name in ("train_32x32.mat", "test_32x32.mat"):
        savemat(folder / name, {"X": np.zeros((32, 32, 3, 6), np.uint8), "y": np.ones((6, 1), np.uint8)})


def read_run(folder):
    settings_of(folder, {})
    check_folder(folder, recipes.GMGAN.resolve({}), recipes.GMGAN.knobs)


def read_chairs(folder):
    with renders.open_renders(folder) as found:
        for name in list(found.chairs.items())[:2]:
            list(renders.sequences(renders.Renders(dict([name]), found.read)))


def read_checkpoint(folder):
    state = tf.train.Checkpoint(x=tf.Variable(tf.zeros(100)))
    Checkpoints(folder / "checkpoints").restore(state)


READERS = {
    "idx": (make_idx, lambda folder: data.load("mnist", manual_dir=folder, holdout=2)),
    "prepared": (make_prepared, read_prepared),
    "svhn": (make_svhn, lambda folder: data.load("svhn_cropped", manual_dir=folder, holdout=2)),
    "images": (
        make_images,
        lambda folder: (data.describe("folder", manual_dir=folder), data.load("folder", manual_dir=folder)),
    ),
    "clips": (make_clips, lambda folder: data.load_clips("clips_folder", 3, manual_dir=folder)),
    "chairs": (make_chairs, read_chairs),
    "chairs.tar": (make_archive, read_chairs),
    "settings": (make_run, read_run),
    "metrics": (make_run, lambda folder: read_rows(folder / "metrics.jsonl", WATCHED)),
    "checkpoint": (make_checkpoint, read_checkpoint),
}


def at(fraction, file):
    return int(fraction * max(file.stat().st_size - 1, 0))


def overwrite(file, place, content):
    with open(file, "r+b") as opened:
        opened.seek(place)
        opened.write(content)


def replaced(make):
    def damage(file, fraction, noise):
        file.unlink()
        make(file, noise)

    return damage


def huge(file, noise):
    file.touch()
    os.truncate(file, 2**36)  # sparse: 64 GiB declared, nothing on the disk


def odd_name(file):
    return os.fsencode(file.parent) + b"/\xff\xfe" + os.fsencode(file.name)


def input_of(file):
    return next(folder for folder in file.parents if folder.name == "input")


def huge_record(file, fraction, noise):
    """The first record of prepared data says that it is huge, with the right checksum."""
    length = struct.pack("<Q", 2 ** int(20 + 43 * fraction))
    overwrite(file, 0, length + struct.pack("<I", masked_crc32c(length)))


DAMAGES = {
    "truncated": lambda file, fraction, noise: os.truncate(file, at(fraction, file)),
    "empty": lambda file, fraction, noise: os.truncate(file, 0),
    "noise": lambda file, fraction, noise: overwrite(file, at(fraction, file), noise),
    "noise at the head": lambda file, fraction, noise: overwrite(file, int(fraction * 40), noise),
    "huge sizes": lambda file, fraction, noise: overwrite(file, 4 + int(fraction * 24), b"\xff\xff\xff\xf0"),
    "a huge record": huge_record,
    "other bytes": replaced(lambda file, noise: file.write_bytes(noise)),
    "other JSON": replaced(lambda file, noise: write_json(file, {"program": noise.hex(), "K": [noise.hex()]})),
    "deep JSON": replaced(lambda file, noise: file.write_text("[" * 50_000)),
    "a picture": replaced(lambda file, noise: file.write_bytes(png((7, 9)))),
    "gone": replaced(lambda file, noise: None),
    "a folder": replaced(lambda file, noise: file.mkdir()),
    "a loop": replaced(lambda file, noise: file.symlink_to(file.name)),
    "a dead link": replaced(lambda file, noise: file.symlink_to("/nonexistent")),
    "a link elsewhere": replaced(lambda file, noise: file.symlink_to(victim(input_of(file)))),
    "unreadable": replaced(lambda file, noise: file.symlink_to("/proc/self/mem")),  # an error even for root
    "a loop of folders": replaced(lambda file, noise: file.symlink_to("..")),
    "a pipe": replaced(lambda file, noise: os.mkfifo(file)),
    "huge": replaced(huge),
    "no UTF-8": lambda file, fraction, noise: os.rename(file, odd_name(file)),
    "a twin without UTF-8": lambda file, fraction, noise: os.link(file, odd_name(file)),  # even of a huge one
}
ONE = st.tuples(
    st.sampled_from(sorted(DAMAGES)), st.integers(0, 10**6), st.floats(0, 1), st.binary(min_size=1, max_size=40)
)
CASES = st.lists(ONE, min_size=1, max_size=2)


@pytest.fixture(scope="module")
def valid():
    """A function that lays out a valid input of a reader; it is made once."""
    with tempfile.TemporaryDirectory() as root:
        made = {}

        def lay_out(name, folder):
            if name not in made:
                made[name] = pathlib.Path(root) / name.replace(".", "_")
                made[name].mkdir()
                READERS[name][0](made[name])
            shutil.copytree(made[name], folder)

        yield lay_out


def victim(folder):
    """A file beside the input, which is none of the reader's business."""
    return folder.parent / "victim"


def peak(reset=False):
    """The most memory that this process had since the last reset, in KiB."""
    if reset:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1])


def test_memory_that_is_given_back_is_seen():
    before = peak(reset=True)
    assert len(b"x" * 2**28) == 2**28
    assert peak() - before > 0.9 * 2**18


def check(valid, name, damages):
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        folder = root / "in" / "input"
        valid(name, folder)
        victim(folder).write_text("precious")
        for damage, which, fraction, noise in damages:
            files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
            if files and all(os.fsdecode(p).isprintable() for p in files):
                DAMAGES[damage](files[which % len(files)], fraction, noise)
        faulthandler.dump_traceback_later(HANG, exit=True)
        before = peak(reset=True)
        try:
            READERS[name][1](folder)
        except OURS as error:
            assert len(str(error)) > 10, "an error says what is wrong"
        finally:
            faulthandler.cancel_dump_traceback_later()
        grown = (peak() - before) / 1024
        assert grown < MEMORY, f"{grown:.0f} MiB"
        assert os.listdir(root) == ["in"] and sorted(os.listdir(folder.parent)) == ["input", "victim"]
        assert victim(folder).read_text() == "precious", "nothing is written elsewhere"


@pytest.mark.parametrize("name", READERS)
def test_whole_input_is_read(valid, name, tmp_path):
    valid(name, tmp_path / "input")
    READERS[name][1](tmp_path / "input")


@pytest.mark.parametrize("size", [0.2, 0.6, 1])
def test_a_record_that_says_it_is_huge(valid, size):
    for which in range(3):
        check(valid, "prepared", [("a huge record", which, size, b"")])


@pytest.mark.parametrize("name", ["images", "clips"])
def test_an_image_that_cannot_be_read_is_closed(valid, name):
    check(valid, name, [("unreadable", 0, 0, b"")])  # an open file is a warning, and so an error


@pytest.mark.parametrize("name", ["images", "clips"])
def test_data_may_vanish_once_it_is_read(valid, name, tmp_path):
    valid(name, tmp_path / "input")
    folder = {"manual_dir": tmp_path / "input"}
    own = data.load("folder", **folder) if name == "images" else data.load_clips("clips_folder", 3, **folder)
    shutil.rmtree(tmp_path / "input")
    assert len(next(iter(own.minibatches(2, seed=0)))["x"]) == 2


@pytest.mark.parametrize("name", READERS)
def test_damaged_input_a_few(valid, name):
    @settings(max_examples=FAST, derandomize=True, **SETTINGS)
    @given(CASES)
    def cases(damages):
        check(valid, name, damages)

    cases()


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_damaged_input_many(valid, name):
    @settings(max_examples=SLOW, **SETTINGS)
    @given(CASES)
    def cases(damages):
        check(valid, name, damages)

    cases()
