"""Pictures of images: from floats in [0, 1] to grids of uint8 and PNG files.

`to_uint8` is the only way to pixels; everything after it takes and returns uint8, so that a picture cannot be scaled
twice. A data set's `from_network` comes before it. Images are [N, H, W, C], with C = 1 or 3.
"""

import io
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from graphical_gan.common.files import write_image

TEXT, LINE = 14, 20  # pixels of a caption's letters, and of the line that they stand in
GAP = 2  # pixels of white between the images of a grid
SECONDS = 0.1  # that a frame of a film is shown


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Maps floats in [0, 1] to pixels; what lies outside is clipped.

    Raises:
        ValueError: if a value is not finite.
    """
    images = np.asarray(images, np.float32)
    if not np.isfinite(images).all():
        raise ValueError(
            f"{np.sum(~np.isfinite(images))} values of images are not finite; expected numbers in [0, 1]. Look for a "
            "diverged run."
        )
    return np.rint(images * 255).clip(0, 255).astype(np.uint8)


def grid(images: np.ndarray, columns: int, gap: int = GAP) -> np.ndarray:
    """Images row by row, with white lines between them; the last row is filled up with white.

    Returns:
        uint8 [rows (H + gap) - gap, columns (W + gap) - gap, C].
    """
    _, height, width, channels = images.shape
    rows = -(-len(images) // columns)
    cells = np.full((rows * columns, height + gap, width + gap, channels), 255, np.uint8)
    cells[: len(images), :height, :width] = images
    picture = cells.reshape(rows, columns, height + gap, width + gap, channels).swapaxes(1, 2)  # rows H cols W C
    picture = picture.reshape(rows * (height + gap), columns * (width + gap), channels)
    return picture[: rows * (height + gap) - gap, : columns * (width + gap) - gap]


def component_grid(images: np.ndarray, K: int, name: str = "k") -> np.ndarray:
    """A grid with one mixture component a column, and its number above it (paper: Figs. 2 and 4).

    Args:
        images: uint8 [K R, H, W, C], R images of component 0, then R of component 1, and so on; the numbers need the
            room that `enlarged` makes.
        name: of the variable whose values they are.
    """
    order = np.arange(len(images)).reshape(K, -1).T.ravel()  # row by row: one image of each component
    return captioned(grid(images[order], K), [f"{name}={k}" if len(name) < 3 else str(k) for k in range(K)])


def reconstruction_grid(images: np.ndarray, reconstructions: np.ndarray, pairs: int = 5) -> np.ndarray:
    """A grid in which each odd column shows inputs, and the next even column their reconstructions (paper: Fig. 3)."""
    return grid(np.stack([images, reconstructions], axis=1).reshape(-1, *images.shape[1:]), 2 * pairs)


def captioned(picture: np.ndarray, above: Sequence[str] = (), beside: Sequence[str] = ()) -> np.ndarray:
    """A grid with a caption above each column, and one beside each row, in black on white.

    Returns:
        uint8 [H + `LINE` where there are captions above, W + the longest of those beside, C].
    """
    font = ImageFont.load_default(TEXT)
    top = LINE if above else 0
    left = 8 + int(max(map(font.getlength, beside))) if beside else 0
    page = np.full((picture.shape[0] + top, picture.shape[1] + left, picture.shape[2]), 255, np.uint8)
    page[top:, left:] = picture
    image = to_pillow(page)
    draw = ImageDraw.Draw(image)
    for number, text in enumerate(above):
        draw.text((left + (number + 0.5) * picture.shape[1] / len(above), top / 2), text, 0, font, anchor="mm")
    for number, text in enumerate(beside):
        draw.text((left - 4, top + (number + 0.5) * picture.shape[0] / len(beside)), text, 0, font, anchor="rm")
    return np.asarray(image).reshape(page.shape)


def film(clips: np.ndarray, columns: int) -> np.ndarray:
    """Clips uint8 [N, T, H, W, C] side by side, as one film uint8 [T, ..., ..., C]."""
    return np.stack([grid(frames, columns) for frames in clips.swapaxes(0, 1)])


def enlarged(images: np.ndarray, least: int = 48) -> np.ndarray:
    """Images [..., H, W, C] with every pixel repeated until H is at least `least`, so that a person sees them."""
    times = -(-least // images.shape[-3])
    return images.repeat(times, axis=-3).repeat(times, axis=-2)


def to_pillow(picture: np.ndarray) -> Image.Image:
    """A picture uint8 [H, W, C], grey or coloured, as one of Pillow."""
    return Image.fromarray(picture.squeeze(2) if picture.shape[2] == 1 else picture)


def png(picture: np.ndarray) -> bytes:
    """The content of a PNG file of a picture uint8 [H, W, C]."""
    content = io.BytesIO()
    to_pillow(picture).save(content, "PNG")
    return content.getvalue()


def save_gif(path: str | pathlib.Path, frames: np.ndarray) -> None:
    """Writes a film uint8 [T, H, W, C] to a GIF file that plays for ever."""
    first, *others = map(to_pillow, frames)
    shown = {"duration": round(1000 * SECONDS), "loop": 0}
    write_image(path, first, format="GIF", save_all=True, append_images=others, **shown)


def save_png(path: str | pathlib.Path, picture: np.ndarray) -> None:
    """Writes a picture uint8 [H, W, C] to a PNG file, and makes the folders above it."""
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_image(path, to_pillow(picture), format="PNG")
