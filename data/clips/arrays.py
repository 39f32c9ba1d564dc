"""Your own arrays: clips of one length, from memory or as x.npy from a folder."""

import dataclasses

import numpy as np

from graphical_gan.data import npy
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS, Description
from graphical_gan.data.clips.splits import ClipSplit, Stored, tenths_of
from graphical_gan.data.images.arrays import pixels
from graphical_gan.data.request import Request
from graphical_gan.data.splits import LEAST_CLIPS, check_length, tenths


def describe(request: Request) -> Description:
    """Say what the folder holds; errors as of `checked` and `describe_clips`, or if the file is missing or damaged."""
    return describe_clips(checked(npy.read(request.manual_dir, "x")), request.T)


def read(request: Request) -> dict[str, ClipSplit]:
    """Read the clips of a folder; errors as of `describe`."""
    return tenths_of(Stored.of(checked(npy.read(request.manual_dir, "x"))), request.T, request.holdout)


def checked(x: np.ndarray, least: int = LEAST_CLIPS) -> np.ndarray:
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


def describe_clips(clips: np.ndarray, T: int) -> Description:
    """Say what clips hold: a tenth, at least one, each are for validation and test.

    Args:
        clips: as `checked` gives them.
        T: number of frames that are learnt.

    Raises:
        ValueError: if clips are shorter.
    """
    check_length(T, clips.shape[1], "the clips")
    return dataclasses.replace(
        CLIP_DESCRIPTIONS["clips_arrays"], image_shape=clips.shape[2:], length=clips.shape[1], **tenths(len(clips))
    )
