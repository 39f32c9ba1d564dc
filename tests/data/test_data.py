"""The data sets: what is known of them, what a network sees, how minibatches are drawn, and the command."""

import itertools
import pathlib
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits

from graphical_gan import data
from graphical_gan.common import scaling
from graphical_gan.common.choices import resolved
from graphical_gan.data.__main__ import main
from graphical_gan.data.images import digits
from graphical_gan.data.images.dataset import ImageDataset
from graphical_gan.data.request import requested
from graphical_gan.data.splits import Split
from tests.system.forks import command

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def digits_set():
    return data.load("digits")


def numbered(count, labels=True, scale=scaling.UNIT):
    """A data set whose image number i holds i in base 256, so that minibatches can be read back."""
    rows = np.arange(count)
    images = np.stack([rows // 256, rows % 256], axis=-1).astype(np.uint8).reshape(count, 1, 2, 1)
    train = Split(images, (rows % 10).astype(np.int32) if labels else None)
    return in_memory(train, scale)


def in_memory(train, scale=scaling.UNIT):
    splits = {"train": train, "validation": train[:0], "test": train[:0]}
    return ImageDataset(name="numbered", splits=splits, label_names=None, scaling=scale)


def numbers(batch):
    high, low = np.moveaxis(np.round(batch["x"].numpy() * 255).astype(int).reshape(-1, 2), 1, 0)
    return high * 256 + low


def take(dataset, count, *arguments, **keywords):
    return list(itertools.islice(dataset.minibatches(*arguments, **keywords), count))


# What is known beforehand.


def test_import_and_describe_load_no_tensorflow():
    program = "import sys, data; data.describe('cifar10'); sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_descriptions_add_up_to_the_published_counts():
    published = {"digits": 1_797, "mnist": 70_000, "svhn_cropped": 99_289, "cifar10": 60_000, "celeb_a": 202_599}
    for name, count in published.items():
        known = data.DESCRIPTIONS[name]
        assert known.training_examples + known.validation_examples + known.test_examples == count
    assert data.describe("svhn_cropped", holdout=0).training_examples == 73_257
    assert data.DESCRIPTIONS["cifar10"].classes == 10
    assert data.DESCRIPTIONS["celeb_a"].classes is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "nope"}, "'nope'.*digits, mnist.*--dataset"),
        ({"name": "digits", "image_size": 32}, "--image_size=32.*--dataset=folder only"),
        ({"name": "folder", "image_size": 33, "manual_dir": "."}, "--image_size=33.*28, 32, 64"),
        ({"name": "folder"}, "--dataset=folder.*--manual_dir"),
        ({"name": "mnist", "manual_dir": "/no/such"}, "--manual_dir=/no/such is missing"),
        ({"name": "mnist", "manual_dir": __file__}, "is a file: expected an existing folder"),
        ({"name": "digits", "holdout": -1}, "holdout=-1"),
        (
            {"name": "digits", "manual_dir": "."},
            "--manual_dir=. came with --dataset=digits: .*=mnist, .*, table only",
        ),
        ({"name": "digits", "data_dir": "."}, "--data_dir=. came with --dataset=digits: .*=mnist, .*, celeb_a only"),
        ({"name": "folder", "manual_dir": ".", "data_dir": "."}, "--data_dir=. came with --dataset=folder"),
    ],
)
def test_requests_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.describe(**arguments)
    with pytest.raises(ValueError, match=message):
        data.load(**arguments)


def test_a_holdout_of_everything_is_refused():
    with pytest.raises(ValueError, match="holdout=1450 of 1450.*--holdout"):
        data.describe("digits", holdout=1450)
    with pytest.raises(ValueError, match="--crop=odd.*released, paper"):
        data.load("celeb_a", crop="odd")


# Digits, and the range that a network sees.


def test_digits_are_those_of_scikit_learn(digits_set):
    stored, splits = load_digits(), [digits_set.train, digits_set.validation, digits_set.test]
    images, labels = (np.concatenate([getattr(split, part) for split in splits]) for part in ("images", "labels"))
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(stored.target))
    halved = images.reshape(-1, 8, 2, 8, 2).mean((2, 4)) * (16 / 255)
    for label in range(10):
        found, expected = (x[of == label].mean(0) for x, of in ((halved, labels), (stored.images, stored.target)))
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.97  # enlarged, they are a little blurred


def test_digits(digits_set):
    assert [len(split) for split in (digits_set.train, digits_set.validation, digits_set.test)] == [1200, 250, 347]
    assert digits_set.image_shape == data.DESCRIPTIONS["digits"].image_shape == (16, 16, 1)
    assert digits_set.train.images.dtype == np.uint8
    assert digits_set.train.labels.dtype == np.int32
    assert (digits_set.train.images.min(), digits_set.train.images.max()) == (0, 255)
    for split in (digits_set.train, digits_set.validation, digits_set.test):
        share = np.bincount(split.labels) / len(split)
        np.testing.assert_allclose(share, 0.1, atol=0.01)


def test_digits_without_holdout():
    everything = data.load("digits", holdout=0)
    assert len(everything.train) == data.describe("digits", holdout=0).training_examples == 1450
    assert everything.validation.images.shape == (0, 16, 16, 1)


def test_stratified_order_is_a_permutation_with_even_prefixes():
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    order = digits.stratified_order(labels)
    assert sorted(order) == list(range(100))
    for end in range(1, 101):
        np.testing.assert_allclose(
            np.bincount(labels[order[:end]], minlength=3), end * np.array([0.6, 0.3, 0.1]), atol=1
        )


def test_ranges():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    unit = numbered(2).to_network(levels)
    np.testing.assert_allclose(unit, levels / 255, atol=1e-6)
    symmetric = numbered(2, scale=scaling.SYMMETRIC)
    np.testing.assert_allclose(symmetric.to_network(levels), 2 * (levels / 255 - 0.5), atol=1e-6)
    np.testing.assert_allclose(symmetric.from_network(symmetric.to_network(levels)), levels / 255, atol=1e-6)
    np.testing.assert_allclose(symmetric.from_network([-3.0, 0.0, 3.0]), [0, 0.5, 1])
    assert symmetric.value_range == data.DESCRIPTIONS["cifar10"].value_range == (-1.0, 1.0)
    for known in (*data.DESCRIPTIONS.values(), *data.CLIP_DESCRIPTIONS.values()):
        scale = resolved(known.scaling)
        assert callable(resolved(known.read))
        assert callable(scale) if known.value_range is None else (scale.low, scale.high) == known.value_range


def test_dequantisation_fills_each_level_and_is_stateless():
    faces = numbered(2, scale=scaling.DEQUANTISED)
    levels = np.repeat(np.arange(256, dtype=np.uint8), 400).reshape(1, 256, 400, 1)
    values = faces.to_network(levels, (1, 2)).numpy()
    noise = values - 2 * (levels / 256 - 0.5)
    assert values.min() >= -1 and values.max() < 1
    assert noise.min() >= -1e-6 and noise.max() <= 1 / 128 + 1e-6
    np.testing.assert_allclose(noise.mean(), 1 / 256, atol=1e-4)
    np.testing.assert_array_equal(values, faces.to_network(levels, (1, 2)))
    assert not np.array_equal(values, faces.to_network(levels, (1, 3)))
    np.testing.assert_allclose(faces.from_network(values), levels / 255, atol=1 / 255)


# Minibatches.


def test_a_minibatch_is_a_function_of_seed_and_number():
    faces = numbered(70, scale=scaling.DEQUANTISED)
    batches = take(faces, 12, 16, seed=5)
    for start in (1, 4, 5, 11):  # 70 / 16: element 4 runs over the border of an epoch
        (batch,) = take(faces, 1, 16, seed=5, start=start)
        np.testing.assert_array_equal(batch["x"], batches[start]["x"])
        np.testing.assert_array_equal(batch["y"], batches[start]["y"])
    assert not np.array_equal(batches[0]["x"], take(faces, 1, 16, seed=6)[0]["x"])


def test_every_epoch_is_a_new_permutation():
    drawn = np.concatenate([numbers(batch) for batch in take(numbered(300), 45, 20, seed=0)])
    epochs = drawn.reshape(3, 300)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(300))
    assert not np.array_equal(epochs[0], epochs[1]) and not np.array_equal(epochs[1], epochs[2])


def test_the_orders_of_epochs_do_not_resemble_each_other():
    drawn = np.concatenate([numbers(batch) for batch in take(numbered(50_000), 10, 10_000, seed=0)])
    first, second = drawn.reshape(2, 50_000)
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / 50_000**0.5
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 5 / 50_000**0.5


def test_elements():
    batch = take(numbered(30), 1, 8, seed=0)[0]
    np.testing.assert_array_equal(batch["y"], numbers(batch) % 10)
    spec = numbered(30).minibatches(8, 0).element_spec
    assert spec == {"x": tf.TensorSpec((8, 1, 2, 1), tf.float32), "y": tf.TensorSpec((8,), tf.int32)}
    assert list(numbered(30, labels=False).minibatches(8, 0).element_spec) == ["x"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0), "batch_size=0.*--batch_size"),
        ((31, 0), "31 does not fit 30"),
        ((8, -1), "--seed"),
        ((8, 0, -1), "start"),
    ],
)
def test_minibatches_that_can_not_be_drawn(arguments, message):
    with pytest.raises(ValueError, match=message):
        numbered(30).minibatches(*arguments)


def test_minibatches_hold_no_copy_of_the_images():
    images = np.zeros((4_000, 64, 64, 1), np.uint8)
    large = in_memory(Split(images))
    tracemalloc.start()
    take(large, 3, 16, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes / 4


# The command.


def test_command(tmp_path):
    picture = tmp_path / "picture.png"
    status, said, err = command("-m", "data", "--dataset=digits", f"--out={picture}")
    assert status == 0 and "digits: 8-bit images of 16 x 16 x 1, a network sees them in [0, 1]" in said, err
    assert "1,200         250         347" in said
    with Image.open(picture) as sheet:
        assert sheet.size == (8 * 18 * 4, 8 * 18 * 4)


@pytest.mark.parametrize(
    "flags", [["--dataset=nope"], ["--dataset=folder"], ["--out=/no/such/a.png"], ["--out=a.txt"], ["--holdout=many"]]
)
def test_command_ends_with_status_2(flags, capsys):
    with pytest.raises(SystemExit) as caught:
        main(flags)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_home_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    request = requested("mnist", data_dir="~/sets", manual_dir="~")
    assert (request.data_dir, request.manual_dir) == (f"{tmp_path}/sets", tmp_path)
