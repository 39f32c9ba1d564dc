"""What is known of each data set, of images and of clips, before any of it is read: a row for each.

A row says where its reader and its scaling are, as "module:attribute" or the thing itself; both load TensorFlow.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

_UNIT = (0.0, 1.0)
_SYMMETRIC = (-1.0, 1.0)
_DIGITS = tuple("0123456789")
_CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
_DOWNLOADED = ("data_dir", "manual_dir")  # prepared by tensorflow-datasets, from a download or from files by hand
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclasses.dataclass(frozen=True)
class Description:
    """What a data set of images, or of clips, holds.

    Attributes:
        image_shape: (H, W, C) of every image or frame, or None where only the user's folder knows it.
        training_examples: number of training images or clips, or None; where paths are drawn anew, of the contents that
            move.
        validation_examples: number of them held out of those for training, or None.
        test_examples: number of test images or clips, or None.
        value_range: lowest and highest value that a network sees, or None where only the user's arrays tell.
        label_names: the name of each class, in the order of the labels, or None without labels.
        read: from a `request.Request` to a `splits.Source` of images, or to the three splits of clips by name. A
            ValueError says which files are missing, damaged, or can't be had.
        scaling: the `common.scaling.Scaling` to `value_range`, or a function from the training images to it.
        reads: which of data_dir, manual_dir, image_size, crop, split and starts have an effect; the others are refused.
        found: a sentence on which files of a user's folder are read and which are not, or None.
        folder_of: what the user's folder, which is needed then, has to hold, in words.
        describe: from a `request.Request` to the `Description` with what that folder holds, without TensorFlow.
        length: the most frames that a clip can have, or None: endless.
        conditioned: whether the networks are given the labels, so that minibatches of clips hold "y".
        transferable: whether the truth of motion analogies is known.
    """

    image_shape: tuple[int, int, int] | None
    training_examples: int | None
    validation_examples: int | None
    test_examples: int | None
    value_range: tuple[float, float] | None
    label_names: tuple[str, ...] | None
    read: str | Callable
    scaling: str | Any
    reads: tuple[str, ...] = _DOWNLOADED
    found: str | None = None
    folder_of: str | None = None
    describe: str | Callable | None = None
    length: int | None = None
    conditioned: bool = False
    transferable: bool = False

    @property
    def classes(self) -> int | None:
        """The number of classes, or None without labels."""
        return None if self.label_names is None else len(self.label_names)


def _own(module, scaling, folder_of, *reads, value_range=_SYMMETRIC):
    """A row for the data of a user: what it holds is read from the folder by `describe` of the module."""
    return Description(
        None, None, None, None, value_range, None, f"{module}:read", scaling, ("manual_dir", *reads),
        folder_of=folder_of, describe=f"{module}:describe",
    )  # fmt: skip


_IMAGES, _CLIPS = "graphical_gan.data.images.", "graphical_gan.data.clips."
_SCALING = "graphical_gan.common.scaling:"
DESCRIPTIONS = {
    "digits": Description(
        (16, 16, 1), 1_200, 250, 347, _UNIT, _DIGITS, f"{_IMAGES}digits:read", f"{_SCALING}UNIT", reads=()
    ),
    "mnist": Description(
        (28, 28, 1), 50_000, 10_000, 10_000, _UNIT, _DIGITS, f"{_IMAGES}idx:read", f"{_SCALING}UNIT"
    ),
    "fashion_mnist": Description(
        (28, 28, 1), 50_000, 10_000, 10_000, _UNIT, _CLOTHES, f"{_IMAGES}idx:read", f"{_SCALING}UNIT"
    ),
    "svhn_cropped": Description(
        (32, 32, 3), 68_257, 5_000, 26_032, _SYMMETRIC, _DIGITS, f"{_IMAGES}svhn:read", f"{_SCALING}SYMMETRIC"
    ),
    "cifar10": Description(
        (32, 32, 3), 45_000, 5_000, 10_000, _SYMMETRIC, _THINGS, "graphical_gan.data.prepared:read",
        f"{_SCALING}SYMMETRIC",
    ),
    "celeb_a": Description(
        (64, 64, 3), 192_599, 5_000, 5_000, _SYMMETRIC, None, f"{_IMAGES}celeb_a:read", f"{_SCALING}DEQUANTISED",
        (*_DOWNLOADED, "crop"),
    ),
    "folder": _own(f"{_IMAGES}folder", f"{_SCALING}SYMMETRIC", "images", "image_size"),
    "arrays": _own(f"{_IMAGES}arrays", f"{_SCALING}of_arrays", "x.npy, images", value_range=None),
    "table": _own(f"{_IMAGES}arrays", f"{_SCALING}of_arrays", "x.npy, a row an example", value_range=None),
}  # fmt: skip
CLIP_DESCRIPTIONS = {
    "moving_digits": Description(
        (32, 32, 1), 1_200, 250, 347, _SYMMETRIC, _DIGITS, f"{_CLIPS}moving:read", f"{_SCALING}SYMMETRIC",
        reads=(), transferable=True,
    ),
    "turning_chairs": Description(
        (64, 64, 3), 640, 80, 80, _SYMMETRIC, None, f"{_CLIPS}turning_chairs:read", f"{_SCALING}RENDERS",
        reads=(), length=31, transferable=True,
    ),
    "moving_mnist": Description(
        (64, 64, 1), 50_000, 10_000, 10_000, _SYMMETRIC, _DIGITS, f"{_CLIPS}moving:read",
        f"{_SCALING}SYMMETRIC", conditioned=True, transferable=True,
    ),
    "chairs": Description(
        (64, 64, 3), 2_386, 200, 200, _SYMMETRIC, None, f"{_CLIPS}chairs:read", f"{_SCALING}RENDERS",
        reads=(*_DOWNLOADED, "split", "starts"), length=31,
    ),
    "clips_folder": _own(
        f"{_CLIPS}folder", f"{_SCALING}SYMMETRIC", "clips, each a sub-folder of frames or a GIF", "image_size"
    ),
    "clips_arrays": _own(f"{_CLIPS}arrays", f"{_SCALING}SYMMETRIC", "x.npy, clips [N, T, H, W, C]"),
}  # fmt: skip
