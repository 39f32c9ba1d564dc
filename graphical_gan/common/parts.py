"""What would not fit in memory at once, made a few at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np


def in_parts(draw: Callable[[int, int], Any], count: int, part: int, seed: int) -> np.ndarray:
    """Samples drawn a few at a time.

    Args:
        draw: from a number of samples and a seed to the samples, first axis B.
        part: the most that are drawn at once.
        seed: below 2**31; each part has a seed of its own, and those of another seed are others.

    Returns:
        [count, ...].
    """
    starts = range(0, count, part)
    return np.concatenate([draw(min(part, count - i), (seed * 1_000_003 + i) % 2**31) for i in starts])
