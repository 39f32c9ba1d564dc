"""Your own images: a folder of PNG and JPEG files, whose sub-folders are the classes."""

import collections
import concurrent.futures
import dataclasses

import numpy as np
from PIL import Image, ImageOps

from graphical_gan.data.catalogue import DESCRIPTIONS
from graphical_gan.data.splits import Source, Split, fixed_order

SUFFIXES = (".png", ".jpg", ".jpeg")
_LEAST = 10  # fewer images would leave a split empty
_MOST_PIXELS = 2**26  # of a picture; a camera's have fewer


@dataclasses.dataclass(frozen=True)
class _Listing:
    """The image files, sorted by name, the label of each, and the names of the labels (both None without)."""

    paths: list
    labels: np.ndarray | None
    label_names: tuple[str, ...] | None


def describe(request):
    """Say what the folder holds, from file names and image headers.

    Args:
      request: the `Request`, with the folder in `manual_dir`.

    Returns:
      A `Description`: a tenth of the images each for validation and test; one channel if every image is
      grey, else three.

    Raises:
      ValueError: if the folder holds too few images, mixes images and sub-folders, or a header is broken.
    """
    return _describe(_list_images(request.manual_dir), request.image_size)


def read(request):
    """Read the images of the folder, cropped to their central square and resized.

    The split is drawn once over the sorted file names, so it depends neither on the disk nor on the run.

    Args:
      request: the `Request`, with the folder in `manual_dir`, and `image_size`.

    Returns:
      A `Source` of images uint8 [N, S, S, C] in [0, 255] and labels int32 [N], or None without sub-folders.

    Raises:
      ValueError: as `describe`, or if an image is damaged or truncated, naming the file.
    """
    listing = _list_images(request.manual_dir)
    known = _describe(listing, request.image_size)
    order = fixed_order(len(listing.paths))
    images = np.empty((len(order), *known.image_shape), np.uint8)

    def read_into(row):
        images[row] = _read_image(listing.paths[order[row]], known.image_shape)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        collections.deque(pool.map(read_into, range(len(order))), maxlen=0)  # re-raises what a thread raised
    pictures = Split(images, None if listing.labels is None else listing.labels[order])
    tested = known.test_examples
    return Source(pictures[tested:], pictures[:tested], listing.label_names, known.validation_examples)


def _list_images(root):
    direct = [path for path in visible(root.iterdir()) if path.is_file()]
    classes = {path.name: _images(_below(path)) for path in visible(root.iterdir()) if path.is_dir()}
    classes = {name: paths for name, paths in classes.items() if paths}
    plain = _images(direct)
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


def visible(paths):
    """Sort paths by name, without the hidden ones.

    Args:
      paths: iterable of `pathlib.Path`s.

    Returns:
      List of `pathlib.Path`s.
    """
    return sorted(path for path in paths if not path.name.startswith("."))


def _below(folder):
    return [path for path in visible(folder.rglob("*")) if path.is_file()]


def _images(paths):
    return [path for path in paths if path.suffix.lower() in SUFFIXES]


def _other_suffixes(root):
    others = {path.suffix.lower() or "no suffix" for path in _below(root)} - set(SUFFIXES)
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
        with Image.open(path) as picture:
            check_pixels(picture)
            mode = picture.mode
    except Exception as error:  # see _read_image
        raise broken(path, error) from error
    return is_grey_mode(mode, path)


def check_pixels(picture):
    """Refuse a picture that is too large to be decoded, from its header.

    Args:
      picture: an open `PIL.Image.Image`.

    Raises:
      ValueError: if it has too many pixels.
    """
    if picture.width * picture.height > _MOST_PIXELS:
        raise ValueError(f"{picture.width} x {picture.height} pixels, more than {_MOST_PIXELS:,}")


def is_grey_mode(mode, path):
    """Say whether a picture has one channel.

    Args:
      mode: its mode in Pillow's words.
      path: `pathlib.Path` of its file.

    Returns:
      True if it has.

    Raises:
      ValueError: if it has more than 8 bits a channel.
    """
    if mode.startswith(("I", "F")):
        raise ValueError(
            f"{path} has more than 8 bits a channel (mode {mode}): expected an 8-bit PNG or JPEG. "
            "Convert it, or move it out of --manual_dir."
        )
    return mode in ("1", "L")


def _read_image(path, shape):
    try:
        with Image.open(path) as picture:
            return square(picture, shape)
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, and more
        raise broken(path, error) from error


def square(picture, shape):
    """Turn a picture upright, put it on white, crop it to its central square and resize it.

    Args:
      picture: an open `PIL.Image.Image`.
      shape: (S, S, C), with C of 1 or 3.

    Returns:
      uint8 array [S, S, C] in [0, 255].
    """
    height, width, channels = shape
    upright = on_white(ImageOps.exif_transpose(picture)).convert("L" if channels == 1 else "RGB")
    fitted = ImageOps.fit(upright, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(fitted).reshape(shape)


def on_white(picture):
    """Fill what is transparent with white.

    Args:
      picture: a `PIL.Image.Image`.

    Returns:
      A `PIL.Image.Image` without transparency.
    """
    if not picture.has_transparency_data:
        return picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)


def broken(path, error):
    """Word the error for a file that can't be read.

    Args:
      path: `pathlib.Path` of the file.
      error: what its reader raised.

    Returns:
      A `ValueError`.
    """
    return ValueError(
        f"{path} can't be read ({error}): expected a whole image. Replace the file, or move it out of --manual_dir."
    )
