"""The units that elements of vectors are counted in."""

import numpy as np


def deviations(examples: np.ndarray) -> np.ndarray:
    """The standard deviation of each element over examples [N, ...], float64; 1 of an element that never changes."""
    return np.where(examples.min(0) < examples.max(0), examples.std(0, dtype=np.float64), 1)
