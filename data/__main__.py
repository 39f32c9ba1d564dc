"""Print what a data set holds, and draw some of it.

`python -m data --dataset=digits --out=digits.png` draws 64 images, and
`python -m data --dataset=moving_digits --T=16 --out=clips.png` the film strips of 8 clips.
"""

import argparse
import os
import pathlib
import sys

from graphical_gan import data
from graphical_gan.common.files import disk_error, local_path, refuse_foreign
from graphical_gan.data import report

_FRAMES = 16  # of a clip, where --T does not say


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: list of the words after the command; None takes them from the command line.

    Returns:
        0. Bad arguments and unreadable data end the program with a message and status 2, errors of the disk with 1.
    """
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    try:
        for name in ("data_dir", "manual_dir", "out"):
            if options[name] is not None:
                options[name] = local_path(options[name], f"--{name}")
        name, out = options.pop("dataset"), options.pop("out")
        if out is not None:
            _check_out(pathlib.Path(out))
        if name in data.CLIP_DESCRIPTIONS:
            options["T"] = _FRAMES if options["T"] is None else options["T"]
            load, describe, said_of, draw = data.load_clips, data.describe_clips, report.of_clips, report.draw_clips
        else:
            load, describe, said_of, draw = data.load, data.describe, report.of_images, report.draw_images
        dataset, found = load(name, **options), describe(name, **options).found
        print(f"{found}\n{said_of(dataset)}" if found else said_of(dataset))
        if out is not None:
            print(f"{draw(dataset, pathlib.Path(out))}: {out}")
    except (ValueError, OSError) as error:
        of_disk = disk_error(error)
        print(f"{parser.prog}: error: {of_disk or error}", file=sys.stderr)
        raise SystemExit(1 if of_disk else 2) from error
    return 0


def _check_out(path):
    if path.suffix.lower() != ".png" or not path.parent.is_dir():
        raise ValueError(
            f"--out={path} can't be written: expected a name in .png inside an existing folder. Pass another --out."
        )
    refuse_foreign(path, b"\x89PNG")


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
