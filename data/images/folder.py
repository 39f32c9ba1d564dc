"""Your own images: a folder of PNG and JPEG files, whose sub-folders are the classes."""

import collections
import concurrent.futures
import dataclasses
import pathlib

import numpy as np

from graphical_gan.data.catalogue import DESCRIPTIONS, Description
from graphical_gan.data.image_files import (
    SUFFIXES,
    broken,
    images_below,
    is_grey_mode,
    open_image,
    read_square,
    visible,
)
from graphical_gan.data.splits import Source, Split, fixed_order

_LEAST = 10  # fewer images would leave a split empty


@dataclasses.dataclass(frozen=True)
class _Listing:
    """The image files, sorted by name, the label of each, and the names of the labels (both None without)."""

    paths: list
    labels: np.ndarray | None
    label_names: tuple[str, ...] | None


def describe(root: pathlib.Path, image_size: int) -> Description:
    """Say what the folder holds, from file names and image headers.

    Args:
        root: the folder.
        image_size: height and width that images are resized to.

    Returns:
        A `Description`: a tenth of the images each for validation and test; one channel if every image is grey, else
        three.

    Raises:
        ValueError: if the folder holds too few images, mixes images and sub-folders, or a header is broken.
    """
    return _describe(_list_images(root), image_size)


def read(root: pathlib.Path, image_size: int) -> Source:
    """Read the images of the folder, cropped to their central square and resized.

    The split is drawn once over the sorted file names, so it depends neither on the disk nor on the run.

    Args:
        root: the folder.
        image_size: height and width S.

    Returns:
        A `Source` of images uint8 [N, S, S, C] in [0, 255] and labels int32 [N], or None without sub-folders.

    Raises:
        ValueError: as `describe`, or if an image is damaged or truncated, naming the file.
    """
    listing = _list_images(root)
    known = _describe(listing, image_size)
    order = fixed_order(len(listing.paths))
    images = np.empty((len(order), *known.image_shape), np.uint8)

    def read_into(row):
        images[row] = read_square(listing.paths[order[row]], known.image_shape)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        collections.deque(pool.map(read_into, range(len(order))), maxlen=0)  # re-raises what a thread raised
    pictures = Split(images, None if listing.labels is None else listing.labels[order])
    tested = known.test_examples
    return Source(pictures[tested:], pictures[:tested], listing.label_names, known.validation_examples)


def _list_images(root):
    direct = [path for path in visible(root.iterdir()) if path.is_file()]
    classes = {path.name: images_below(path) for path in visible(root.iterdir()) if path.is_dir()}
    classes = {name: paths for name, paths in classes.items() if paths}
    plain = [path for path in direct if path.suffix.lower() in SUFFIXES]
    if plain and classes:
        raise ValueError(
            f"--manual_dir={root} holds {len(plain)} images beside sub-folders of images ({', '.join(classes)}): "
            "expected either images alone or sub-folders, one a label. Move the images into sub-folders."
        )
    count = len(plain) + sum(map(len, classes.values()))
    if count < _LEAST:
        raise ValueError(
            f"--manual_dir={root} holds {count} images{_other_suffixes(root)}: expected at least {_LEAST} files in "
            f"{', '.join(SUFFIXES)}, in the folder itself or in sub-folders named by label. Name another folder."
        )
    if plain:
        return _Listing(plain, None, None)
    labels = np.repeat(np.arange(len(classes), dtype=np.int32), [len(paths) for paths in classes.values()])
    return _Listing([path for paths in classes.values() for path in paths], labels, tuple(classes))


def _other_suffixes(root):
    files = [path for path in visible(root.rglob("*")) if path.is_file()]
    others = {path.suffix.lower() or "no suffix" for path in files} - set(SUFFIXES)
    return f" and other files ({', '.join(sorted(others))})" if others else ""


def _describe(listing, image_size):
    grey = all([_is_grey(path) for path in listing.paths])  # a list, so that every header is looked at
    tenth = len(listing.paths) // 10
    return dataclasses.replace(
        DESCRIPTIONS["folder"],
        image_shape=(image_size, image_size, 1 if grey else 3),
        training_examples=len(listing.paths) - 2 * tenth,
        validation_examples=tenth,
        test_examples=tenth,
        label_names=listing.label_names,
    )


def _is_grey(path):
    try:
        with open_image(path) as picture:
            mode = picture.mode
    except Exception as error:  # see read_square
        raise broken(path, error) from error
    return is_grey_mode(mode, path)
