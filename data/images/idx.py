"""MNIST and Fashion-MNIST: from the four idx files that a user already has, else from tensorflow-datasets."""

import gzip
import math
import pathlib
import zlib

import numpy as np

from graphical_gan.data import prepared
from graphical_gan.data.request import Request
from graphical_gan.data.splits import Source, Split

_STEMS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_UNSIGNED_BYTE = 8
_MOST = 2**27  # bytes, more than twice the largest of the published files


def read(request: Request) -> Source:
    """Read the four idx files of the manual folder, in their order, if at least one of them is there.

    tensorflow-datasets would refuse them because they are unzipped or were zipped again.
    """
    paths = [] if request.manual_dir is None else _paths(request.manual_dir)
    if not any(paths):
        return prepared.read(request)
    if not all(paths):
        missing = [stem for stem, path in zip(_STEMS, paths, strict=True) if path is None]
        raise ValueError(
            f"--manual_dir={request.manual_dir} holds only some of the files of {request.name}: expected "
            f"{', '.join(missing)} as well, with or without .gz. Put them there too, or leave --manual_dir out."
        )
    known = request.known
    pool, test = (_split(images, labels, known) for images, labels in (paths[:2], paths[2:]))
    return Source(pool, test, known.label_names, known.validation_examples)


def read_file(path: pathlib.Path) -> np.ndarray:
    """Read one idx file of unsigned bytes.

    Args:
        path: `pathlib.Path` of the file; a name in .gz is unzipped.

    Returns:
        uint8 array of the shape that the file states.

    Raises:
        ValueError: if the file is damaged, truncated, too long, or holds something else.
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTE:
        raise _broken(path, f"starts with {content[:4].hex(' ') or 'nothing'}", "00 00 08 and the number of axes")
    header = 4 + 4 * content[3]
    if len(content) < header:
        raise _broken(path, f"ends inside its header, after {len(content)} bytes", f"a header of {header} bytes")
    shape = np.frombuffer(content, ">u4", content[3], offset=4).tolist()
    expected = header + math.prod(shape)
    if len(content) != expected:
        raise _broken(path, f"holds {len(content):,} bytes", f"{expected:,} bytes for its shape {shape}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _paths(folder):
    """The four files, None for each that is missing; some archives call them train-images.idx3-ubyte."""
    names = (
        [name for stem in (stem, stem.replace("-idx", ".idx")) for name in (stem, f"{stem}.gz")] for stem in _STEMS
    )
    return [next((folder / name for name in four if (folder / name).is_file()), None) for four in names]


def _content(path):
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            content = file.read(_MOST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _broken(path, f"can't be read ({error})", "a whole file") from error
    if len(content) > _MOST:
        raise _broken(path, f"holds more than {_MOST:,} bytes", "the size of MNIST's files")
    return content


def _split(images_path, labels_path, known):
    images, labels = read_file(images_path), read_file(labels_path)
    height, width, _ = known.image_shape
    if images.shape[1:] != (height, width):
        raise _broken(images_path, f"holds the shape {images.shape}", f"images of {height} x {width}")
    if labels.shape != images.shape[:1]:
        raise _broken(labels_path, f"holds the shape {labels.shape}", f"a label for each of {len(images)} images")
    if labels.size and labels.max() >= known.classes:
        raise _broken(labels_path, f"holds the label {labels.max()}", f"labels 0 to {known.classes - 1}")
    return Split(images[..., np.newaxis], labels.astype(np.int32))


def _broken(path, given, expected):
    return ValueError(f"{path} {given}: expected {expected}. Get the file again, or leave --manual_dir out.")
