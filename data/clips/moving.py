"""The two data sets of digits that bounce: scikit-learn's in 32 x 32, and MNIST's in 64 x 64."""

from graphical_gan.common.choices import resolved
from graphical_gan.data.clips.bouncing import Bouncing
from graphical_gan.data.clips.splits import ClipSplit
from graphical_gan.data.images.dataset import dataset_of
from graphical_gan.data.request import Request, requested

_DIGITS = {"moving_digits": "digits", "moving_mnist": "mnist"}


def read(request: Request) -> dict[str, ClipSplit]:
    """Read the digits; nothing moves before a clip is asked for.

    MNIST's 60,000 training digits, all of which the released code trains on, give 10,000 for validation by default.
    """
    name, side = _DIGITS[request.name], request.known.image_shape[0]
    try:
        of_digits = requested(name, data_dir=request.data_dir, manual_dir=request.manual_dir)
        digits = dataset_of(name, resolved(of_digits.known.read)(of_digits), request.holdout)
    except ValueError as error:
        raise ValueError(f"--dataset={request.name} is made of the digits of {name}. {error}") from error
    return {
        part: ClipSplit(Bouncing(split.images, side), request.T, split.labels) for part, split in digits.splits.items()
    }
