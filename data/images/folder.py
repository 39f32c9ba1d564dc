"""Your own images: a folder of image files, whose sub-folders are the classes."""

import dataclasses
import pathlib

import numpy as np

from graphical_gan.data.catalogue import Description
from graphical_gan.data.found import find
from graphical_gan.data.image_files import SUFFIXES, all_grey, opened, plain, read_each, sizes, square
from graphical_gan.data.request import Request
from graphical_gan.data.splits import LEAST, Source, Split, fixed_order, tenths
from graphical_gan.data.storage import room

_MOST_BYTES = 2**33  # of the pixels of images that are scored in their own size


@dataclasses.dataclass(frozen=True)
class _Listing:
    """The files, sorted by name, the label of each, the names of the labels (both None without), and a sentence."""

    paths: list
    labels: np.ndarray | None
    label_names: tuple[str, ...] | None
    found: str


def describe(request: Request) -> Description:
    """Say what the folder holds, from names and headers of files, and from pixels where these don't tell what is grey.

    A tenth of the images each are for validation and test; there is one channel if every image is grey, else three.

    Raises:
        ValueError: if the folder holds too few images, mixes images and sub-folders, or an image is broken.
    """
    return _describe(_list_images(request.manual_dir), request)


def read(request: Request) -> Source:
    """Read the images of the folder, cropped to their central square and resized; sub-folders are labels.

    The split is drawn once over the sorted file names, so it depends neither on the disk nor on the run.

    Raises:
        ValueError: as `describe`, or if an image is damaged or truncated, naming the file.
    """
    listing = _list_images(request.manual_dir)
    known = _describe(listing, request)
    order = fixed_order(len(listing.paths))
    images = room((len(order), *known.image_shape))

    def read_into(row):
        with opened(listing.paths[order[row]]) as picture:
            images[row] = square(picture, known.image_shape)

    read_each(read_into, len(order))
    return Source.of(Split(images, None if listing.labels is None else listing.labels[order]), known)


def read_as_they_are(root: pathlib.Path, channels: int) -> np.ndarray:
    """Read all images below a folder in their own size, which is the same for all, by the same rules otherwise.

    Use it to score samples: scores take the first of them, and split these as they come, and names often go by class.

    Args:
        root: the folder.
        channels: 1 or 3, of the images that they are compared with.

    Returns:
        uint8 array [N, H, W, C] in [0, 255], in a random order that is always the same.

    Raises:
        ValueError: if there are none, they differ in size, take too much memory, or show colours where there is one
            channel.
    """
    paths = find(root, SUFFIXES).paths
    if not paths:
        raise ValueError(
            f"{root} is no run, no export, and holds no images in {', '.join(SUFFIXES)}: expected one of these. "
            "Name one."
        )
    total = channels * len(paths) * max(width * height for width, height in sizes(paths))
    if total > _MOST_BYTES:
        raise ValueError(
            f"{root} holds {len(paths)} images that take {total / 2**30:,.1f} GiB of memory: expected at most "
            f"{_MOST_BYTES / 2**30:,.0f}. Name a folder of fewer or smaller ones."
        )
    if channels == 1 and not all_grey(paths):
        raise ValueError(
            f"{root} holds coloured images, but the real ones are grey: expected both alike. Convert them."
        )
    order = fixed_order(len(paths))
    first = _as_it_is(paths[0], channels)
    images = np.empty((len(paths), *first.shape), np.uint8)

    def read_into(row):
        image = _as_it_is(paths[order[row]], channels)
        if image.shape != first.shape:
            raise ValueError(
                f"{paths[order[row]]} is of {image.shape[1]} x {image.shape[0]} pixels, {paths[0]} of {first.shape[1]} "
                f"x {first.shape[0]}: expected images of one size. Resize them."
            )
        images[row] = image

    read_each(read_into, len(paths))
    return images


def _as_it_is(path, channels):
    with opened(path) as picture:
        image = np.asarray(plain(picture, channels))
    return image.reshape(*image.shape[:2], channels)


def _list_images(root):
    found = find(root, SUFFIXES)
    below = [path.relative_to(root).parts for path in found.paths]
    names = tuple(sorted({parts[0] for parts in below if len(parts) > 1}))
    direct = sum(len(parts) == 1 for parts in below)
    said = found.sentence(f"{len(below)} images" + (f" of {len(names)} classes" if names else ""), SUFFIXES)
    if direct and names:
        raise ValueError(
            f"--manual_dir={root} holds {direct} images beside sub-folders of images ({', '.join(names)}): "
            "expected either images alone or sub-folders, one a label. Move the images into sub-folders."
        )
    if len(below) < LEAST:
        raise ValueError(
            f"--manual_dir={root}: {said} Expected at least {LEAST} files in {', '.join(SUFFIXES)}, in the folder "
            "itself or in sub-folders named by label. Name another folder."
        )
    if direct:
        return _Listing(found.paths, None, None, said)
    number = {name: label for label, name in enumerate(names)}
    return _Listing(found.paths, np.array([number[parts[0]] for parts in below], np.int32), names, said)


def _describe(listing, request):
    sizes(listing.paths)
    counts, size = tenths(len(listing.paths)), request.image_size
    lone = counts["test_examples"] == 1
    few = " One image is held out for validation, and one to test on: no scores of clusters." if lone else ""
    return dataclasses.replace(
        request.known,
        image_shape=(size, size, 1 if all_grey(listing.paths) else 3),
        label_names=listing.label_names,
        found=listing.found + few,
        **counts,
    )
