"""The public 3D chairs, as tensorflow-datasets prepares them, and how they are split."""

import functools
import pathlib

import numpy as np
import tensorflow_datasets as tfds

from graphical_gan.data import prepared
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips import renders
from graphical_gan.data.clips.splits import ClipSplit, Stored
from graphical_gan.data.request import Request
from graphical_gan.data.splits import random_parts
from graphical_gan.data.storage import room

_DESCRIPTION = """
Renders of 1,393 chairs of CAD models (Aubry, Maturana, Efros, Russell and Sivic: Seeing 3D chairs, CVPR 2014), each
from 31 azimuths at 2 elevations. An example is one chair that turns once at one elevation: the 320 x 320 pixels in the
middle of each render, shrunk to 64 x 64.
"""
_CITATION = """
@inproceedings{aubry2014seeing,
  title={Seeing 3D chairs: exemplar part-based 2D-3D alignment using a large dataset of CAD models},
  author={Aubry, Mathieu and Maturana, Daniel and Efros, Alexei A. and Russell, Bryan C. and Sivic, Josef},
  booktitle={IEEE Conference on Computer Vision and Pattern Recognition},
  year={2014}
}
"""


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
    known = functools.partial(prepared.known_builder, request, RenderedChairs.name, RenderedChairs)
    builder = known()
    if builder.is_prepared():
        return builder
    manual_dir = request.manual_dir or builder.data_dir_root / "downloads" / "manual"
    if renders.here(manual_dir) is None:
        raise ValueError(
            f"--dataset=chairs is not in {builder.data_dir_root}, and its renders are not in {manual_dir}.\n"
            f"{renders.ADVICE}"
        )
    return prepared.prepare(known, manual_dir)


class RenderedChairs(tfds.core.GeneratorBasedBuilder):
    """Builder of the 3D chairs, in the order of the chairs' names and of the elevations."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Sequences of 31 frames of 64 x 64."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = renders.ADVICE
    pkg_dir_path = pathlib.Path(__file__).parent  # in a checkout data/ lies beside the package that it belongs to

    def _info(self):
        return self.dataset_info_from_configs(
            description=_DESCRIPTION,
            features=tfds.features.FeaturesDict(
                {
                    "frames": tfds.features.Video(shape=(renders.TURN, 64, 64, 3)),
                    "chair": tfds.features.Text(),
                    "elevation": tfds.features.Scalar(np.int32),
                }
            ),
            homepage=renders.HOMEPAGE,
            citation=_CITATION,
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(dl_manager.manual_dir)}

    def _generate_examples(self, manual_dir):
        """Yield a number and an example for each sequence of the folder or the tar in `manual_dir`."""
        with renders.open_renders(manual_dir) as found:
            for number, (chair, elevation, frames) in enumerate(renders.sequences(found)):
                yield number, {"frames": frames, "chair": chair, "elevation": elevation}


def _read(builder):
    examples = prepared.examples(builder, "train", ("frames", "chair"))
    count = int(examples.cardinality())
    frames, chairs = room((count, renders.TURN, 64, 64, 3)), []
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
