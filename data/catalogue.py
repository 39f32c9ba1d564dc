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
    """What a data set holds.

    Attributes:
        image_shape: (H, W, C) of every image, or None where only the user's folder knows it.
        training_examples: number of training images, or None.
        validation_examples: number of images held out of the training images, or None.
        test_examples: number of test images, or None.
        value_range: lowest and highest value that a network sees, or None where only the user's arrays tell.
        label_names: the name of each class, in the order of the labels, or None without labels.
        read: from an `images.request.Request` to a `splits.Source`.
        scaling: the `common.scaling.Scaling` to `value_range`, or a function from the training images to it.
        reads: which of data_dir, manual_dir, image_size and crop have an effect; the others are refused.
        found: a sentence on which files of a user's folder are read and which are not, or None.
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

    @property
    def classes(self) -> int | None:
        """The number of classes, or None without labels."""
        return None if self.label_names is None else len(self.label_names)


_IMAGES, _CLIPS = "graphical_gan.data.images.", "graphical_gan.data.clips."
_SCALING = "graphical_gan.common.scaling:"
DESCRIPTIONS = {
    "digits": Description(
        (16, 16, 1), 1_200, 250, 347, _UNIT, _DIGITS, f"{_IMAGES}digits:read", f"{_SCALING}UNIT", reads=()
    ),
    "mnist": Description(
        (28, 28, 1), 50_000, 10_000, 10_000, _UNIT, _DIGITS, f"{_IMAGES}loading:idx_or_prepared", f"{_SCALING}UNIT"
    ),
    "fashion_mnist": Description(
        (28, 28, 1), 50_000, 10_000, 10_000, _UNIT, _CLOTHES, f"{_IMAGES}loading:idx_or_prepared", f"{_SCALING}UNIT"
    ),
    "svhn_cropped": Description(
        (32, 32, 3), 68_257, 5_000, 26_032, _SYMMETRIC, _DIGITS, f"{_IMAGES}loading:svhn_or_prepared",
        f"{_SCALING}SYMMETRIC",
    ),
    "cifar10": Description(
        (32, 32, 3), 45_000, 5_000, 10_000, _SYMMETRIC, _THINGS, "graphical_gan.data.prepared:read",
        f"{_SCALING}SYMMETRIC",
    ),
    "celeb_a": Description(
        (64, 64, 3), 192_599, 5_000, 5_000, _SYMMETRIC, None, f"{_IMAGES}celeb_a:read", f"{_SCALING}DEQUANTISED",
        (*_DOWNLOADED, "crop"),
    ),
    "folder": Description(
        None, None, None, None, _SYMMETRIC, None, f"{_IMAGES}loading:own_images", f"{_SCALING}SYMMETRIC",
        ("manual_dir", "image_size"),
    ),
    "arrays": Description(
        None, None, None, None, None, None, f"{_IMAGES}loading:own_arrays", f"{_SCALING}of_arrays",
        ("manual_dir",),
    ),
    "table": Description(
        None, None, None, None, None, None, f"{_IMAGES}loading:own_arrays", f"{_SCALING}of_arrays",
        ("manual_dir",),
    ),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class ClipDescription:
    """What a data set of clips holds.

    Attributes:
        image_shape: (H, W, C) of every frame, or None where only the user's folder knows it.
        length: the most frames that a clip can have, or None: endless.
        training_examples: number of training clips; where paths are drawn anew, of the contents that move.
        validation_examples: number of clips held out of the training clips.
        test_examples: number of test clips.
        value_range: lowest and highest value that a network sees.
        label_names: the name of each class, in the order of the labels, or None without labels.
        read: from a `clips.request.ClipRequest` to the three splits by name.
        scaling: the `common.scaling.Scaling` to `value_range`.
        conditioned: whether the networks are given the labels, so that minibatches hold "y".
        transferable: whether the truth of motion analogies is known.
        reads: which of data_dir, manual_dir, image_size, split and starts have an effect; the others are refused.
        found: a sentence on which files of a user's folder are read and which are not, or None.
    """

    image_shape: tuple[int, int, int] | None
    length: int | None
    training_examples: int | None
    validation_examples: int | None
    test_examples: int | None
    value_range: tuple[float, float]
    label_names: tuple[str, ...] | None
    read: str | Callable
    scaling: str | Any
    conditioned: bool = False
    transferable: bool = False
    reads: tuple[str, ...] = _DOWNLOADED
    found: str | None = None

    @property
    def classes(self) -> int | None:
        """The number of classes, or None without labels."""
        return None if self.label_names is None else len(self.label_names)


CLIP_DESCRIPTIONS = {
    "moving_digits": ClipDescription(
        (32, 32, 1), None, 1_200, 250, 347, _SYMMETRIC, _DIGITS, f"{_CLIPS}moving:read", f"{_SCALING}SYMMETRIC",
        transferable=True, reads=(),
    ),
    "turning_chairs": ClipDescription(
        (64, 64, 3), 31, 640, 80, 80, _SYMMETRIC, None, f"{_CLIPS}turning_chairs:read", f"{_SCALING}RENDERS",
        transferable=True, reads=(),
    ),
    "moving_mnist": ClipDescription(
        (64, 64, 1), None, 50_000, 10_000, 10_000, _SYMMETRIC, _DIGITS, f"{_CLIPS}moving:read",
        f"{_SCALING}SYMMETRIC", conditioned=True, transferable=True,
    ),
    "chairs": ClipDescription(
        (64, 64, 3), 31, 2_386, 200, 200, _SYMMETRIC, None, f"{_CLIPS}chairs:read", f"{_SCALING}RENDERS",
        reads=(*_DOWNLOADED, "split", "starts"),
    ),
    "clips_folder": ClipDescription(
        None, None, None, None, None, _SYMMETRIC, None, f"{_CLIPS}loading:own_clips", f"{_SCALING}SYMMETRIC",
        reads=("manual_dir", "image_size"),
    ),
    "clips_arrays": ClipDescription(
        None, None, None, None, None, _SYMMETRIC, None, f"{_CLIPS}loading:own_arrays", f"{_SCALING}SYMMETRIC",
        reads=("manual_dir",),
    ),
}  # fmt: skip
