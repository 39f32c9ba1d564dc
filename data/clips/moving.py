"""The two data sets of digits that bounce: scikit-learn's in 32 x 32, and MNIST's in 64 x 64."""

from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips.bouncing import Bouncing
from graphical_gan.data.clips.request import ClipRequest
from graphical_gan.data.clips.splits import ClipSplit
from graphical_gan.data.images import loading
from graphical_gan.data.images.request import image_request

_DIGITS = {"moving_digits": "digits", "moving_mnist": "mnist"}


def read(request: ClipRequest) -> dict[str, ClipSplit]:
    """Read the digits; nothing moves before a clip is request for.

    MNIST's 60,000 training digits, all of which the released code trains on, give 10,000 for validation by default.

    Args:
        request: the `ClipRequest`.

    Returns:
        Dictionary of the `ClipSplit`s "train", "validation" and "test".

    Raises:
        ValueError: if the digits are not here and can't be had.
    """
    digits = _load(request)
    side = CLIP_DESCRIPTIONS[request.name].image_shape[0]
    parts = {"train": digits.train, "validation": digits.validation, "test": digits.test}
    return {name: ClipSplit(Bouncing(part.images, side), request.T, part.labels) for name, part in parts.items()}


def _load(request):
    name = _DIGITS[request.name]
    try:
        return loading.load(image_request(name, request.data_dir, request.manual_dir, holdout=request.holdout))
    except ValueError as error:
        raise ValueError(f"--dataset={request.name} is made of the digits of {name}. {error}") from error
