"""The oracle on clips whose path, speed and identity are known."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from graphical_gan.data.clips.bouncing import Bouncing
from graphical_gan.evaluation.oracle import Oracle, bends, centres


def moving(shape, path):
    """Clips of one bright shape at the given corners [N, T, 2]."""
    clips = np.zeros([*path.shape[:2], 32, 32, 1], np.float32)
    for n, t in np.ndindex(*path.shape[:2]):
        r, c = path[n, t]
        clips[n, t, r : r + 9, c : c + 9, 0] = shape[n]
    return clips


SQUARE = np.ones([9, 9], np.float32)
BAR = np.pad(np.ones([9, 3], np.float32), [(0, 0), (3, 3)])
FRAME = SQUARE - np.pad(np.ones([5, 5], np.float32), 2)
SHAPES = [SQUARE, BAR, FRAME]


@pytest.fixture
def clips():
    steps = np.arange(6)
    paths = np.stack([np.stack([2 + 2 * steps, 4 + steps], -1), np.stack([20 - steps, 3 + 3 * steps], -1)] * 9)
    return moving(SHAPES * 6, paths), np.arange(18) % 3, paths


def judge(clips, labels):
    """An oracle that has seen the shapes, and none else."""
    return Oracle(clips[:, 0], labels, clips[:, 1], 16)


def test_centres(clips):
    found, _, paths = clips
    np.testing.assert_allclose(centres(found)[::2], paths[::2] + 4, atol=1e-5)
    np.testing.assert_allclose(centres(np.zeros([1, 1, 32, 32, 1])), 15.5)


def test_scores_of_straight_paths(clips):
    found, labels, _ = clips
    oracle = judge(found, labels)
    scores = oracle.scores(found)
    assert oracle.accuracy(found[:, 2], labels) == scores["identity"] == scores["recognised"] == 1
    assert scores["speed"] == pytest.approx((np.sqrt(5) + np.sqrt(10)) / 2, rel=1e-4)
    assert scores["bend"] == pytest.approx(0, abs=1e-4)


def test_what_is_wrong_is_seen(clips):
    found, labels, paths = clips
    oracle = judge(found, labels)
    assert oracle.scores(found[:, np.random.default_rng(0).permutation(6)])["bend"] > 0.5  # frames out of order
    changing = moving([SQUARE] * 18, paths)
    changing[:, 3:] = moving([BAR] * 18, paths)[:, 3:]
    scores = oracle.scores(changing)
    assert scores["identity"] == 0.5 and scores["recognised"] == 1
    assert oracle.scores(np.zeros_like(found))["speed"] == 0


@pytest.mark.parametrize("brightness", [0.0, 0.1, 0.5, 1.0])
def test_a_frame_without_a_digit_has_no_identity(brightness):
    digits = load_digits(n_class=5)
    films = Bouncing(digits.images.repeat(2, 1).repeat(2, 2)[..., None], 32)
    found = films.film(range(900), films.motions(np.random.RandomState(0), range(900), 3)) / 16
    oracle = Oracle(found[:400, 0], digits.target[:400], found[400:600, 0], 16)
    blank = oracle.scores(np.full([1, 3, 32, 32, 1], brightness))
    assert blank["identity"] == blank["recognised"] == 0
    real = oracle.scores(found[600:])
    assert real["identity"] == real["recognised"] > 0.85


def test_bend_tells_a_random_walk_from_straight_paths_that_bounce_in_whole_pixels():
    rng = np.random.default_rng(0)
    straight = Bouncing(np.zeros([1, 16, 16, 1], np.uint8), 32).motions(np.random.RandomState(0), range(200), 16)
    angles = rng.uniform(0, 2 * np.pi, [200, 16])
    walk = 1.6 * np.cumsum(np.stack([np.sin(angles), np.cos(angles)], -1), axis=1)  # of the same speed
    assert np.median(bends(straight)) == pytest.approx(0, abs=1e-9)
    assert np.mean(bends(np.floor(straight))) < 0.45 < 0.75 < np.mean(bends(np.floor(walk)))


def test_bend_of_short_paths():
    """Three points on (0, 0, 1) lie (1, -2, 1) / 6 off the best line."""
    corner = np.array([[[0, 0], [1, 0], [2, 1]]], float)
    np.testing.assert_allclose(bends(corner), np.sqrt(1 / 18))
    np.testing.assert_allclose(bends(corner[:, :2]), 0, atol=1e-12)
