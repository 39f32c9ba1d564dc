"""A sheet of images, for a look at a data set."""

import math

import numpy as np
from PIL import Image

_LEAST_SIDE = 64  # smaller images are enlarged to about this many pixels


def sheet(images: np.ndarray, columns: int = 8, line: int = 0) -> Image.Image:
    """Lay images out in rows.

    Args:
        images: float array [N, H, W, C] in [0, 1], with C of 1 or 3.
        columns: how many images a row holds.
        line: the brightness of the line around each image, in [0, 255].

    Returns:
        A `PIL.Image.Image`; small images are enlarged by a whole factor, unused places are black.
    """
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    places = np.zeros((rows * columns, height, width, channels), np.uint8)
    places[:count] = np.round(np.asarray(images) * 255).astype(np.uint8)
    places = np.pad(places, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=line)
    grid = places.reshape(rows, columns, height + 2, width + 2, channels).swapaxes(1, 2)
    grid = grid.reshape(rows * (height + 2), columns * (width + 2), channels)
    factor = max(1, _LEAST_SIDE // height)
    picture = Image.fromarray(grid[..., 0] if channels == 1 else grid)
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
