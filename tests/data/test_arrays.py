"""Arrays of a user, from memory and from a folder: what they become, and what is refused."""

import re

import numpy as np
import pytest

from graphical_gan import data
from graphical_gan.common import scaling
from graphical_gan.data import npy, report
from graphical_gan.data.clips import arrays as clip_arrays
from graphical_gan.data.images import arrays

RANDOM = np.random.default_rng(0)
GREY = RANDOM.random((30, 8, 8))
COLOURED = RANDOM.integers(0, 256, (30, 8, 8, 3), np.uint8)
TABLE = np.c_[RANDOM.normal(5, 100, 30), np.full(30, 7.0), RANDOM.normal(0, 1e-3, 30)]
CLASSES = np.array(["b", "a", "c"] * 10)


def stored(folder, x, y=None):
    npy.write(folder / "data", {"x": x, "y": y})
    return folder / "data"


@pytest.mark.parametrize(
    ("name", "x", "shape", "low"),
    [("arrays", GREY, (8, 8, 1), 0), ("arrays", COLOURED, (8, 8, 3), -1), ("table", TABLE, (3,), -np.inf)],
)
def test_a_folder_and_memory_give_the_same_data(tmp_path, name, x, shape, low):
    root = stored(tmp_path, x, CLASSES)
    known, own = data.describe(name, manual_dir=root), data.load(name, manual_dir=root)
    split, names = arrays.checked(name, x, CLASSES)
    assert data.load_arrays(name, split, names).fingerprint == own.fingerprint
    assert known.image_shape == own.image_shape == shape and known.value_range == own.value_range
    assert known.value_range[0] == low and known.label_names == own.label_names == ("a", "b", "c")
    counts = known.training_examples, known.validation_examples, known.test_examples
    assert counts == tuple(map(len, (own.train, own.validation, own.test))) == (24, 3, 3)
    assert data.describe(name, manual_dir=root, holdout=0).training_examples == 27
    parts = own.train, own.validation, own.test
    found = np.concatenate([part.images for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    given = np.round(x * 255)[..., None] if x is GREY else x
    place = {row.astype(np.float32).tobytes(): label for row, label in zip(given, CLASSES, strict=True)}
    assert [place[row.astype(np.float32).tobytes()] for row in found] == ["abc"[label] for label in labels]


def test_a_network_sees_a_table_in_standard_deviations():
    split, _ = arrays.checked("table", TABLE, None)
    own = data.load_arrays("table", split, None)
    seen = own.to_network(own.train.images).numpy()
    np.testing.assert_allclose(seen.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(0), [1, 0, 1], atol=1e-5)
    np.testing.assert_allclose(own.from_network(seen), own.train.images, rtol=1e-5)
    np.testing.assert_array_equal(own.scaling.for_errors(seen), seen)
    assert scaling.UNIT.for_errors([-1.0, 0.5]).numpy().tolist() == [0, 0.5]
    batch = next(iter(own.minibatches(5, seed=0)))
    assert batch["x"].shape == (5, 3) and set(batch) == {"x"}


@pytest.mark.parametrize("y", [np.arange(30) % 12, (np.arange(30) % 12) * 1.0, (np.arange(30) % 12).astype(object)])
def test_whole_numbers_of_any_type_are_classes(y):
    _, names = arrays.checked("arrays", GREY, y)
    assert names == tuple(map(str, range(12))) and arrays.classes(y, 30).dtype == np.int64
    assert arrays.classes(CLASSES.astype(object), 30).tolist() == CLASSES.tolist()
    assert arrays.classes(np.array([b"cat", b"dog"]), 2).tolist() == ["cat", "dog"]


def test_classes_of_several_lengths_are_refused():
    y = np.empty(2, object)
    y[:] = [[1], [2, 3]]
    with pytest.raises(ValueError, match="expected a whole number or a text for each"):
        arrays.classes(y, 2)


@pytest.mark.parametrize(
    ("name", "x", "y", "message"),
    [
        ("arrays", GREY * 16, None, "floats in [0"),
        ("arrays", GREY - 0.5, None, "Scale them"),
        ("arrays", np.where(GREY > 0.9, np.nan, GREY), None, "NaN or infinity; expected numbers in [0, 1]. Leave"),
        ("arrays", GREY[:, :7], None, "shape [30, 7, 8]; expected squares"),
        ("arrays", GREY[:, :4, :4], None, "at least 5 pixels"),
        ("arrays", np.stack([GREY] * 2, -1), None, "C = 1 or 3"),
        ("arrays", (GREY * 16).astype(int), None, "Convert them: x.astype(np.uint8), or x / x.max()."),
        ("arrays", (GREY * 65535).astype(np.uint16), None, "floats in [0, 1]. Convert them: x / x.max()."),
        ("arrays", GREY.astype(object), None, "The images are object; expected uint8"),
        ("arrays", GREY[0, 0], None, "shape [8]; expected"),
        ("arrays", GREY.reshape(6, 5, 8, 8, 1), None, "shape [6, 5, 8, 8, 1]; expected [N, H, W] or [N, H, W, C]"),
        ("arrays", GREY[:9], None, "There are 9 examples; expected at least 10"),
        ("arrays", GREY, CLASSES[:5], "The classes are <U1 [5] for 30 examples; expected"),
        ("arrays", GREY, GREY[:, 0, 0], "The classes are float64 [30]"),
        ("table", TABLE[0], None, "The table is float64 [3]; expected numbers [N, D]"),
        ("table", TABLE.astype(str), None, "expected numbers [N, D]"),
        ("table", TABLE * 1e300, None, "NaN or infinity; expected numbers. Leave"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_what_is_refused(name, x, y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        arrays.checked(name, x, y)


def test_files_that_are_refused(tmp_path):
    with pytest.raises(ValueError, match="--dataset=table came without a folder: expected a folder of x.npy"):
        data.load("table")
    with pytest.raises(ValueError, match="holds no x.npy: expected an array.*np.save"):
        data.load("arrays", manual_dir=tmp_path)
    np.save(tmp_path / "x.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match="can't be read.*without objects"):
        data.load("arrays", manual_dir=tmp_path)
    np.save(tmp_path / "x.npy", GREY)
    whole = (tmp_path / "x.npy").read_bytes()
    huge = whole.replace(b"(30, 8, 8)", b"(3000000000, 80, 80)").replace(b" " * 10, b"", 1)
    for content in (whole[:-1], whole[:20], b"", huge):
        (tmp_path / "x.npy").write_bytes(content)
        with pytest.raises(ValueError, match="can't be read"):
            data.load("arrays", manual_dir=tmp_path)


def test_files_that_are_there_stay(tmp_path):
    root = stored(tmp_path, TABLE)
    before = (root / "x.npy").read_bytes()
    stored(tmp_path, GREY, CLASSES)
    assert (root / "x.npy").read_bytes() == before and np.load(root / "y.npy").tolist() == CLASSES.tolist()
    np.testing.assert_array_equal(np.load(root / "x.npy"), TABLE)


@pytest.mark.parametrize(("highest", "said"), [(0, "no value above 0"), (1, "no value above 1"), (8, "")])
def test_images_that_are_nearly_black_are_said(highest, said, capsys):
    dark = np.zeros((2_500, 8, 8), np.uint8)
    dark[2_100:] = highest
    data.load_arrays("arrays", *arrays.checked("arrays", dark, None))
    images = capsys.readouterr().err
    data.load_clip_arrays(clip_arrays.checked(dark.reshape(50, 50, 8, 8)), 4)
    clips = capsys.readouterr().err
    for err in (images, clips):
        assert (f"are nearly black, with {said} of 255; if" in err) if said else not err


def test_dark_tables_and_floats_are_nothing_to_say(capsys):
    data.load_arrays("table", *arrays.checked("table", np.zeros((30, 2)), None))
    data.load_arrays("arrays", *arrays.checked("arrays", (GREY > 0.5) * 1.0, None))
    assert not capsys.readouterr().err


def test_what_a_table_holds_is_said(tmp_path):
    split, names = arrays.checked("table", np.c_[np.arange(30.0) * 1000, np.full(30, -2.5)], CLASSES)
    said = report.of_images(data.load_arrays("table", split, names, holdout=0))
    assert "table: vectors of 2 numbers, a network sees them in standard deviations" in said
    lowest = next(line for line in said.splitlines() if line.startswith("lowest value"))
    assert lowest.split()[2:] == ["-2.5", "-2.5"] and "2.9e+04" in said and "label c" in said
