"""Check what is asked of a data set, before TensorFlow is loaded or a file is read."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from graphical_gan.data.catalogue import DESCRIPTIONS, Description
from graphical_gan.data.images import arrays, folder
from graphical_gan.data.splits import check_holdout

IMAGE_SIZES = (28, 32, 64, 128)
CROPS = ("released", "paper")
OWN = {"folder": "images", "arrays": "x.npy, images", "table": "x.npy, a row an example"}  # what a user's folder holds
Place = str | os.PathLike  # of a file or folder


@dataclasses.dataclass(frozen=True)
class Request:
    """The checked arguments of `load`; a None stands for the data set's own default.

    Attributes:
        name: a key of `DESCRIPTIONS`.
        data_dir: folder of tensorflow-datasets, or None.
        manual_dir: an existing folder, or None.
        image_size: height and width, for `folder`.
        holdout: number of validation images, or None.
        crop: one of `CROPS`.
    """

    name: str
    data_dir: str | None
    manual_dir: pathlib.Path | None
    image_size: int
    holdout: int | None
    crop: str


def image_request(
    name: str,
    data_dir: Place | None = None,
    manual_dir: Place | None = None,
    image_size: int | None = None,
    holdout: int | None = None,
    crop: str | None = None,
) -> Request:
    """Check the arguments of `load` and bundle them.

    Args:
        name: see `data.load`, as for the other arguments.
        data_dir: see `data.load`.
        manual_dir: see `data.load`.
        image_size: see `data.load`.
        holdout: see `data.load`.
        crop: see `data.load`.

    Returns:
        A `Request`.

    Raises:
        ValueError: if an argument is unknown, doesn't fit the data set, or names no folder.
    """
    if name not in DESCRIPTIONS:
        raise ValueError(
            f"Unknown data set {name!r}: expected one of {', '.join(DESCRIPTIONS)}. "
            "Pass one of these names with --dataset; digits needs no download."
        )
    given = {"data_dir": data_dir, "manual_dir": manual_dir, "image_size": image_size, "crop": crop}
    check_reads(DESCRIPTIONS, name, given, {"image_size": IMAGE_SIZES, "crop": CROPS})
    check_not_negative(holdout)
    if name in OWN and manual_dir is None:
        raise ValueError(
            f"--dataset={name} came without a folder: expected a folder of {OWN[name]}. "
            "Name it with --manual_dir=FOLDER."
        )
    return Request(
        name=name,
        data_dir=None if data_dir is None else prepared_folder(data_dir),
        manual_dir=None if manual_dir is None else existing_folder(manual_dir),
        image_size=image_size or 32,
        holdout=holdout,
        crop=crop or CROPS[0],
    )


def describe(name: str, holdout: int | None = None, **options: Any) -> Description:
    """Say what a data set holds without reading it.

    Use it for `--dry_run` and for checks of flags. It needs no TensorFlow and no files, but for `folder`,
    whose file names and image headers are looked at, and for arrays, which are checked.

    Args:
        name: a key of `DESCRIPTIONS`.
        holdout: number of validation images; None is the data set's own.
        **options: as of `data.load`; a folder with files must exist.

    Returns:
        A `Description`; nothing in it is None but the labels of a data set that has none.

    Raises:
        ValueError: as `data.load`, short of files that only turn out broken when they are read.
    """
    request = image_request(name, holdout=holdout, **options)
    return held_out(_described(request) if name in OWN else DESCRIPTIONS[name], holdout)


def held_out(known: Any, holdout: int | None) -> Any:
    """Say what a data set holds with another number of validation examples.

    Args:
        known: its `Description` or `ClipDescription`.
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


def check_not_negative(holdout: int | None) -> None:
    """Refuse a number of validation examples below 0.

    Args:
        holdout: the number, or None.

    Raises:
        ValueError: if it is one.
    """
    if holdout is not None and holdout < 0:
        raise ValueError(f"holdout={holdout}: expected a number of examples, 0 for none. Pass --holdout=0 or more.")


def _described(request):
    """What lies in the folder of a user."""
    if request.name == "folder":
        return folder.describe(request.manual_dir, request.image_size)
    return arrays.describe(request.manual_dir, request.name)


def check_reads(table: Mapping[str, Any], name: str, given: dict[str, Any], choices: dict[str, tuple]) -> None:
    """Refuse a flag that a data set does not read, or a value that it does not know.

    Args:
        table: `DESCRIPTIONS` or `CLIP_DESCRIPTIONS`.
        name: name of the data set that was asked for, a key of the table.
        given: by flag, each value that was given, or None.
        choices: by flag, the values that are possible.

    Raises:
        ValueError: if a value is given that has no effect, or is not among the choices.
    """
    for flag, value in ((flag, value) for flag, value in given.items() if value is not None):
        if flag not in table[name].reads:
            readers = ", ".join(other for other, known in table.items() if flag in known.reads)
            raise ValueError(
                f"--{flag}={value} came with --dataset={name}: expected with --dataset={readers} only, as no other "
                f"reads it. Leave --{flag} out, or name one of these."
            )
        if flag in choices and value not in choices[flag]:
            raise ValueError(
                f"--{flag}={value} is not possible: expected one of {', '.join(map(str, choices[flag]))}. Pass one of "
                "them."
            )


def prepared_folder(data_dir: Place) -> str:
    """Check a folder of tensorflow-datasets, which need not exist.

    Args:
        data_dir: path of the folder, which may start with ~.

    Returns:
        Its path.

    Raises:
        ValueError: if tensorflow-datasets would take it for a pattern, and not find what it wrote there.
    """
    path = os.path.expanduser(data_dir)
    if set(path) & set("[]*?\\"):
        raise ValueError(
            f"--data_dir={data_dir} holds one of [ ] * ? \\, which tensorflow-datasets takes for a pattern: expected a "
            "path without them. Rename the folder, or name another."
        )
    return path


def existing_folder(manual_dir: Place) -> pathlib.Path:
    """Check that a folder is there.

    Args:
        manual_dir: path of the folder, which may start with ~.

    Returns:
        Its `pathlib.Path`.

    Raises:
        ValueError: if there is no such folder.
    """
    path = pathlib.Path(manual_dir).expanduser()
    if not path.is_dir():
        kind = "a file" if path.exists() else "missing"
        raise ValueError(
            f"--manual_dir={manual_dir} is {kind}: expected an existing folder. "
            "Check the spelling, or create the folder and put the files into it."
        )
    return path
