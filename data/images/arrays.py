"""Your own arrays: images or a table of vectors, with their classes if there are any.

They come from memory, as `graphical_gan.estimators` is given them, or as x.npy and y.npy from a folder.
"""

import contextlib
import dataclasses

import numpy as np

from graphical_gan.data import npy
from graphical_gan.data.catalogue import DESCRIPTIONS, Description
from graphical_gan.data.request import Request
from graphical_gan.data.splits import LEAST, Source, Split, fixed_order, tenths
from graphical_gan.data.storage import room

_SMALLEST = 5  # pixels of a side, which networks halve at least once


def describe(request: Request) -> Description:
    """Say what the folder holds; errors as of `checked`, or if a file is missing or damaged."""
    return describe_split(*_read(request), request.name)


def read(request: Request) -> Source:
    """Read the arrays of a folder; errors as of `describe`."""
    return source(*_read(request), request.name)


def _read(request: Request) -> tuple[Split, tuple[str, ...] | None]:
    root = request.manual_dir
    return checked(request.name, npy.read(root, "x"), npy.optional(root, "y"))


def checked(name: str, x: np.ndarray, y: np.ndarray | None) -> tuple[Split, tuple[str, ...] | None]:
    """Check arrays and bring them into the form that they are stored in.

    Args:
        name: of the data set: "arrays" or "table".
        x: images [N, H, W] or [N, H, W, C] with H = W and C = 1 or 3, uint8 or floats in [0, 1]; or vectors [N, D].
        y: the class of each, [N], whole numbers or texts; or None.

    Returns:
        The `Split` of all of them, uint8 [N, H, W, C] or float32 [N, D], and the name of each class, None without.

    Raises:
        ValueError: if they are something else, or there are too few.
    """
    examples = {"arrays": pixels, "table": vectors}[name](x)
    if examples.ndim > 4:
        raise ValueError(
            f"The images are of shape {list(examples.shape)}; expected [N, H, W] or [N, H, W, C]. Give clips to SSGAN, "
            "or to --dataset=clips_arrays."
        )
    if len(examples) < LEAST:
        raise ValueError(
            f"There are {len(examples)} examples; expected at least {LEAST}, a tenth of which is held out. Give more."
        )
    if y is None:
        return Split(examples), None
    names, labels = np.unique(classes(y, len(examples)), return_inverse=True)
    return Split(examples, labels.astype(np.int32)), tuple(map(str, names.tolist()))


def classes(y: np.ndarray, count: int) -> np.ndarray:
    """Check the classes of examples.

    Args:
        y: whole numbers or texts.
        count: number of examples.

    Returns:
        Whole numbers or texts [count], as NumPy stores them.

    Raises:
        ValueError: if they are something else.
    """
    y = np.asarray(y)
    found = y
    with contextlib.suppress(ValueError):  # of lists of several lengths, which stay objects
        found = np.array(y.tolist()) if y.dtype.kind == "O" else y
    if found.dtype.kind == "S":
        found = np.char.decode(found, errors="replace")
    if found.dtype.kind == "f" and np.isfinite(found).all() and np.array_equal(found, np.rint(found)):
        found = found.astype(np.int64)
    if found.shape != (count,) or found.dtype.kind not in "iubU":
        raise ValueError(
            f"The classes are {y.dtype} {list(y.shape)} for {count} examples; expected a whole number or a text for "
            f"each, [{count}]. Leave them out if there are none."
        )
    return found


def pixels(x: np.ndarray) -> np.ndarray:
    """Check images, or the frames of clips, and bring them to 8 bits.

    Args:
        x: [..., H, W, C], or [N, H, W], with H = W and C = 1 or 3; uint8, or floats in [0, 1].

    Returns:
        uint8 [..., H, W, C] in [0, 255].

    Raises:
        ValueError: if they are something else.
    """
    given = np.asarray(x)
    x = given[..., np.newaxis] if given.ndim == 3 else given
    if x.ndim < 4 or x.shape[-3] != x.shape[-2] or x.shape[-2] < _SMALLEST or x.shape[-1] not in (1, 3):
        raise ValueError(
            f"The images are of shape {list(given.shape)}; expected squares of at least {_SMALLEST} pixels, [N, H, W] "
            f"or [N, H, W, C] with H = W, and C = 1 or 3. {_way_out(given.shape)}"
        )
    if x.dtype == np.uint8:
        return x
    if x.dtype.kind not in "fb":
        whole = x.dtype.kind in "iu" and x.size > 0
        fits = whole and x.min() >= 0 and x.max() <= 255  # else astype would take what is left of 256
        raise ValueError(
            f"The images are {x.dtype}; expected uint8 in [0, 255] or floats in [0, 1]. Convert them: "
            f"{'x.astype(np.uint8), or ' if fits else ''}x / x.max()."
        )
    x = x.astype(np.float32)
    if not np.isfinite(x).all():
        raise ValueError("The images hold NaN or infinity; expected numbers in [0, 1]. Leave those images out.")
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(
            f"The images are floats in [{x.min():g}, {x.max():g}]; expected [0, 1], black and white. Scale them: "
            "(x - x.min()) / (x.max() - x.min())."
        )
    return np.rint(x * 255).astype(np.uint8)


def _way_out(shape):
    """How arrays of a shape may become images."""
    if len(shape) > 3 and shape[-3] in (1, 3) and shape[-2] == shape[-1]:
        return "Channels come last here: give np.moveaxis(x, -3, -1)."
    if len(shape) == 3 and shape[0] == shape[1] and shape[2] in (1, 3):
        return "That is one image: give x[np.newaxis], and many of them to train."
    return "Pad or crop them, with np.pad or by slices."


def vectors(x: np.ndarray) -> np.ndarray:
    """Check the rows of a table.

    Args:
        x: numbers [N, D], in whatever units each column has.

    Returns:
        float32 [N, D].

    Raises:
        ValueError: if they are something else, or too large for float32.
    """
    x = np.asarray(x)
    if x.ndim != 2 or not x.shape[1] or x.dtype.kind not in "fiub":
        raise ValueError(f"The table is {x.dtype} {list(x.shape)}; expected numbers [N, D]. Give a row an example.")
    x = x.astype(np.float32)
    if not np.isfinite(x).all():
        raise ValueError("The table holds NaN or infinity; expected numbers. Leave those rows out, or fill them in.")
    return x


def describe_split(split: Split, label_names: tuple[str, ...] | None, name: str) -> Description:
    """Say what `checked` gave for a data set of that name: a tenth of it each are for validation and test."""
    shape = split.image_shape
    ranges = {(1,): (0.0, 1.0), (3,): (-1.0, 1.0)}
    return dataclasses.replace(
        DESCRIPTIONS[name],
        image_shape=shape,
        value_range=ranges[shape[2:]] if len(shape) == 3 else (-np.inf, np.inf),
        label_names=label_names,
        **tenths(len(split)),
    )


def source(split: Split, label_names: tuple[str, ...] | None, name: str) -> Source:
    """What `checked` gave, in the one order that a data set of this size is split by."""
    order, images = fixed_order(len(split)), split.images
    # Unlike "raise", "clip" lets NumPy write to its place without another copy.
    shuffled = np.take(images, order, 0, room(images.shape, images.dtype), mode="clip")
    labels = None if split.labels is None else split.labels[order]
    return Source.of(Split(shuffled, labels), describe_split(split, label_names, name))
