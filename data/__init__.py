"""The data sets, of images and of clips: what is known of each, and how to load it.

Importing this package loads no TensorFlow, so flags can be checked first. `describe` says what a data set
holds before any of it is read, `load` reads it, and `python -m data --dataset=digits` prints and draws it.
For clips these are `describe_clips`, `load_clips`, and `python -m data --dataset=moving_digits --T=16`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from graphical_gan.common.choices import resolved
from graphical_gan.data import variables
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS, DESCRIPTIONS, Description
from graphical_gan.data.clips.splits import ClipSplit, Stored, tenths_of
from graphical_gan.data.images import arrays
from graphical_gan.data.request import CROPS, IMAGE_SIZES, SPLITS, STARTS, Place, described, held_out, requested
from graphical_gan.data.splits import Split

if TYPE_CHECKING:  # they load TensorFlow
    from graphical_gan.data.clips.dataset import ClipDataset
    from graphical_gan.data.images.dataset import ImageDataset
    from graphical_gan.data.variables_dataset import VariablesDataset

__all__ = [
    "CLIP_DESCRIPTIONS", "CROPS", "DESCRIPTIONS", "IMAGE_SIZES", "SPLITS", "STARTS", "ClipSplit", "Description",
    "Split", "describe", "describe_clips", "describe_variables", "held_out", "load", "load_arrays",
    "load_clip_arrays", "load_clips", "load_variable_arrays", "load_variables",
]  # fmt: skip


def describe(name: str, **options: Any) -> Description:
    """Say what a data set of images holds without reading it.

    Use it for `--dry_run` and for checks of flags. It needs no TensorFlow and no files, but for `folder`,
    whose file names and image headers are looked at, and for arrays, which are checked.

    Args:
        name: a key of `DESCRIPTIONS`.
        **options: as of `load`; a folder with files must exist.

    Raises:
        ValueError: as `load`, short of files that only turn out broken when they are read.
    """
    return described(requested(name, **options))


def describe_clips(name: str, T: int, **options: Any) -> Description:
    """Say what a data set of clips holds without reading it, as `describe`.

    Args:
        name: a key of `CLIP_DESCRIPTIONS`.
        T: number of frames of a clip.
        **options: as of `load_clips`; a folder with files must exist.

    Returns:
        A `Description`; its `length` is None for endless clips. The counts of chairs are of the whole published set.

    Raises:
        ValueError: as `load_clips`, short of files that only turn out broken when they are read.
    """
    return described(requested(name, T, clips=True, **options))


def load(name: str, labels: int | None = None, seed: int = 0, labelled: str = "k", **options: Any) -> "ImageDataset":
    """Load a data set of images, or of vectors, as 8-bit images.

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

    Raises:
        ValueError: if an argument does not fit, files are missing, or an image can't be read.
    """
    request = requested(name, **options)
    from graphical_gan.data.images.dataset import dataset_of  # loads TensorFlow

    return dataset_of(name, resolved(request.known.read)(request), request.holdout, labels, seed, labelled)


def load_arrays(
    name: str, split: Split, label_names: tuple[str, ...] | None, holdout: int | None = None, **labelling: Any
) -> "ImageDataset":
    """Make a data set of arrays that are in memory, the same one that `load` reads from a folder that holds them.

    Args:
        name: "arrays" for images or "table".
        split: all examples, as `images.arrays.checked` gives them, as are the `label_names`.
        holdout: see `load`.
        **labelling: "labels", "seed" and "labelled", see `load`.

    Raises:
        ValueError: if an argument does not fit.
    """
    from graphical_gan.data.images.dataset import dataset_of  # loads TensorFlow

    return dataset_of(name, arrays.source(split, label_names, name), holdout, **labelling)


def load_clips(name: str, T: int, **options: Any) -> "ClipDataset":
    """Load a data set of clips as `load`: 8-bit frames, or contents that are put on paths when they are needed.

    Args:
        name: a key of `CLIP_DESCRIPTIONS`.
        T: number of frames of a clip, 2 or more, and no more than the stored clips have.
        **options: as of `load`, for frames and clips in place of images, but for `crop`:
            manual_dir: folder with files that are already here: `rendered_chairs` or `rendered_chairs.tar` for chairs,
                the clips of `clips_folder`, the files of MNIST for moving_mnist.
            image_size: height and width of the frames of `clips_folder`, one of `IMAGE_SIZES`; None is 64.
            starts: where a clip of chairs that is shorter than its sequence starts, one of `STARTS`.
            split: how chairs are divided, one of `SPLITS`. "chair", the default, keeps the chairs of the three parts
                apart; "released" draws sequences, so that a test chair may have been seen from the other elevation, as
                the released code does.

    Raises:
        ValueError: if an argument does not fit, files are missing, or a frame can't be read.
    """
    request = requested(name, T, clips=True, **options)
    from graphical_gan.data.clips.dataset import dataset_of  # loads TensorFlow

    return dataset_of(name, T, resolved(request.known.read)(request))


def load_clip_arrays(clips: np.ndarray, T: int, holdout: int | None = None) -> "ClipDataset":
    """Make a data set of clips that are in memory, the same one that `load_clips` reads from a folder that holds them.

    Args:
        clips: all of them, as `clips.arrays.checked` gives them.
        T: see `load_clips`.
        holdout: see `load`.
    """
    from graphical_gan.data.clips.dataset import dataset_of  # loads TensorFlow

    return dataset_of("clips_arrays", T, tenths_of(Stored.of(clips), T, holdout))


def describe_variables(manual_dir: Place | None, holdout: int | None = None) -> variables.VariablesSpec:
    """Say what the arrays of a folder hold, a file NAME.npy for each variable.

    Args:
        holdout: how many examples are held out for validation; None is a tenth.

    Raises:
        ValueError: if there is no such folder, or its arrays don't fit one another.
    """
    return variables.describe(variables.read(manual_dir), holdout)


def load_variables(manual_dir: Place | None, holdout: int | None = None) -> "VariablesDataset":
    """Load the arrays of a folder; arguments and errors as of `describe_variables`."""
    return load_variable_arrays(variables.read(manual_dir), holdout)


def load_variable_arrays(rows: variables.Rows, holdout: int | None = None) -> "VariablesDataset":
    """Make a data set of arrays that are in memory, the same one that `load_variables` reads from a folder of them.

    Args:
        rows: all of them, as `variables.checked` gives them.
        holdout: how many examples are held out for validation; None is a tenth.

    Raises:
        ValueError: if nothing is left to train on.
    """
    from graphical_gan.data.variables_dataset import VariablesDataset  # loads TensorFlow

    return VariablesDataset(splits=variables.split(rows, holdout))
