"""Check what is asked of a data set, before TensorFlow is loaded or a file is read."""

import dataclasses
import os
import pathlib
from typing import Any

from graphical_gan.common.choices import resolved
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS, DESCRIPTIONS, Description
from graphical_gan.data.splits import check_holdout, check_length

IMAGE_SIZES = (28, 32, 64, 128)
CROPS = ("released", "paper")
SPLITS = ("chair", "released")
STARTS = ("random", "first")
CHOICES = {"image_size": IMAGE_SIZES, "crop": CROPS, "split": SPLITS, "starts": STARTS}
Place = str | os.PathLike  # of a file or folder


@dataclasses.dataclass(frozen=True)
class Request:
    """The arguments of `data.load` or `data.load_clips`, checked by `requested`.

    Attributes:
        name: a key of `DESCRIPTIONS` or `CLIP_DESCRIPTIONS`.
        T: number of frames of a clip; None for images.
        data_dir: folder of tensorflow-datasets, or None for its own default.
        manual_dir: an existing folder, or None.
        image_size: height and width, for images of the user.
        holdout: number of validation examples, or None for the data set's own.
        crop: one of `CROPS`.
        split: one of `SPLITS`.
        starts: one of `STARTS`.
    """

    name: str
    T: int | None = None
    data_dir: Any = None
    manual_dir: Any = None
    image_size: int | None = None
    holdout: int | None = None
    crop: str | None = None
    split: str | None = None
    starts: str | None = None

    @property
    def known(self) -> Description:
        """The row of the data set."""
        return (DESCRIPTIONS | CLIP_DESCRIPTIONS)[self.name]


def requested(name: str, T: int | None = None, clips: bool = False, **options: Any) -> Request:
    """Check the arguments of `data.load` or `data.load_clips` and bundle them.

    Args:
        T: number of frames of a clip; None for images.
        **options: see `data.load` and `data.load_clips`, each None or left out for the default.

    Returns:
        A `Request`, in which defaults are filled in.

    Raises:
        ValueError: if an argument is unknown, doesn't fit the data set, or names no folder.
    """
    table, kind = (CLIP_DESCRIPTIONS, " of clips") if clips else (DESCRIPTIONS, "")
    if name not in table:
        raise ValueError(
            f"Unknown data set{kind} {name!r}: expected one of {', '.join(table)}. "
            f"Pass one of these names with --dataset; {next(iter(table))} needs no download."
        )
    request = Request(name, T, **options)
    _check_reads(table, request)
    if clips:
        check_length(request.T, request.known.length, f"--dataset={name}")
    if request.holdout is not None and request.holdout < 0:
        raise ValueError(
            f"holdout={request.holdout}: expected a number of examples, 0 for none. Pass --holdout=0 or more."
        )
    _check_pairs(request)
    if request.known.folder_of and request.manual_dir is None:
        raise ValueError(
            f"--dataset={name} came without a folder: expected a folder of {request.known.folder_of}. "
            "Name it with --manual_dir=FOLDER."
        )
    return dataclasses.replace(
        request,
        data_dir=None if request.data_dir is None else _prepared_folder(request.data_dir),
        manual_dir=None if request.manual_dir is None else existing_folder(request.manual_dir),
        image_size=request.image_size or (64 if clips else 32),
        crop=request.crop or CROPS[0],
        split=request.split or SPLITS[0],
        starts=request.starts or STARTS[0],
    )


def _check_reads(table, request):
    """Refuses a flag that the data set does not read, or a value that it does not know."""
    of_clips = table is CLIP_DESCRIPTIONS
    for flag in ("data_dir", "manual_dir", *CHOICES, *(() if of_clips else ("T",))):
        value = getattr(request, flag)
        if value is not None and flag not in request.known.reads:
            readers = ", ".join(name for name, known in table.items() if flag in known.reads)
            only = f"with --dataset={readers} only, as no other reads it" if readers else "no such flag"
            raise ValueError(
                f"--{flag}={value} came with --dataset={request.name}: expected {only}. Leave --{flag} out"
                + (", or name one of these." if readers else ".")
            )
        if value is not None and value not in CHOICES.get(flag, [value]):
            raise ValueError(
                f"--{flag}={value} is not possible: expected one of {', '.join(map(str, CHOICES[flag]))}. Pass one of "
                "them."
            )


def _check_pairs(request):
    """Refuses validation clips that would leave one of the two clips of a chair for training."""
    by_chair = request.name == "turning_chairs" or (request.name == "chairs" and request.split != "released")
    if by_chair and (request.holdout or 0) % 2:
        raise ValueError(
            f"--holdout={request.holdout} would divide a chair, which is 2 clips: expected an even number. Pass one."
        )


def described(request: Request) -> Description:
    """Say what a data set holds, from the files of a user's folder where these alone tell.

    Returns:
        A `Description` with the number of validation examples that was asked for.

    Raises:
        ValueError: if the files don't fit, or nothing is left to train on.
    """
    known = request.known
    return held_out(known if known.describe is None else resolved(known.describe)(request), request.holdout)


def held_out(known: Any, holdout: int | None) -> Any:
    """Say what a data set holds with another number of validation examples.

    Args:
        known: its `Description`, or `variables.VariablesSpec`.
        holdout: number of validation examples; None is the data set's own.

    Returns:
        Another of these.

    Raises:
        ValueError: if nothing is left to train on.
    """
    pool = known.training_examples + known.validation_examples
    held = known.validation_examples if holdout is None else holdout
    check_holdout(held, pool)
    return dataclasses.replace(known, training_examples=pool - held, validation_examples=held)


def _prepared_folder(data_dir):
    """A folder of tensorflow-datasets, which need not exist."""
    path = os.path.expanduser(data_dir)
    if set(path) & set("[]*?\\"):
        raise ValueError(
            f"--data_dir={data_dir} holds one of [ ] * ? \\, which tensorflow-datasets takes for a pattern: expected a "
            "path without them. Rename the folder, or name another."
        )
    return path


def existing_folder(manual_dir: Place) -> pathlib.Path:
    """Refuse a path, which may start with ~, where no folder is."""
    path = pathlib.Path(manual_dir).expanduser()
    if not path.is_dir():
        kind = "a file" if path.exists() else "missing"
        raise ValueError(
            f"--manual_dir={manual_dir} is {kind}: expected an existing folder. "
            "Check the spelling, or create the folder and put the files into it."
        )
    return path
