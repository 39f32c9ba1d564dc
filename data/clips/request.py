"""Check what is asked of a data set of clips, before TensorFlow is loaded or a file is read."""

import dataclasses
import pathlib
from typing import Any

from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS, ClipDescription
from graphical_gan.data.clips import arrays, folder
from graphical_gan.data.images.request import (
    IMAGE_SIZES,
    check_not_negative,
    check_reads,
    existing_folder,
    held_out,
    prepared_folder,
)

SPLITS = ("chair", "released")
STARTS = ("random", "first")
OWN = {  # what a user's folder holds
    "clips_folder": "clips, each a sub-folder of frames or a GIF",
    "clips_arrays": "x.npy, clips [N, T, H, W, C]",
}


@dataclasses.dataclass(frozen=True)
class ClipRequest:
    """The arguments of `load_clips`, checked by `clip_request`; a None stands for the data set's own default.

    Attributes:
        name: a key of `CLIP_DESCRIPTIONS`.
        T: number of frames of a clip.
        data_dir: folder of tensorflow-datasets, or None.
        manual_dir: an existing folder, or None.
        image_size: height and width, for `clips_folder`.
        split: one of `SPLITS`.
        holdout: number of validation clips, or None.
        starts: one of `STARTS`.
    """

    name: str
    T: int
    data_dir: str | None = None
    manual_dir: pathlib.Path | None = None
    image_size: int | None = None
    split: str | None = None
    holdout: int | None = None
    starts: str | None = None


def clip_request(name: str, T: int, **options: Any) -> ClipRequest:
    """Check the arguments of `load_clips` and bundle them.

    Args:
        name: see `data.load_clips`, as for the other arguments.
        T: see `data.load_clips`.
        **options: see `data.load_clips`.

    Returns:
        A `ClipRequest`.

    Raises:
        ValueError: if an argument is unknown, doesn't fit the data set, or names no folder.
    """
    request = ClipRequest(name, T, **options)
    if name not in CLIP_DESCRIPTIONS:
        raise ValueError(
            f"Unknown data set of clips {name!r}: expected one of {', '.join(CLIP_DESCRIPTIONS)}. "
            "Pass one of these names with --dataset; moving_digits needs no download."
        )
    choices = {"image_size": IMAGE_SIZES, "split": SPLITS, "starts": STARTS}
    given = {flag: getattr(request, flag) for flag in ("data_dir", "manual_dir", *choices)}
    check_reads(CLIP_DESCRIPTIONS, name, given, choices)
    check_length(T, CLIP_DESCRIPTIONS[name].length, f"--dataset={name}")
    check_not_negative(request.holdout)
    _check_pairs(request)
    if name in OWN and request.manual_dir is None:
        raise ValueError(
            f"--dataset={name} came without a folder: expected a folder of {OWN[name]}. "
            "Name it with --manual_dir=FOLDER."
        )
    return dataclasses.replace(
        request,
        data_dir=None if request.data_dir is None else prepared_folder(request.data_dir),
        manual_dir=None if request.manual_dir is None else existing_folder(request.manual_dir),
        image_size=request.image_size or 64,
        split=request.split or SPLITS[0],
        starts=request.starts or STARTS[0],
    )


def _check_pairs(request):
    """Refuses validation clips that would leave one of the two clips of a chair for training."""
    by_chair = request.name == "turning_chairs" or (request.name == "chairs" and request.split != "released")
    if by_chair and (request.holdout or 0) % 2:
        raise ValueError(
            f"--holdout={request.holdout} would divide a chair, which is 2 clips: expected an even number. Pass one."
        )


def describe_clips(name: str, T: int, **options: Any) -> ClipDescription:
    """Say what a data set of clips holds without reading it.

    Use it for `--dry_run` and for checks of flags. It needs no TensorFlow and no files, but for
    `clips_folder`, whose file names and image headers are looked at, and for an array, which is checked.

    Args:
        name: a key of `CLIP_DESCRIPTIONS`.
        T: number of frames of a clip.
        **options: as of `data.load_clips`; a folder with files must exist.

    Returns:
        A `ClipDescription`; nothing in it is None but the length of endless clips, and the labels of a data set that
        has none. The counts of chairs are those of the whole published set.

    Raises:
        ValueError: as `data.load_clips`, short of files that only turn out broken when they are read.
    """
    request = clip_request(name, T, **options)
    known = CLIP_DESCRIPTIONS[name]
    if name == "clips_folder":
        known = folder.describe(request.manual_dir, request.image_size, T)
    if name == "clips_arrays":
        known = fitting(arrays.describe(request.manual_dir), T)
    return held_out(known, request.holdout)


def fitting(known: ClipDescription, T: int) -> ClipDescription:
    """Refuse a number of frames that a user's arrays don't have.

    Args:
        known: what they hold.
        T: number of frames of a clip.

    Returns:
        `known`.

    Raises:
        ValueError: if `T` is above its `length`.
    """
    check_length(T, known.length, "the clips")
    return known


def check_length(T: int, longest: int | None, where: str) -> None:
    """Refuse a number of frames that clips can't have.

    Args:
        T: number of frames.
        longest: the most frames that the clips have, or None: endless.
        where: words for the clips in the message.

    Raises:
        ValueError: if `T` is below 2 or above `longest`.
    """
    if T < 2:
        raise ValueError(
            f"--T={T} is too short for {where}: expected 2 frames or more, as motion takes two. Pass a larger --T."
        )
    if longest is not None and longest < T:
        raise ValueError(f"--T={T} is longer than {where}: expected 2 to {longest} frames. Pass --T={longest} or less.")
