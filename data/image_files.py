"""The files of images that somebody else made: found, opened by the formats that are meant, and made plain pixels."""

import pathlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = (".png", ".jpg", ".jpeg")
_FORMATS = ("PNG", "JPEG")
_MOST_PIXELS = 2**26  # of a picture; a camera's have fewer


def open_image(file: pathlib.Path | BinaryIO, formats: tuple[str, ...] = _FORMATS) -> Image.Image:
    """Open an image without decoding it. The only place that opens one.

    Pillow would choose the decoder by the content: a PostScript file named `.png` would be run by Ghostscript.

    Args:
        file: path or binary file.
        formats: those that may be in it, in Pillow's words.

    Returns:
        An open `PIL.Image.Image`, to be used in a `with` statement.

    Raises:
        ValueError: if it has too many pixels, by its header.
        OSError: if it is of no such format; Pillow's decoders raise errors of further kinds.
    """
    picture = Image.open(file, formats=formats)
    if picture.width * picture.height > _MOST_PIXELS:
        picture.close()
        raise ValueError(f"{picture.width} x {picture.height} pixels, more than {_MOST_PIXELS:,}")
    return picture


def visible(paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """Sort paths by name, without the hidden ones.

    Args:
        paths: iterable of `pathlib.Path`s.

    Returns:
        List of `pathlib.Path`s.
    """
    return sorted(path for path in paths if not path.name.startswith("."))


def images_below(folder: pathlib.Path) -> list[pathlib.Path]:
    """List the images of a folder and of all folders below it.

    Args:
        folder: `pathlib.Path`.

    Returns:
        List of `pathlib.Path`s, sorted, without hidden files and what lies in hidden folders.
    """
    images = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    return sorted(path for path in images if not any(n.startswith(".") for n in path.relative_to(folder).parts))


def is_grey_mode(mode: str, path: pathlib.Path) -> bool:
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
            "Convert it, or move it out of the folder, which may be --manual_dir."
        )
    return mode in ("1", "L")


def read_square(path: pathlib.Path, shape: tuple[int, int, int]) -> np.ndarray:
    """Read the image of a file as `square` makes it.

    Args:
        path: `pathlib.Path` of the file.
        shape: as of `square`.

    Returns:
        uint8 array [S, S, C] in [0, 255].

    Raises:
        ValueError: if it is no whole image of 8 bits a channel, naming the file.
    """
    try:
        with open_image(path) as picture:
            mode, pixels = picture.mode, square(picture, shape)
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, and more
        raise broken(path, error) from error
    is_grey_mode(mode, path)
    return pixels


def square(picture: Image.Image, shape: tuple[int, int, int]) -> np.ndarray:
    """Turn a picture upright, put it on white, crop it to its central square and resize it.

    Args:
        picture: an open `PIL.Image.Image`.
        shape: (S, S, C), with C of 1 or 3.

    Returns:
        uint8 array [S, S, C] in [0, 255].
    """
    height, width, channels = shape
    plain = upright(picture).convert("L" if channels == 1 else "RGB")
    fitted = ImageOps.fit(plain, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(fitted).reshape(shape)


def upright(picture: Image.Image) -> Image.Image:
    """Turn a picture as its camera was held, and put what is transparent on white.

    Args:
        picture: an open `PIL.Image.Image`.

    Returns:
        A `PIL.Image.Image` without transparency.
    """
    return on_white(ImageOps.exif_transpose(picture))


def on_white(picture: Image.Image) -> Image.Image:
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


def broken(path: pathlib.Path, error: Exception) -> ValueError:
    """Word the error for a file that can't be read.

    Args:
        path: `pathlib.Path` of the file.
        error: what its reader raised.

    Returns:
        A `ValueError`.
    """
    return ValueError(
        f"{path} can't be read ({error}): expected a whole image. Replace the file, or move it out of "
        "the folder, which may be --manual_dir."
    )
