"""The oracle on clips whose path, speed and identity are known."""

import numpy as np
import pytest

from graphical_gan.oracle import Oracle, centres


def moving(shape, path):
    """Clips of one bright shape at the given corners [N, T, 2]."""
    clips = np.zeros([*path.shape[:2], 32, 32, 1], np.float32)
    for n, t in np.ndindex(*path.shape[:2]):
        r, c = path[n, t]
        clips[n, t, r : r + 8, c : c + 8, 0] = shape[n]
    return clips


SQUARE = np.ones([8, 8], np.float32)
BAR = np.pad(np.ones([8, 2], np.float32), [(0, 0), (3, 3)])


@pytest.fixture
def clips():
    steps = np.arange(6)
    paths = np.stack([np.stack([2 + 2 * steps, 4 + steps], -1), np.stack([20 - steps, 3 + 3 * steps], -1)] * 10)
    return moving([SQUARE, BAR] * 10, paths), np.array([0, 1] * 10), paths


def test_centres(clips):
    found, _, paths = clips
    np.testing.assert_allclose(centres(found)[::2], paths[::2] + 3.5, atol=1e-5)
    np.testing.assert_allclose(centres(np.zeros([1, 1, 32, 32, 1])), 15.5)


def test_scores_of_straight_paths(clips):
    found, labels, _ = clips
    oracle = Oracle(found, labels, 16)
    scores = oracle.scores(found)
    assert oracle.accuracy(found, labels) == 1 and scores["identity"] == 1
    assert scores["speed"] == pytest.approx((np.sqrt(5) + np.sqrt(10)) / 2, rel=1e-4)
    assert scores["bend"] == pytest.approx(0, abs=1e-4)


def test_what_is_wrong_is_seen(clips):
    found, labels, paths = clips
    oracle = Oracle(found, labels, 16)
    assert oracle.scores(found[:, np.random.default_rng(0).permutation(6)])["bend"] > 0.5  # frames out of order
    changing = moving([SQUARE] * 20, paths)
    changing[:, 3:] = moving([BAR] * 20, paths)[:, 3:]
    assert oracle.scores(changing)["identity"] < 0.6
    bounced = np.concatenate([found, found[:, -2::-1]], 1)
    assert oracle.scores(bounced)["bend"] < 0.5  # a turn keeps the size of the velocity
    assert oracle.scores(np.zeros_like(found))["speed"] == 0
