"""From a checked request to a `Dataset`."""

from graphical_gan.common.scaling import DEQUANTISED, SYMMETRIC, UNIT
from graphical_gan.data import prepared
from graphical_gan.data.images import celeb_a, digits, folder, idx, svhn
from graphical_gan.data.images.dataset import Dataset
from graphical_gan.data.images.request import Request
from graphical_gan.data.splits import hold_out


def _idx_or_prepared(request):
    return idx.read(request) if idx.found(request) else prepared.read(request)


def _svhn_or_prepared(request):
    return svhn.read(request) if svhn.found(request) else prepared.read(request)


READERS = {
    "digits": digits.read,
    "mnist": _idx_or_prepared,
    "fashion_mnist": _idx_or_prepared,
    "svhn_cropped": _svhn_or_prepared,
    "cifar10": prepared.read,
    "celeb_a": celeb_a.read,
    "folder": lambda request: folder.read(request.manual_dir, request.image_size),
}
SCALINGS = {
    "digits": UNIT,
    "mnist": UNIT,
    "fashion_mnist": UNIT,
    "svhn_cropped": SYMMETRIC,
    "cifar10": SYMMETRIC,
    "celeb_a": DEQUANTISED,
    "folder": SYMMETRIC,
}


def load(request: Request) -> Dataset:
    """Read a data set and hold its validation images out.

    Args:
        request: a `Request`.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: see `data.load`.
    """
    source = READERS[request.name](request)
    holdout = source.holdout if request.holdout is None else request.holdout
    train, validation = hold_out(source.pool, holdout)
    return Dataset(
        name=request.name,
        train=train,
        validation=validation,
        test=source.test,
        label_names=source.label_names,
        scaling=SCALINGS[request.name],
    )
