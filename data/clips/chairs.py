"""The public 3D chairs, through tensorflow-datasets, and how they are split."""

import pathlib
import sys

import numpy as np

from graphical_gan.data import prepared
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips import renders
from graphical_gan.data.clips.splits import ClipSplit, Stored
from graphical_gan.data.request import Request
from graphical_gan.data.splits import random_parts


def read(request: Request) -> dict[str, ClipSplit]:
    """Read all sequences into one array, 1.1 GB for the whole set; the first time they are prepared."""
    builder = _open_builder(request)
    with prepared.reading(builder):
        frames, chairs = _read(builder)
    _check_same(request, chairs)
    films = Stored.of(frames, from_first=request.starts == "first")
    parts = SPLITTERS[request.split](chairs, request.holdout)
    return {name: ClipSplit(films[rows], request.T) for name, rows in parts.items()}


def split_by_chair(chairs: np.ndarray, holdout: int | None = None) -> dict[str, np.ndarray]:
    """Keep the chairs of the three parts apart: 100 of the 1,393 for the test, 100 for validation.

    Args:
        chairs: str array [N], the chair of each sequence.
        holdout: number of validation sequences, even; None is as many as are tested.

    Returns:
        Dictionary of the sorted rows, int [n], of "test", "validation" and "train"; of fewer chairs the same shares,
        but at least one chair.
    """
    names = np.unique(chairs)
    parts = _parts(len(names), None if holdout is None else holdout // 2)
    return {part: np.flatnonzero(np.isin(chairs, names[rows])) for part, rows in parts.items()}


def split_released(chairs: np.ndarray, holdout: int | None = None) -> dict[str, np.ndarray]:
    """Draw 200 sequences of the 2,786 for the test, as the released code does, and as many for validation, if any.

    A chair may then be in the training part at one elevation and in the test at the other.

    Args:
        chairs: str array [N], the chair of each sequence.
        holdout: number of validation sequences; None is as many as are tested.

    Returns:
        As `split_by_chair`.
    """
    return _parts(len(chairs), holdout)


SPLITTERS = {"chair": split_by_chair, "released": split_released}


def _parts(count, holdout):
    known = CLIP_DESCRIPTIONS["chairs"]
    whole = known.training_examples + known.validation_examples + known.test_examples
    tested = max(1, round(count * known.test_examples / whole))
    if count < 3:
        raise ValueError(
            f"--dataset=chairs found {count} of them: expected 3 or more, as each of the three parts needs one. "
            "Put more chairs into rendered_chairs in --manual_dir."
        )
    parts = random_parts(count, tested, tested if holdout is None else holdout)
    return {name: np.sort(rows) for name, rows in parts.items()}


def _open_builder(request):
    import tensorflow_datasets as tfds

    from graphical_gan.data.clips.rendered_chairs import RenderedChairs

    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    prepared.check_files(request.data_dir, RenderedChairs.name)
    with prepared.quiet():
        builder = RenderedChairs(data_dir=request.data_dir)
        if builder.is_prepared():
            return builder
        manual_dir = request.manual_dir or pathlib.Path(builder.data_dir_root) / "downloads" / "manual"
        if renders.here(manual_dir) is None:
            raise ValueError(
                f"--dataset=chairs is not in {builder.data_dir_root}, and its renders are not in {manual_dir}.\n"
                f"{renders.ADVICE}"
            )
        builder.download_and_prepare(download_config=tfds.download.DownloadConfig(manual_dir=manual_dir))
    return builder


def _read(builder):
    examples = prepared.examples(builder, "train", ("frames", "chair"))
    count = int(examples.cardinality())
    frames, chairs = np.empty((count, renders.TURN, 64, 64, 3), np.uint8), []
    for row, example in enumerate(examples.as_numpy_iterator()):
        frames[row] = example["frames"]
        chairs.append(example["chair"].decode())
    return frames, np.array(chairs)


def _check_same(request, chairs):
    """Refuse other chairs than those that the user points at: what was prepared before stays prepared."""
    if renders.here(request.manual_dir) is None:
        return
    with renders.open_renders(request.manual_dir) as found:
        if set(found.chairs) != set(chairs):
            raise ValueError(
                f"--manual_dir={request.manual_dir} holds {len(found.chairs)} chairs, but --dataset=chairs was "
                f"prepared before from {len(set(chairs))} others: expected the same ones. Pass another --data_dir to "
                "prepare these, or leave --manual_dir out."
            )
