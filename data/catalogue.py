"""What is known of each data set, of images and of clips, before any of it is read."""

import dataclasses

_UNIT = (0.0, 1.0)
_SYMMETRIC = (-1.0, 1.0)
_DIGITS = tuple("0123456789")
_CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclasses.dataclass(frozen=True)
class Description:
    """What a data set holds.

    Attributes:
        image_shape: (H, W, C) of every image, or None where only the user's folder knows it.
        training_examples: number of training images, or None.
        validation_examples: number of images held out of the training images, or None.
        test_examples: number of test images, or None.
        value_range: lowest and highest value that a network sees.
        label_names: the name of each class, in the order of the labels, or None without labels.
        found: a sentence on which files of a user's folder are read and which are not, or None.
    """

    image_shape: tuple[int, int, int] | None
    training_examples: int | None
    validation_examples: int | None
    test_examples: int | None
    value_range: tuple[float, float]
    label_names: tuple[str, ...] | None
    found: str | None = None

    @property
    def classes(self) -> int | None:
        """The number of classes, or None without labels."""
        return None if self.label_names is None else len(self.label_names)


DESCRIPTIONS = {
    "digits": Description((16, 16, 1), 1_200, 250, 347, _UNIT, _DIGITS),
    "mnist": Description((28, 28, 1), 50_000, 10_000, 10_000, _UNIT, _DIGITS),
    "fashion_mnist": Description((28, 28, 1), 50_000, 10_000, 10_000, _UNIT, _CLOTHES),
    "svhn_cropped": Description((32, 32, 3), 68_257, 5_000, 26_032, _SYMMETRIC, _DIGITS),
    "cifar10": Description((32, 32, 3), 45_000, 5_000, 10_000, _SYMMETRIC, _THINGS),
    "celeb_a": Description((64, 64, 3), 192_599, 5_000, 5_000, _SYMMETRIC, None),
    "folder": Description(None, None, None, None, _SYMMETRIC, None),
}
NAMES = tuple(DESCRIPTIONS)


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
        conditioned: whether the networks are given the labels, so that minibatches hold "y".
        transferable: whether the truth of motion analogies is known.
        found: a sentence on which files of a user's folder are read and which are not, or None.
    """

    image_shape: tuple[int, int, int] | None
    length: int | None
    training_examples: int | None
    validation_examples: int | None
    test_examples: int | None
    value_range: tuple[float, float]
    label_names: tuple[str, ...] | None
    conditioned: bool = False
    transferable: bool = False
    found: str | None = None

    @property
    def classes(self) -> int | None:
        """The number of classes, or None without labels."""
        return None if self.label_names is None else len(self.label_names)


CLIP_DESCRIPTIONS = {
    "moving_digits": ClipDescription((32, 32, 1), None, 1_200, 250, 347, _SYMMETRIC, _DIGITS, transferable=True),
    "turning_chairs": ClipDescription((64, 64, 3), 31, 640, 80, 80, _SYMMETRIC, None, transferable=True),
    "moving_mnist": ClipDescription(
        (64, 64, 1), None, 50_000, 10_000, 10_000, _SYMMETRIC, _DIGITS, conditioned=True, transferable=True
    ),
    "chairs": ClipDescription((64, 64, 3), 31, 2_386, 200, 200, _SYMMETRIC, None),
    "clips_folder": ClipDescription(None, None, None, None, None, _SYMMETRIC, None),
}
CLIP_NAMES = tuple(CLIP_DESCRIPTIONS)
