"""From a checked request to a `Dataset`."""

from graphical_gan.common.choices import resolved
from graphical_gan.data import prepared
from graphical_gan.data.catalogue import DESCRIPTIONS
from graphical_gan.data.images import folder, idx, svhn
from graphical_gan.data.images.dataset import Dataset
from graphical_gan.data.images.request import Request
from graphical_gan.data.splits import Source, hold_out


def idx_or_prepared(request: Request) -> Source:
    """MNIST or Fashion-MNIST from its four files if they are there, else from tensorflow-datasets."""
    return idx.read(request) if idx.found(request) else prepared.read(request)


def svhn_or_prepared(request: Request) -> Source:
    """SVHN from its two files if they are there, else from tensorflow-datasets."""
    return svhn.read(request) if svhn.found(request) else prepared.read(request)


def own_images(request: Request) -> Source:
    """The images of a folder."""
    return folder.read(request.manual_dir, request.image_size)


def load(request: Request) -> Dataset:
    """Read a data set and hold its validation images out.

    Args:
        request: a `Request`.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: see `data.load`.
    """
    known = DESCRIPTIONS[request.name]
    source = resolved(known.read)(request)
    holdout = source.holdout if request.holdout is None else request.holdout
    train, validation = hold_out(source.pool, holdout)
    return Dataset(
        name=request.name,
        train=train,
        validation=validation,
        test=source.test,
        label_names=source.label_names,
        scaling=resolved(known.scaling),
    )
