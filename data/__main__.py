"""Print what a data set holds, and draw some of it.

`python -m data --dataset=digits --out=digits.png` draws 64 images, and
`python -m data --dataset=moving_digits --T=16 --out=clips.png` the film strips of 8 clips.
"""

import argparse
import os
import pathlib
import sys
from typing import TYPE_CHECKING

import numpy as np

from graphical_gan import data
from graphical_gan.common.files import disk_error, local_path, refuse_foreign, write_image
from graphical_gan.data import picture
from graphical_gan.data.clips import report as clip_report

if TYPE_CHECKING:  # it loads TensorFlow
    from graphical_gan.data.images.dataset import Dataset

_MOST_LABELS = 50
_FRAMES = 16  # of a clip, where --T does not say


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: list of the words after the command; None takes them from the command line.

    Returns:
        0. Bad arguments and unreadable data end the program with a message and status 2, errors of the disk with 1.
    """
    parser = _parser()
    flags = parser.parse_args(arguments)
    try:
        for name in ("data_dir", "manual_dir", "out"):
            if getattr(flags, name) is not None:
                setattr(flags, name, local_path(getattr(flags, name), f"--{name}"))
        out = None if flags.out is None else _checked_out(flags.out)
        if flags.dataset in data.CLIP_DESCRIPTIONS:
            _show_clips(flags, out)
        else:
            _show_images(flags, out)
    except (ValueError, OSError) as error:
        befell = disk_error(error)
        print(f"{parser.prog}: error: {befell or error}", file=sys.stderr)
        raise SystemExit(1 if befell else 2) from error
    return 0


def _show_images(flags, out):
    _refuse(flags, "T", "split", "starts")
    options = {name: getattr(flags, name) for name in ("data_dir", "manual_dir", "image_size", "holdout", "crop")}
    dataset = data.load(flags.dataset, **options)
    _say_found(data.describe(flags.dataset, **options))
    print(report(dataset))
    if out is not None:
        _draw(dataset, out)


def _show_clips(flags, out):
    _refuse(flags, "crop")
    frames = _FRAMES if flags.T is None else flags.T
    names = ("data_dir", "manual_dir", "image_size", "holdout", "split", "starts")
    options = {name: getattr(flags, name) for name in names}
    dataset = data.load_clips(flags.dataset, frames, **options)
    _say_found(data.describe_clips(flags.dataset, frames, **options))
    print(clip_report.report(dataset))
    if out is not None:
        count = clip_report.draw(dataset, out)
        print(f"{count} training clips, one a row: {out}")


def _say_found(known):
    if known.found:
        print(known.found)


def _refuse(flags, *names):
    kind = "clips" if flags.dataset in data.CLIP_DESCRIPTIONS else "images"
    for name in names:
        if (value := getattr(flags, name)) is not None:
            raise ValueError(
                f"--{name}={value} came with --dataset={flags.dataset}, a set of {kind}: expected no such flag. "
                f"Leave --{name} out."
            )


def report(dataset: "Dataset") -> str:
    """Say what a data set holds.

    Args:
        dataset: an `images.dataset.Dataset`.

    Returns:
        Several lines: the shape, the range, and a table of splits with a histogram of labels.
    """
    shape = " x ".join(map(str, dataset.image_shape))
    low, high = dataset.value_range
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    lines = [f"{dataset.name}: 8-bit images of {shape}, a network sees them in [{low:g}, {high:g}]"]
    if len(dataset.image_shape) == 1:
        lines = [f"{dataset.name}: vectors of {shape} numbers, a network sees them in standard deviations"]
    lines.append(_row("", *splits))
    lines.append(_row("examples", *map(len, splits.values())))
    lines.append(_row("lowest value", *(split.images.min() if len(split) else "" for split in splits.values())))
    lines.append(_row("highest value", *(split.images.max() if len(split) else "" for split in splits.values())))
    return "\n".join(lines + _histogram(splits.values(), dataset.label_names))


def _histogram(splits, label_names):
    if label_names is None:
        return ["no labels"]
    counts = [np.bincount(split.labels, minlength=len(label_names)) for split in splits]
    lines = [_row(f"label {name}", *row) for name, *row in zip(label_names, *counts, strict=True)]
    more = len(lines) - _MOST_LABELS
    return lines[:_MOST_LABELS] + ([f"... and {more} more labels"] if more > 0 else [])


def _row(head, *cells):
    return f"{head:<24}" + "".join(f"{_cell(cell):>12}" for cell in cells)


def _cell(value):
    """Counts and 8-bit values with commas, the numbers of a table with four digits."""
    if isinstance(value, np.floating):
        return f"{value:.4g}"
    return value if isinstance(value, str) else f"{value:,}"


def _draw(dataset, out):
    """Draw a first minibatch as a network would see it."""
    if len(dataset.image_shape) == 1:
        raise ValueError(f"--out={out} came with --dataset={dataset.name}, vectors: expected images. Leave it out.")
    count = min(64, len(dataset.train))
    batch = next(iter(dataset.minibatches(count, seed=0)))
    write_image(out, picture.sheet(dataset.from_network(batch["x"]).numpy()), format="PNG")
    print(f"{count} training images: {out}")


def _checked_out(out):
    path = pathlib.Path(out)
    if path.suffix.lower() != ".png" or not path.parent.is_dir():
        raise ValueError(
            f"--out={out} can't be written: expected a name in .png inside an existing folder. Pass another --out."
        )
    refuse_foreign(path, b"\x89PNG")
    return path


def _parser():
    parser = argparse.ArgumentParser(prog="python -m data", description="Print and draw what a data set holds.")
    parser.add_argument(
        "--dataset", default="digits", help=f"one of {', '.join([*data.DESCRIPTIONS, *data.CLIP_DESCRIPTIONS])}"
    )
    parser.add_argument("--T", type=int, help=f"number of frames of a clip; {_FRAMES} if it is not given")
    parser.add_argument("--data_dir", help="folder of tensorflow-datasets")
    parser.add_argument(
        "--manual_dir", help="folder with files that are already here; the images of folder, the clips of clips_folder"
    )
    parser.add_argument(
        "--image_size",
        type=int,
        help="height and width of the images of folder (32) and clips_folder (64): 28, 32, 64 or 128",
    )
    parser.add_argument("--holdout", type=int, help="how many training examples are kept for validation")
    parser.add_argument("--crop", help=f"how celeb_a becomes square: {' or '.join(data.CROPS)}")
    parser.add_argument("--split", help=f"how chairs are divided: {' or '.join(data.SPLITS)}")
    parser.add_argument("--starts", help=f"where clips of chairs start: {' or '.join(data.STARTS)}")
    parser.add_argument("--out", help="where to write a picture of 64 training images or 8 training clips, a .png")
    return parser


if __name__ == "__main__":
    # Before TensorFlow is loaded: no log lines of its kernel, and no GPU taken from a run beside this one.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    sys.exit(main())
