"""The data sets, of images and of clips: what is known of each, and how to load it.

Importing this package loads no TensorFlow, so flags can be checked first. `describe` says what a data set
holds before any of it is read, `load` reads it, and `python -m data --dataset=digits` prints and draws it.
For clips these are `describe_clips`, `load_clips`, and `python -m data --dataset=moving_digits --T=16`.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from graphical_gan.data import variables
from graphical_gan.data.catalogue import (
    CLIP_DESCRIPTIONS,
    DESCRIPTIONS,
    ClipDescription,
    Description,
)
from graphical_gan.data.clips.request import SPLITS, STARTS, clip_request, describe_clips, fitting
from graphical_gan.data.clips.splits import ClipSplit
from graphical_gan.data.images.labelled import labelled_rows
from graphical_gan.data.images.request import (
    CROPS,
    IMAGE_SIZES,
    Place,
    describe,
    existing_folder,
    held_out,
    image_request,
)
from graphical_gan.data.splits import Split

if TYPE_CHECKING:  # both load TensorFlow
    from graphical_gan.data.clips.dataset import ClipDataset
    from graphical_gan.data.images.dataset import Dataset
    from graphical_gan.data.variables_dataset import VariablesDataset

__all__ = [
    "CLIP_DESCRIPTIONS",
    "CROPS",
    "DESCRIPTIONS",
    "IMAGE_SIZES",
    "SPLITS",
    "STARTS",
    "ClipDescription",
    "ClipSplit",
    "Description",
    "Split",
    "describe",
    "describe_clips",
    "describe_variables",
    "fitting",
    "held_out",
    "load",
    "load_arrays",
    "load_clip_arrays",
    "load_clips",
    "load_variable_arrays",
    "load_variables",
]


def load(name: str, labels: int | None = None, seed: int = 0, labelled: str = "k", **options: Any) -> "Dataset":
    """Load a data set into memory as uint8.

    Use it once at the start of a run. The splits never depend on the seed of a run, and a test set is never
    used for validation: validation images are held out of the training images.

    Args:
        name: a key of `DESCRIPTIONS`.
        labels: number of training images whose label minibatches hold; None and 0 are none.
        seed: of the run, which chooses these images.
        labelled: the variable that minibatches hold their label as.
        **options: where it is and how it is cut, each None or left out for the default:
            data_dir: folder of tensorflow-datasets; None is its own default, `~/tensorflow_datasets`.
            manual_dir: folder with files that are already here: downloads by hand, or the images of `folder`.
            image_size: height and width of the images of `folder`, one of `IMAGE_SIZES`; None is 32.
            holdout: how many training images become the validation set. None is the number in `DESCRIPTIONS` (a tenth
                of a `folder`); 0 trains on all, as the paper's counts for SVHN (73,257) and CIFAR10 (50,000) do, and
                leaves an empty validation set.
            crop: how celeb_a becomes 64 x 64, one of `CROPS`. "released", the default, shrinks the whole width to 64
                and keeps rows 7 to 70 of the 78; "paper" takes the central 178 x 178 and shrinks that.

    Returns:
        An `images.dataset.Dataset` with the splits `train`, `validation` and `test`.

    Raises:
        ValueError: if an argument does not fit, files are missing, or an image can't be read.
    """
    request = image_request(name, **options)
    from graphical_gan.data.images import loading  # loads TensorFlow

    return _labelled(loading.load(request), labels, seed, labelled)


def load_arrays(
    name: str,
    split: Split,
    label_names: tuple[str, ...] | None,
    holdout: int | None = None,
    labels: int | None = None,
    seed: int = 0,
    labelled: str = "k",
) -> "Dataset":
    """Make a data set of arrays that are in memory, the same one that `load` reads from a folder that holds them.

    Args:
        name: "arrays" for images or "table".
        split: all examples, as `images.arrays.checked` gives them, as are the `label_names`.
        label_names: the name of each class, or None.
        holdout: see `load`, as for the other arguments.
        labels: see `load`.
        seed: see `load`.
        labelled: see `load`.

    Returns:
        An `images.dataset.Dataset`.

    Raises:
        ValueError: if an argument does not fit.
    """
    from graphical_gan.data.images import arrays, loading  # the latter loads TensorFlow

    return _labelled(loading.dataset_of(name, arrays.source(split, label_names), holdout), labels, seed, labelled)


def _labelled(dataset, labels, seed, labelled):
    rows = labelled_rows(dataset.train.labels, labels, seed)
    return dataclasses.replace(dataset, labelled=rows, label_variable=labelled)


def load_clips(name: str, T: int, **options: Any) -> "ClipDataset":
    """Load a data set of clips, as 8-bit frames or as contents that are put on paths when they are needed.

    Use it once at the start of a run. The splits never depend on the seed of a run.

    Args:
        name: a key of `CLIP_DESCRIPTIONS`.
        T: number of frames of a clip, 2 or more, and no more than the stored clips have.
        **options: where it is and how it is cut, each None or left out for the default:
            data_dir: folder of tensorflow-datasets; None is its own default, `~/tensorflow_datasets`.
            manual_dir: folder with files that are already here: `rendered_chairs` or `rendered_chairs.tar` for chairs,
                the clips of `clips_folder`, the files of MNIST for moving_mnist.
            image_size: height and width of the frames of `clips_folder`, one of `IMAGE_SIZES`; None is 64.
            holdout: how many training clips become the validation set. None is the number in `CLIP_DESCRIPTIONS` (a
                tenth of `clips_folder`); 0 trains on all, as the released code does, and leaves an empty validation
                set.
            starts: where a clip of chairs that is shorter than its sequence starts, one of `STARTS`.
            split: how chairs are divided, one of `SPLITS`. "chair", the default, keeps the chairs of the three parts
                apart; "released" draws sequences, so that a test chair may have been seen from the other elevation, as
                the released code does.

    Returns:
        A `clips.dataset.ClipDataset` with the splits `train`, `validation` and `test`.

    Raises:
        ValueError: if an argument does not fit, files are missing, or a frame can't be read.
    """
    request = clip_request(name, T, **options)
    from graphical_gan.data.clips import loading  # loads TensorFlow

    return loading.load(request)


def load_clip_arrays(clips: np.ndarray, T: int, holdout: int | None = None) -> "ClipDataset":
    """Make a data set of clips that are in memory, the same one that `load_clips` reads from a folder that holds them.

    Args:
        clips: all of them, as `clips.arrays.checked` gives them.
        T: number of frames of a clip, at most as many as they have.
        holdout: see `load_clips`.

    Returns:
        A `clips.dataset.ClipDataset`.
    """
    from graphical_gan.data.clips import arrays, loading  # the latter loads TensorFlow

    return loading.dataset_of("clips_arrays", T, arrays.split(clips, T, holdout))


def describe_variables(manual_dir: Place | None, holdout: int | None = None) -> variables.VariablesSpec:
    """Say what the arrays of a folder hold, a file NAME.npy a variable.

    Args:
        manual_dir: the folder.
        holdout: how many examples are held out for validation; None is a tenth.

    Returns:
        `variables.VariablesSpec`.

    Raises:
        ValueError: if there is no such folder, or its arrays don't fit one another.
    """
    return variables.describe(_read_variables(manual_dir), holdout)


def load_variables(manual_dir: Place | None, holdout: int | None = None) -> "VariablesDataset":
    """Load the arrays of a folder, a file NAME.npy a variable; arguments and errors as of `describe_variables`.

    Returns:
        A `variables_dataset.VariablesDataset`.
    """
    return load_variable_arrays(_read_variables(manual_dir), holdout)


def load_variable_arrays(rows: variables.Rows, holdout: int | None = None) -> "VariablesDataset":
    """Make a data set of arrays that are in memory, the same one that `load_variables` reads from a folder of them.

    Args:
        rows: all of them, as `variables.checked` gives them.
        holdout: how many examples are held out for validation; None is a tenth.

    Returns:
        A `variables_dataset.VariablesDataset`.

    Raises:
        ValueError: if nothing is left to train on.
    """
    from graphical_gan.data.variables_dataset import VariablesDataset  # loads TensorFlow

    return VariablesDataset(variables.split(rows, holdout))


def _read_variables(manual_dir):
    if manual_dir is None:
        raise ValueError(
            "--dataset=variables came without a folder: expected a folder of a file NAME.npy for each observed "
            "variable. Name it with --manual_dir=FOLDER."
        )
    return variables.read(existing_folder(manual_dir))
