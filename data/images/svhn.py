"""SVHN: from the two .mat files that a user already has, without the huge extra set, else from tensorflow-datasets."""

import struct
import zlib

import numpy as np

from graphical_gan.data import prepared
from graphical_gan.data.request import Request
from graphical_gan.data.splits import Source, Split

_MOST = 2**28  # bytes, inflated; the larger of the published files has 225 million
_COMPRESSED, _PART = 15, 2**20  # the kind of an element that is a zlib stream; bytes read at once
_FILES = ("train_32x32.mat", "test_32x32.mat")


def read(request: Request) -> Source:
    """Read the two .mat files of the manual folder, if both are there.

    This spares the extra set (1.3 GB), which tensorflow-datasets always wants and nobody here needs.
    """
    paths = [] if request.manual_dir is None else [request.manual_dir / name for name in _FILES]
    if not paths or not all(path.is_file() for path in paths):
        return prepared.read(request)
    pool, test = map(_read_file, paths)
    return Source(pool, test, request.known.label_names, request.known.validation_examples)


def _read_file(path):
    from scipy.io import loadmat

    _check_size(path)
    try:
        stored = loadmat(path, variable_names=["X", "y"])
        images, labels = stored["X"], stored["y"].ravel()
    except Exception as error:  # scipy's parser fails in many ways on a damaged file
        raise _broken(path, f"can't be read ({type(error).__name__}: {error})") from error
    if images.dtype != np.uint8 or images.shape != (32, 32, 3, len(labels)):
        raise _broken(path, f"holds images {images.dtype} {images.shape} and {len(labels)} labels")
    if not np.isin(labels, range(1, 11)).all():
        raise _broken(path, f"holds labels from {labels.min()} to {labels.max()}")
    images = np.ascontiguousarray(images.transpose(3, 0, 1, 2))  # stored as H W C N
    return Split(images, (labels % 10).astype(np.int32))  # a zero is stored as 10


def _check_size(path):
    """Refuses a file that inflates to far more than the published ones, before memory is taken for it."""
    left = _MOST
    with open(path, "rb") as file:
        if file.read(128)[124:] != b"\x00\x01IM":
            raise _broken(path, "is no .mat file of version 5")
        while left > 0 and len(head := file.read(8)) == 8:
            kind, size = struct.unpack("<II", head)
            try:
                left -= _inflated(file, size, left) if kind == _COMPRESSED else size
            except zlib.error as error:
                raise _broken(path, f"can't be read ({error})") from error
            file.seek(0 if kind == _COMPRESSED else size, 1)
    if left <= 0:
        raise _broken(path, f"inflates to more than {_MOST:,} bytes")


def _inflated(file, size, most):
    """The number of bytes that a zlib stream of some size inflates to, or a number above the most."""
    stream, count = zlib.decompressobj(), 0
    while size > 0 and count <= most and (part := file.read(min(size, _PART))):
        size -= len(part)
        while part and count <= most:
            count += len(stream.decompress(part, _PART))
            part = stream.unconsumed_tail
    return count


def _broken(path, given):
    return ValueError(
        f"{path} {given}: expected X, uint8 [32, 32, 3, N], and y, N labels from 1 to 10. "
        "Get the file again, or leave --manual_dir out."
    )
