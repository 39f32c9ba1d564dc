"""From a checked request to a `Dataset`."""

from graphical_gan.common.choices import resolved
from graphical_gan.data import prepared
from graphical_gan.data.catalogue import DESCRIPTIONS
from graphical_gan.data.images import arrays, folder, idx, svhn
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


def own_arrays(request: Request) -> Source:
    """The arrays of a folder: images, or a table."""
    return arrays.read(request.manual_dir, request.name)


def load(request: Request) -> Dataset:
    """Read a data set and hold its validation images out.

    Args:
        request: a `Request`.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: see `data.load`.
    """
    return dataset_of(request.name, resolved(DESCRIPTIONS[request.name].read)(request), request.holdout)


def dataset_of(name: str, source: Source, holdout: int | None) -> Dataset:
    """A data set as it is trained on.

    Args:
        name: a key of `DESCRIPTIONS`.
        source: what is stored.
        holdout: number of validation images, None for its own.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: if nothing is left to train on.
    """
    train, validation = hold_out(source.pool, source.holdout if holdout is None else holdout)
    scaling = resolved(DESCRIPTIONS[name].scaling)
    return Dataset(
        name=name,
        train=train,
        validation=validation,
        test=source.test,
        label_names=source.label_names,
        scaling=scaling(train.images) if callable(scaling) else scaling,
    )
