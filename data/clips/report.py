"""What `python -m data` says and draws of a data set of clips."""

import pathlib
from typing import TYPE_CHECKING

import numpy as np

from graphical_gan.common.files import write_image
from graphical_gan.data import picture

if TYPE_CHECKING:  # it loads TensorFlow
    from graphical_gan.data.clips.dataset import ClipDataset

_STRIPS = 8
_LINE = 96  # grey, so that the border of a frame shows on black and on white


def report(dataset: "ClipDataset") -> str:
    """Say what a data set of clips holds.

    Args:
        dataset: a `clips.dataset.ClipDataset`.

    Returns:
        Several lines: the shape, the range, and a table of splits with a histogram of labels.
    """
    shape = " x ".join(map(str, dataset.image_shape))
    low, high = dataset.value_range
    longest = dataset.train.films.length
    end = "contents, put on a new path each time" if longest is None else f"clips of {longest} frames or more"
    lines = [
        f"{dataset.name}: clips of {dataset.length} frames of {shape}, a network sees them in [{low:g}, {high:g}]",
        f"stored: {end}; the networks are {'given' if dataset.conditioned else 'not given'} labels",
        _row("", *dataset.splits),
        _row("contents", *(f"{len(part):,}" for part in dataset.splits.values())),
    ]
    if dataset.label_names is None:
        return "\n".join([*lines, "no labels"])
    counts = [np.bincount(part.labels, minlength=len(dataset.label_names)) for part in dataset.splits.values()]
    rows = zip(dataset.label_names, *counts, strict=True)
    return "\n".join(lines + [_row(f"label {name}", *(f"{count:,}" for count in row)) for name, *row in rows])


def draw(dataset: "ClipDataset", out: pathlib.Path) -> int:
    """Draw the film strips of the first training clips of a run, one clip a row, as a network would see them.

    Args:
        dataset: a `clips.dataset.ClipDataset`.
        out: path of the picture to write.

    Returns:
        The number of clips in it.
    """
    count = min(_STRIPS, len(dataset.train))
    batch = next(iter(dataset.minibatches(count, seed=0)))
    frames = dataset.from_network(batch["x"]).numpy().reshape(-1, *dataset.image_shape)
    write_image(out, picture.sheet(frames, columns=dataset.length, line=_LINE), format="PNG")
    return count


def _row(head, *cells):
    return f"{head:<24}" + "".join(f"{cell:>12}" for cell in cells)
