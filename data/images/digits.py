"""The 1,797 handwritten digits that scientists carry around with scikit-learn."""

import importlib.util
import pathlib

import numpy as np
from PIL import Image

from graphical_gan.data.request import Request
from graphical_gan.data.splits import Source, Split, fixed_order


def read(request: Request) -> Source:
    """Read the embedded digits, 8 x 8 with values 0 to 16, as 16 x 16 images of 8 bits.

    Use it where nothing can be downloaded. The splits hold every digit in the same proportions.
    """
    # The file alone: scikit-learn takes a second to load.
    folder = pathlib.Path(importlib.util.find_spec("sklearn").origin).parent
    stored = np.loadtxt(folder / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    small = np.round(stored[:, :-1].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    images = np.stack([np.asarray(_enlarged(picture)) for picture in small])[..., np.newaxis]
    labels = stored[:, -1].astype(np.int32)
    order = stratified_order(labels)
    digits = Split(images[order], labels[order])
    return Source.of(digits, request.known)


def stratified_order(labels: np.ndarray) -> np.ndarray:
    """Order examples at random so that any run of them holds the classes in proportion.

    Args:
        labels: int array [N].

    Returns:
        int64 array [N], a fixed permutation. The members of a class of size n are spread evenly over it, at 1/2n, 3/2n,
        5/2n, ... of the way, so each cut through it is a stratified split.
    """
    order = fixed_order(len(labels))
    way = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels[order] == label)
        way[members] = (np.arange(len(members)) + 0.5) / len(members)
    return order[np.argsort(way, kind="stable")]


def _enlarged(picture):
    return Image.fromarray(picture).resize((16, 16), Image.Resampling.BILINEAR)
