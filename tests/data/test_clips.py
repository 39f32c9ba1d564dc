"""Clips: the law of motion, minibatches, fixed clips, analogies, and MNIST."""

import dataclasses
import itertools
import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_datasets.core import constants

from graphical_gan import data
from graphical_gan.data.clips import bouncing
from graphical_gan.data.clips.splits import ClipSplit, Stored

ROOT = pathlib.Path(__file__).parents[2]
REAL = pathlib.Path(constants.DATA_DIR).expanduser()  # the environment variable TFDS_DATA_DIR names another


@pytest.fixture(scope="module")
def moving():
    return data.load_clips("moving_digits", T=16)


def take(dataset, count, *arguments, **keywords):
    return list(itertools.islice(dataset.minibatches(*arguments, **keywords), count))


def rows_of(dataset, clips):
    """Which training contents are in the clips: their brightness tells the stored ones apart well enough."""
    totals = dataset.train.films.images.sum(axis=(1, 2, 3), dtype=np.int64)
    frames = np.round(dataset.from_network(clips).numpy()[:, 0] * 255).sum(axis=(1, 2, 3)).astype(np.int64)
    return [set(np.flatnonzero(totals == total)) for total in frames]


# The law of motion.


def walk(start, angle, T):
    """The path of one content, from its description alone."""
    (y, x), vy, vx = start, 0.1 * math.sin(angle), 0.1 * math.cos(angle)
    for _ in range(T):
        y, x = min(max(y + vy, 0.0), 1.0), min(max(x + vx, 0.0), 1.0)
        vy = -vy if y <= 0 or y >= 1 else vy
        vx = -vx if x <= 0 or x >= 1 else vx
        yield y, x


def test_paths_follow_the_law():
    random = np.random.RandomState(3)
    starts, angles = random.uniform(size=(20, 2)), random.uniform(0, 2 * np.pi, 20)
    paths = bouncing.path(starts, angles, 200)
    for start, angle, path in zip(starts, angles, paths, strict=True):
        np.testing.assert_allclose(path, list(walk(start, angle, 200)), atol=1e-9)


def test_clips_show_the_content_where_the_path_says():
    images = np.random.RandomState(0).randint(1, 256, (5, 3, 4, 2)).astype(np.uint8)
    films = bouncing.Bouncing(images, side=10)
    rows = np.array([4, 0, 4])
    clips = ClipSplit(films, T=30).clips(rows, seed=(7, 9))
    assert clips.shape == (3, 30, 10, 10, 2) and clips.dtype == np.uint8
    drawn = np.random.RandomState((7, 9)).random_sample((3, 3))
    for row, (y, x, turn), clip in zip(rows, drawn, clips, strict=True):
        for (down, right), frame in zip(walk((y, x), 2 * np.pi * turn, 30), clip, strict=True):
            top, left = int(7 * down), int(6 * right)
            expected = np.zeros((10, 10, 2), np.uint8)
            window = expected[top : top + 3, left : left + 4]
            np.maximum(window, images[row], out=window)
            np.testing.assert_array_equal(frame, expected)


def test_speed_and_bounces(moving):
    positions = moving.held_out("test", 347, T=200)["positions"]
    assert positions.min() == 0 and positions.max() == 16
    steps = np.diff(positions, axis=1)
    inside = ((positions > 0) & (positions < 16)).all(axis=-1)
    free = inside[:, 1:] & inside[:, :-1]
    np.testing.assert_allclose(np.linalg.norm(steps, axis=-1)[free], 1.6, atol=1e-9)
    assert free.mean() > 0.6
    straight = free[:, 1:] & free[:, :-1]
    np.testing.assert_allclose(np.diff(steps, axis=1)[straight], 0, atol=1e-9)
    turned = np.sign(steps).min(axis=1) * np.sign(steps).max(axis=1)
    assert (turned == -1).mean() > 0.9  # nearly every path comes back in both directions
    starts = np.random.RandomState(0).random_sample((4000, 3))
    first = bouncing.path(starts[:, :2], 2 * np.pi * starts[:, 2], 1)[:, 0]
    np.testing.assert_allclose(first.mean(axis=0), 0.5, atol=0.03)


# Minibatches.


def test_elements(moving):
    assert moving.minibatches(8, 0).element_spec == {"x": tf.TensorSpec((8, 16, 32, 32, 1), tf.float32)}
    (batch,) = take(moving, 1, 8, seed=0)
    assert (batch["x"].numpy().min(), moving.value_range, moving.image_shape) == (-1, (-1.0, 1.0), (32, 32, 1))
    assert batch["x"].numpy().max() == 1 and moving.length == 16
    assert [len(part) for part in (moving.train, moving.validation, moving.test)] == [1200, 250, 347]
    clips = moving.train.clips(np.arange(3), seed=0)
    np.testing.assert_allclose(moving.from_network(moving.to_network(clips)), clips / 255, atol=1e-6)


def test_labels_that_condition_are_one_hot(moving):
    conditioned = dataclasses.replace(moving, conditioned=True)
    (batch,) = take(conditioned, 1, 50, seed=1)
    assert batch["y"].shape == (50, 10) and batch["y"].dtype == tf.float32
    np.testing.assert_array_equal(np.sort(batch["y"], axis=1), np.eye(10)[[9] * 50])
    for rows, label in zip(rows_of(conditioned, batch["x"]), np.argmax(batch["y"], axis=1), strict=True):
        assert label in moving.train.labels[list(rows)]
    held = conditioned.held_out("test", 5)
    np.testing.assert_array_equal(np.argmax(held["y"], axis=1), moving.test.labels[:5])
    analogies = conditioned.analogies("test", 5)
    np.testing.assert_array_equal(
        np.argmax(analogies["motion_y"], axis=1), moving.test.labels[analogies["motion_rows"]]
    )


def test_a_minibatch_is_a_function_of_seed_and_number(moving):
    batches = take(moving, 6, 250, seed=5)
    for start in (1, 4, 5):  # 1200 / 250: element 4 runs over the border of an epoch
        np.testing.assert_array_equal(take(moving, 1, 250, seed=5, start=start)[0]["x"], batches[start]["x"])
    assert not np.array_equal(take(moving, 1, 250, seed=6)[0]["x"], batches[0]["x"])


def test_every_epoch_takes_each_content_once_on_a_new_path(moving):
    epochs = [batch["x"] for batch in take(moving, 2, 1200, seed=0)]
    frames = np.round(np.stack([moving.from_network(clips) for clips in epochs])[:, :, 0] * 255).astype(np.int64)
    totals = np.sort(frames.sum(axis=(2, 3, 4)), axis=1)
    stored = np.sort(moving.train.films.images.sum(axis=(1, 2, 3), dtype=np.int64))
    np.testing.assert_array_equal(totals, [stored, stored])
    by_total = [{frame.sum(): frame.tobytes() for frame in epoch} for epoch in frames]
    same = [by_total[0][total] == by_total[1][total] for total in by_total[0]]
    assert np.mean(same) < 0.05


def test_minibatches_that_can_not_be_drawn(moving):
    with pytest.raises(ValueError, match="batch_size=1201 does not fit 1200 training examples.*--batch_size"):
        moving.minibatches(1201, 0)


# Clips that never change, and analogies.


def test_held_out_clips_are_fixed(moving):
    held = moving.held_out("validation", 20)
    assert held["x"].shape == (20, 16, 32, 32, 1) and held["x"].dtype == np.uint8
    again = data.load_clips("moving_digits", T=40).held_out("validation", 8)
    np.testing.assert_array_equal(again["x"][:, :16], held["x"][:8])
    np.testing.assert_array_equal(moving.held_out("validation", 8, T=40)["x"], again["x"])
    for image, clip, path in zip(moving.validation.films.images, held["x"], held["positions"], strict=False):
        for frame, (top, left) in zip(clip, path.astype(int), strict=True):
            np.testing.assert_array_equal(frame[top : top + 16, left : left + 16], image)
            assert frame.sum() == image.sum()


def test_analogies_of_moving_contents(moving):
    analogies = moving.analogies("test", 12)
    np.testing.assert_array_equal(analogies["content"], moving.held_out("test", 12)["x"])
    assert not np.intersect1d(analogies["rows"], analogies["motion_rows"]).size
    contents = moving.test.films.images
    paths = analogies["positions"].astype(int)
    for kind, rows in (("motion", analogies["motion_rows"]), ("truth", analogies["rows"])):
        for clip, row, path in zip(analogies[kind], rows, paths, strict=True):
            for frame, (top, left) in zip(clip, path, strict=True):
                np.testing.assert_array_equal(frame[top : top + 16, left : left + 16], contents[row])
                assert frame.sum() == contents[row].sum()
    assert not np.array_equal(analogies["truth"], analogies["content"])


def test_clips_that_can_not_be_held_out(moving):
    with pytest.raises(ValueError, match="348 clips.*1 to 347"):
        moving.held_out("test", 348)
    with pytest.raises(ValueError, match="'nope'.*train, validation, test"):
        moving.analogies("nope", 1)
    with pytest.raises(ValueError, match="--T=1 "):
        moving.held_out("test", 3, T=1)


# Stored clips.


def numbered(lengths, T, transferable=False):
    """Clips whose frame number f of clip c holds (c, f)."""
    frames = np.concatenate([[[[[c, f]]] for f in range(length)] for c, length in enumerate(lengths)]).astype(np.uint8)
    stored = Stored(frames, np.cumsum(lengths) - lengths, np.array(lengths), transferable)
    return ClipSplit(stored, T)


def test_stored_clips_start_anywhere_and_go_on():
    split = numbered([4, 9, 6], T=4)
    assert split.films.length == 4 and split.films[np.array([1, 2])].length == 6
    clips = split.clips(np.repeat([0, 1, 2], 200), seed=0)[:, :, 0, 0]
    assert clips.shape == (600, 4, 2)
    np.testing.assert_array_equal(clips[:, :, 0], np.repeat([0, 1, 2], 200)[:, None] * [1, 1, 1, 1])
    assert (np.diff(clips[:, :, 1].astype(int), axis=1) == 1).all()
    starts = clips[:, 0, 1].reshape(3, 200)
    assert [set(row) for row in starts] == [{0}, set(range(6)), set(range(3))]
    np.testing.assert_array_equal(clips, split.clips(np.repeat([0, 1, 2], 200), seed=0)[:, :, 0, 0])


def test_clips_that_are_a_view_are_read_as_any_others():
    whole = np.random.default_rng(0).integers(0, 255, (3, 4, 1, 8, 8), np.uint8)
    for view in (np.moveaxis(whole, 2, -1)[:, :, 2:-2, 2:-2], np.moveaxis(whole, 2, -1)):
        stored = Stored.of(view)
        for found, clip in zip(stored.contents(), view, strict=True):
            np.testing.assert_array_equal(found, clip)
            assert memoryview(found).c_contiguous  # as a digest of it needs


def test_a_full_turn_has_no_end():
    clips = numbered([5, 5], T=5, transferable=True).clips(np.repeat([0, 1], 100), seed=0)[:, :, 0, 0, 1].astype(int)
    assert (np.diff(clips, axis=1) % 5 == 1).all()
    assert set(clips[:, 0]) == set(range(5))


# MNIST.


@pytest.mark.skipif(not (REAL / "mnist").is_dir(), reason="MNIST was not downloaded")
def test_moving_mnist():
    mnist = data.load_clips("moving_mnist", T=16, data_dir=str(REAL))
    assert [len(part) for part in mnist.splits.values()] == [50_000, 10_000, 10_000]
    spec = mnist.minibatches(50, 0).element_spec
    assert (spec["x"].shape, spec["y"].shape) == ((50, 16, 64, 64, 1), (50, 10))
    held = mnist.held_out("test", 50)
    np.testing.assert_array_equal(np.argmax(held["y"], axis=1), mnist.test.labels[:50])
    assert held["positions"].max() <= 36
    np.testing.assert_allclose(mnist.to_network(held["x"]), 2 * (held["x"] / 255 - 0.5), atol=1e-6)
    (batch,) = take(mnist, 1, 50, seed=0)
    for rows, label in zip(rows_of(mnist, batch["x"]), np.argmax(batch["y"], axis=1), strict=True):
        assert label in mnist.train.labels[list(rows)]


def test_moving_mnist_says_which_files_it_needs(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").touch()
    with pytest.raises(ValueError, match="--dataset=moving_mnist is made of the digits of mnist.*holds only some"):
        data.load_clips("moving_mnist", T=4, manual_dir=tmp_path)


MEMORY = """
import itertools, resource
import numpy as np, tensorflow as tf
from graphical_gan.common import scaling
from graphical_gan.data.clips import bouncing, dataset, splits
next(iter(tf.data.Dataset.range(3).map(lambda n: tf.random.stateless_uniform((9,), (n, n))).prefetch(1)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
digits = bouncing.Bouncing(np.random.RandomState(0).randint(0, 256, (60_000, 28, 28, 1), np.uint8), 64)
split = splits.ClipSplit(digits, 16, np.zeros(60_000, np.int32))
clips = dataset.ClipDataset(
    name="m", length=16, splits={"train": split}, label_names=tuple("0123456789"), conditioned=True,
    scaling=scaling.SYMMETRIC,
)
for batch in itertools.islice(clips.minibatches(50, seed=0, start=1180), 40):  # over the border of an epoch
    assert batch["x"].shape == (50, 16, 64, 64, 1)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory in other units")
def test_moving_mnist_in_little_memory():
    done = subprocess.run([sys.executable, "-c", MEMORY], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 600


# So large that a thread would still be at the next one when Python ends.
SLOW_TO_MAKE = "load_clips('moving_digits', T=16).minibatches(900, seed=0)"


def test_a_script_that_holds_an_iterator_ends():
    script = f"from graphical_gan import data; iterator = iter(data.{SLOW_TO_MAKE}); print(next(iterator)['x'].shape)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120, cwd=ROOT)


def test_a_command_that_fails_while_minibatches_are_made_ends():
    script = f"""
from graphical_gan import data
from graphical_gan.settings import command_line

def main(argv):
    iterator = iter(data.{SLOW_TO_MAKE}.prefetch(2))
    next(iterator)
    raise RuntimeError("unforeseen")

command_line.run(main)
"""
    done = subprocess.run([sys.executable, "-c", script], timeout=120, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "RuntimeError: unforeseen" in done.stderr
