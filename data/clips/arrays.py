"""Your own arrays: clips of one length, from memory or as x.npy from a folder."""

import dataclasses
import pathlib

import numpy as np

from graphical_gan.data import npy
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS, ClipDescription
from graphical_gan.data.clips.splits import ClipSplit, Stored
from graphical_gan.data.images.arrays import pixels
from graphical_gan.data.splits import random_parts

_LEAST = 3  # fewer clips would leave a part empty


def describe(root: pathlib.Path) -> ClipDescription:
    """Say what the folder holds.

    Args:
        root: the folder.

    Returns:
        A `ClipDescription`: a tenth of the clips, at least one, each for validation and test.

    Raises:
        ValueError: as `checked`, or if the file is missing or damaged.
    """
    return describe_clips(checked(npy.read(root, "x")))


def read(root: pathlib.Path, T: int, holdout: int | None = None) -> dict[str, ClipSplit]:
    """Read the clips of a folder, as `split` gives them; arguments and errors as of `describe`."""
    return split(checked(npy.read(root, "x")), T, holdout)


def checked(x: np.ndarray, least: int = _LEAST) -> np.ndarray:
    """Check clips and bring them to 8 bits.

    Args:
        x: [N, T, H, W] or [N, T, H, W, C] with H = W and C = 1 or 3, uint8 or floats in [0, 1].
        least: number of clips; by default as many as can be divided.

    Returns:
        uint8 [N, T, H, W, C] in [0, 255].

    Raises:
        ValueError: if they are something else, or there are too few.
    """
    x = np.asarray(x)
    x = x[..., np.newaxis] if x.ndim == 4 else x
    if x.ndim != 5 or len(x) < least or x.shape[1] < 2:
        raise ValueError(
            f"The clips are of shape {list(x.shape)}; expected [N, T, H, W] or [N, T, H, W, C], at least {least} clips "
            "of at least 2 frames. Put the number of the clip first, and that of the frame second."
        )
    return pixels(x)


def describe_clips(clips: np.ndarray) -> ClipDescription:
    """As `describe`, of what `checked` gave."""
    tenth = max(1, len(clips) // 10)
    return dataclasses.replace(
        CLIP_DESCRIPTIONS["clips_arrays"],
        image_shape=clips.shape[2:],
        length=clips.shape[1],
        training_examples=len(clips) - 2 * tenth,
        validation_examples=tenth,
        test_examples=tenth,
    )


def split(clips: np.ndarray, T: int, holdout: int | None = None) -> dict[str, ClipSplit]:
    """Divide clips, in the one order that a data set of this size is split by.

    Args:
        clips: as `checked` gives them.
        T: number of frames of a clip; longer ones start at a frame that is drawn anew each time.
        holdout: number of validation clips; None is a tenth.

    Returns:
        Dictionary of the `ClipSplit`s "train", "validation" and "test".
    """
    count, length = clips.shape[:2]
    films = Stored(clips.reshape(-1, *clips.shape[2:]), length * np.arange(count), np.full(count, length))
    tenth = max(1, count // 10)
    parts = random_parts(count, tenth, tenth if holdout is None else holdout)
    return {name: ClipSplit(films[rows], T) for name, rows in parts.items()}
