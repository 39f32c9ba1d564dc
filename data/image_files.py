"""The one reader of images that somebody else made: opened by the formats that are meant, and made plain pixels."""

import collections
import concurrent.futures
import contextlib
import pathlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP")
_MOST = 2**29  # bytes that a picture may take while it is read, with its copies; those of cameras take fewer
_LARGE = 2**27  # bytes; pictures that take more are read one at a time
_WORKERS = 4
_NAMED = 20  # files in a message

_one_at_a_time = threading.Lock()
PngImagePlugin.MAX_TEXT_CHUNK = 2**24  # bytes of a note in a PNG, which is of no use here; Pillow refuses over 2**20


def open_image(file: BinaryIO, formats: tuple[str, ...] = _FORMATS) -> Image.Image:
    """Open an image without decoding it. The only place that opens one.

    Pillow would choose the decoder by the content: a PostScript file named `.png` would be run by Ghostscript.

    Args:
        file: that it is in, and that the caller closes.
        formats: those that may be in it, in Pillow's words.

    Returns:
        An open `PIL.Image.Image`, to be used in a `with` statement.

    Raises:
        ValueError: if it is of no such format, or would take too much memory, by its header; Pillow's decoders raise
            errors of further kinds.
    """
    try:
        picture = Image.open(file, formats=formats)
    except UnidentifiedImageError as error:
        raise ValueError(f"its content is none of {', '.join(formats)}") from error
    if _memory(picture) > _MOST:
        picture.close()
        raise ValueError(
            f"its {picture.width} x {picture.height} pixels take {_memory(picture) / 2**20:,.0f} MiB of memory, more "
            f"than {_MOST / 2**20:,.0f}"
        )
    return picture


def _memory(picture):
    """Bytes: Pillow takes four a pixel, for the picture, and for each copy that is made of it on the way."""
    copies = 5 if picture.has_transparency_data or picture.format == "GIF" else 2
    return 4 * copies * picture.width * picture.height


@contextlib.contextmanager
def opened(path: pathlib.Path, formats: tuple[str, ...] = _FORMATS) -> Iterator[Image.Image]:
    """`open_image` of a user's file, in a `with` block in which it may be decoded.

    Raises:
        ValueError: naming the file, whatever is wrong with it.
    """
    try:
        with path.open("rb") as file, open_image(file, formats) as picture, contextlib.ExitStack() as stack:
            if _memory(picture) > _LARGE:
                stack.enter_context(_one_at_a_time)
            yield picture
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, and more
        raise ValueError(
            f"{path} can't be read ({error}): expected a whole image of a usual size. Replace the file, save it anew, "
            "or move it out of the folder, which may be --manual_dir."
        ) from error


def sizes(paths: Iterable[pathlib.Path]) -> list[tuple[int, int]]:
    """Look at the headers of images.

    Returns:
        Width and height of each, in pixels as they are stored.

    Raises:
        ValueError: if a header is broken; or naming all images that have more than 8 bits a channel.
    """
    found, deep = [], []
    for path in paths:
        with opened(path) as picture:
            found.append(picture.size)
            if picture.mode.startswith(("I", "F")):
                deep.append(f"{path} ({picture.mode})")
    if deep:
        more = f" and {len(deep) - _NAMED} more" if len(deep) > _NAMED else ""
        raise ValueError(
            f"{len(deep)} images have more than 8 bits a channel: {', '.join(deep[:_NAMED])}{more}. Expected 8 bits, "
            "as others do not say how bright white is. Convert them, or move them out of the folder, which may be "
            "--manual_dir."
        )
    return found


def all_grey(paths: Iterable[pathlib.Path]) -> bool:
    """Say whether the images of files show no colours, however they are stored; the first that does ends the search.

    Raises:
        ValueError: if one can't be read, naming it.
    """
    for path in paths:
        with opened(path) as picture:
            if not is_grey(picture):
                return False
    return True


def is_grey(picture: Image.Image) -> bool:
    """Say whether a picture shows no colours; only where its mode does not tell are its pixels looked at."""
    if picture.mode in ("1", "L", "LA", "La"):
        return True
    red, green, blue = (channel.tobytes() for channel in on_white(picture).convert("RGB").split())
    return red == green == blue


def read_each(read: Callable[[int], None], count: int) -> None:
    """Read files in threads, of which large pictures are one at a time.

    Args:
        read: of a number.
        count: how many numbers there are, from 0.

    Raises:
        Exception: what a thread raised.
    """
    with concurrent.futures.ThreadPoolExecutor(_WORKERS) as pool:
        collections.deque(pool.map(read, range(count)), maxlen=0)


def square(picture: Image.Image, shape: tuple[int, int, int]) -> np.ndarray:
    """Make a picture plain, crop it to its central square and resize it.

    Args:
        picture: an open `PIL.Image.Image`.
        shape: (S, S, C), with C of 1 or 3.

    Returns:
        uint8 array [S, S, C] in [0, 255].
    """
    height, width, channels = shape
    fitted = ImageOps.fit(plain(picture, channels), (width, height), Image.Resampling.BILINEAR)
    return np.asarray(fitted).reshape(shape)


def plain(picture: Image.Image, channels: int) -> Image.Image:
    """Turn an open picture as its camera was held, put what is transparent on white, and make it grey or RGB."""
    ImageOps.exif_transpose(picture, in_place=True)
    return on_white(picture).convert("L" if channels == 1 else "RGB")


def on_white(picture: Image.Image) -> Image.Image:
    """Fill what is transparent in a picture with white."""
    if not picture.has_transparency_data:
        return picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
