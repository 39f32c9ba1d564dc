"""Images with their names, read a few at a time: those of a folder, or of a split of a data set."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from graphical_gan.data.found import find
from graphical_gan.data.image_files import SUFFIXES, opened, read_each, sizes, square


@dataclasses.dataclass(frozen=True, eq=False)
class NamedImages:
    """Images that need not fit in memory.

    Attributes:
        names: of each image, N of them; of a file its path below the folder.
        labels: the label of each image, "" where there is none; or None, if no image has one.
        read: from row numbers to the images, uint8 [n, H, W, C] in [0, 255].
    """

    names: Sequence[str]
    labels: Sequence[str] | None
    read: Callable[[Sequence[int]], np.ndarray]

    def __len__(self):
        return len(self.names)


def of_folder(folder: pathlib.Path, shape: tuple[int, int, int]) -> NamedImages:
    """All images below a folder; the sub-folder that an image is in, next to the folder, is its label.

    Args:
        shape: (H, W, C) that images are cropped, resized and turned grey or to colours for, with H = W.

    Raises:
        ValueError: if it holds no images; `read` raises one that names a file that is no whole image.
    """
    paths = find(folder, SUFFIXES).paths
    if not paths:
        raise ValueError(f"{folder} holds no images in {', '.join(SUFFIXES)}; expected some. Name another folder.")
    below = [path.relative_to(folder) for path in paths]
    labels = [path.parts[0] if len(path.parts) > 1 else "" for path in below]

    def read(rows):
        images = np.empty((len(rows), *shape), np.uint8)

        def read_into(place):
            path = paths[rows[place]]
            sizes([path])
            with opened(path) as picture:
                images[place] = square(picture, shape)

        read_each(read_into, len(rows))
        return images

    return NamedImages([str(path) for path in below], labels if any(labels) else None, read)


def of_split(dataset, split: str) -> NamedImages:
    """The images of a split of a data set in memory, named by the split and their place in it."""
    examples = getattr(dataset, split)
    names = [f"{split}-{row:06}" for row in range(len(examples))]
    labels = None if examples.labels is None else [dataset.label_names[label] for label in examples.labels]
    return NamedImages(names, labels, lambda rows: examples.images[np.asarray(rows)])
