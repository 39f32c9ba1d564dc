"""What `python -m data` says and draws of a data set."""

import math
import pathlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from graphical_gan.common.files import write_image

if TYPE_CHECKING:  # they load TensorFlow
    from graphical_gan.data.clips.dataset import ClipDataset
    from graphical_gan.data.images.dataset import ImageDataset

_MOST_LABELS = 50
_IMAGES, _STRIPS = 64, 8  # drawn, of images and of clips
_LEAST_SIDE = 64  # smaller images are enlarged to about this many pixels
_LINE = 96  # grey, so that the border of a frame shows on black and on white


def of_images(dataset: "ImageDataset") -> str:
    """Several lines: the shape, the range, and a table of splits with a histogram of labels."""
    shape, (low, high) = " x ".join(map(str, dataset.image_shape)), dataset.value_range
    head = f"{dataset.name}: 8-bit images of {shape}, a network sees them in [{low:g}, {high:g}]"
    if len(dataset.image_shape) == 1:
        head = f"{dataset.name}: vectors of {shape} numbers, a network sees them in standard deviations"
    parts = dataset.splits.values()
    lowest, highest = ([f(part.images) if len(part) else "" for part in parts] for f in (np.min, np.max))
    table = [
        _row("", *dataset.splits),
        _row("examples", *map(len, parts)),
        _row("lowest value", *lowest),
        _row("highest value", *highest),
    ]
    return "\n".join([head, *table, *_histogram(dataset)])


def of_clips(dataset: "ClipDataset") -> str:
    """As `of_images`, of a data set of clips."""
    shape, (low, high) = " x ".join(map(str, dataset.image_shape)), dataset.value_range
    longest = dataset.train.films.length
    end = "contents, put on a new path each time" if longest is None else f"clips of {longest} frames or more"
    lines = [
        f"{dataset.name}: clips of {dataset.length} frames of {shape}, a network sees them in [{low:g}, {high:g}]",
        f"stored: {end}; the networks are {'given' if dataset.conditioned else 'not given'} labels",
        _row("", *dataset.splits),
        _row("contents", *map(len, dataset.splits.values())),
    ]
    return "\n".join(lines + _histogram(dataset))


def draw_images(dataset: "ImageDataset", out: pathlib.Path) -> str:
    """Write a picture of the first training images of a run, as a network would see them; says what is in it.

    Raises:
        ValueError: if the data set holds vectors.
    """
    if len(dataset.image_shape) == 1:
        raise ValueError(f"--out={out} came with --dataset={dataset.name}, vectors: expected images. Leave it out.")
    return f"{_draw(dataset, out, _IMAGES, columns=8, line=0)} training images"


def draw_clips(dataset: "ClipDataset", out: pathlib.Path) -> str:
    """As `draw_images`, of the film strips of clips."""
    return f"{_draw(dataset, out, _STRIPS, columns=dataset.length, line=_LINE)} training clips, one a row"


def _draw(dataset, out, most, columns, line):
    count = min(most, len(dataset.train))
    batch = next(iter(dataset.minibatches(count, seed=0)))
    pictures = dataset.from_network(batch["x"]).numpy().reshape(-1, *dataset.image_shape)
    write_image(out, _sheet(pictures, columns, line), format="PNG")
    return count


def _sheet(images, columns, line):
    """Images [N, H, W, C] in [0, 1] in rows, enlarged by a whole factor; a line of that brightness is around each."""
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    places = np.zeros((rows * columns, height, width, channels), np.uint8)
    places[:count] = np.round(images * 255).astype(np.uint8)
    places = np.pad(places, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=line)
    grid = places.reshape(rows, columns, height + 2, width + 2, channels).swapaxes(1, 2)
    grid = grid.reshape(rows * (height + 2), columns * (width + 2), channels)
    factor = max(1, _LEAST_SIDE // height)
    picture = Image.fromarray(grid[..., 0] if channels == 1 else grid)
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)


def _histogram(dataset):
    names = dataset.label_names
    if names is None:
        return ["no labels"]
    counts = [np.bincount(part.labels, minlength=len(names)) for part in dataset.splits.values()]
    lines = [_row(f"label {name}", *row) for name, *row in zip(names, *counts, strict=True)]
    more = len(lines) - _MOST_LABELS
    return lines[:_MOST_LABELS] + ([f"... and {more} more labels"] if more > 0 else [])


def _row(head, *cells):
    return f"{head:<24}" + "".join(f"{_cell(cell):>12}" for cell in cells)


def _cell(value):
    """Counts and 8-bit values with commas, the numbers of a table with four digits."""
    if isinstance(value, np.floating):
        return f"{value:.4g}"
    return value if isinstance(value, str) else f"{value:,}"
