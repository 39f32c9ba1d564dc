"""The same minibatches for every contestant: noise images, which cost as much as any others."""

import itertools
from collections.abc import Iterator

import numpy as np

FRAMES = 16
SHAPES = {"gmgan": (28, 28, 1), "ssgan": (64, 64, 1)}
CLASSES = {"gmgan": 0, "ssgan": 10}
COUNT = 8  # different ones


def minibatches(model: str, batch: int, frames: int = FRAMES) -> list[dict[str, np.ndarray]]:
    """x, float32 [B, ...] in [0, 1), and of clips, which have some frames, the labels y, one-hot [B, classes]."""
    rng = np.random.default_rng(0)
    found, plate = [], (frames,) if CLASSES[model] else ()
    for _ in range(COUNT):
        data = {"x": rng.random((batch, *plate, *SHAPES[model]), np.float32)}
        if CLASSES[model]:
            data["y"] = np.eye(CLASSES[model], dtype=np.float32)[rng.integers(0, CLASSES[model], batch)]
        found.append(data)
    return found


def endless(model: str, batch: int, frames: int = FRAMES) -> Iterator[dict[str, np.ndarray]]:
    """The minibatches for ever."""
    return itertools.cycle(minibatches(model, batch, frames))
