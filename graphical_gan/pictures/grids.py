"""Pictures of images: from floats in [0, 1] to grids of uint8 and PNG files.

`to_uint8` is the only way to pixels; everything after it takes and returns uint8, so that a picture cannot be scaled
twice. A data set's `from_network` comes before it.
"""

import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from graphical_gan.common.files import write_image

TEXT, LINE = 14, 20  # pixels of a caption's letters, and of the line that they stand in


def to_uint8(images):
    """Maps floats in [0, 1] to pixels; what lies outside is clipped.

    Use it on everything that is looked at, before any other function here.

    Args:
        images: float [...], black as 0 and white as 1.

    Returns:
        uint8 [...], 0 as 0 and 1 as 255.

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


def grid(images, columns, gap=2):
    """Lays images out row by row, with white lines between them.

    Use it for samples in no particular order; see `component_grid` and `reconstruction_grid` for the others.

    Args:
        images: uint8 [N, H, W, C].
        columns: images a row; the last row is filled up with white.
        gap: width of the lines, in pixels.

    Returns:
        uint8 [rows (H + gap) - gap, columns (W + gap) - gap, C].

    Raises:
        ValueError: if images is not uint8 [N, H, W, C] with N >= 1, or columns is below 1.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images) or columns < 1:
        raise ValueError(
            f"images is {images.dtype} {images.shape} and columns is {columns}; expected uint8 [N, H, W, C] with "
            "N >= 1, and at least one column. Turn floats into pixels with to_uint8 first."
        )
    _, height, width, channels = images.shape
    rows = -(-len(images) // columns)
    cells = np.full((rows * columns, height + gap, width + gap, channels), 255, np.uint8)
    cells[: len(images), :height, :width] = images
    picture = cells.reshape(rows, columns, height + gap, width + gap, channels).swapaxes(1, 2)  # rows H cols W C
    picture = picture.reshape(rows * (height + gap), columns * (width + gap), channels)
    return picture[: rows * (height + gap) - gap, : columns * (width + gap) - gap]


def component_grid(images, K, gap=2):
    """A grid with one mixture component a column.

    Use it for samples of p(x|k) (paper: Figs. 2 and 4), and for the images nearest to each centroid.

    Args:
        images: uint8 [K R, H, W, C], R images of component 0, then R of component 1, and so on.
        K: the number of components.
        gap: width of the lines, in pixels.

    Returns:
        uint8 [R (H + gap) - gap, K (W + gap) - gap, C].

    Raises:
        ValueError: if the images are not as many for each component, or not as `grid` wants them.
    """
    images = np.asarray(images)
    if K < 1 or len(images) % K:
        raise ValueError(
            f"There are {len(images)} images for K = {K} components; expected as many for each. "
            "Sample the same number of images from every component."
        )
    order = np.arange(len(images)).reshape(K, -1).T.ravel()  # row by row: one image of each component
    return grid(images[order], columns=K, gap=gap)


def reconstruction_grid(images, reconstructions, pairs=5, gap=2):
    """A grid in which each odd column shows inputs, and the next even column their reconstructions.

    Use it to see what q(h|x) keeps of an image (paper: Fig. 3).

    Args:
        images: uint8 [N, H, W, C], the inputs.
        reconstructions: uint8 [N, H, W, C], of the same samples.
        pairs: pairs of columns.
        gap: width of the lines, in pixels.

    Returns:
        uint8 [rows (H + gap) - gap, 2 pairs (W + gap) - gap, C].

    Raises:
        ValueError: if the shapes differ, or the images are not as `grid` wants them.
    """
    images, reconstructions = np.asarray(images), np.asarray(reconstructions)
    if images.shape != reconstructions.shape:
        raise ValueError(
            f"images has shape {images.shape} and reconstructions {reconstructions.shape}; expected the same shape. "
            "Reconstruct the very images that are shown."
        )
    alternating = np.stack([images, reconstructions], axis=1).reshape(-1, *images.shape[1:])
    return grid(alternating, columns=2 * pairs, gap=gap)


def captioned(picture, above=(), beside=()):
    """A grid with a caption above each column, and one beside each row, in black on white.

    Args:
        picture: uint8 [H, W, C], columns of one width and rows of one height.
        above: a text for each column, or none.
        beside: a text for each row, or none.

    Returns:
        uint8 [H + `LINE` where there are captions above, W + the longest of those beside, C].
    """
    font = ImageFont.load_default(TEXT)
    top = LINE if above else 0
    left = 8 + int(max(map(font.getlength, beside))) if beside else 0
    page = np.full((picture.shape[0] + top, picture.shape[1] + left, picture.shape[2]), 255, np.uint8)
    page[top:, left:] = picture
    image = Image.fromarray(page.squeeze(2) if page.shape[2] == 1 else page)
    draw = ImageDraw.Draw(image)
    for number, text in enumerate(above):
        draw.text((left + (number + 0.5) * picture.shape[1] / len(above), top / 2), text, 0, font, anchor="mm")
    for number, text in enumerate(beside):
        draw.text((left - 4, top + (number + 0.5) * picture.shape[0] / len(beside)), text, 0, font, anchor="rm")
    return np.asarray(image).reshape(page.shape)


def by_component(images, name, K):
    """`component_grid` with the value of the variable of this name above each column."""
    return captioned(component_grid(images, K), [f"{name}={k}" if len(name) < 3 else str(k) for k in range(K)])


def film(clips, columns, gap=2):
    """Clips uint8 [N, T, H, W, C] side by side, as one film uint8 [T, ..., ..., C]; see `grid`."""
    return np.stack([grid(frames, columns, gap) for frames in clips.swapaxes(0, 1)])


def enlarged(images, least=48):
    """Images [..., H, W, C] with every pixel repeated until H is at least `least`, so that a person sees them."""
    times = -(-least // images.shape[-3])
    return images.repeat(times, axis=-3).repeat(times, axis=-2)


def save_gif(path, frames, seconds=0.1):
    """Writes a film to a GIF file that plays for ever.

    Args:
        path: str or path-like.
        frames: uint8 [T, H, W, C], C = 1 or 3.
        seconds: that a frame is shown.
    """
    images = [Image.fromarray(frame[:, :, 0] if frame.shape[2] == 1 else frame) for frame in frames]
    shown = {"duration": round(1000 * seconds), "loop": 0}
    write_image(path, images[0], format="GIF", save_all=True, append_images=images[1:], **shown)


def save_png(path, picture):
    """Writes a picture to a PNG file, and the folders above it where they are missing.

    Use it for whatever the functions of this module and `drawing` return.

    Args:
        path: str or path-like, the file.
        picture: uint8 [H, W, C], grey with C = 1, colour with C = 3.

    Raises:
        ValueError: if picture is something else.
    """
    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (1, 3):
        raise ValueError(
            f"picture is {picture.dtype} {picture.shape}; expected uint8 [H, W, 1] or [H, W, 3]. "
            "Make one with grid, after to_uint8."
        )
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_image(path, Image.fromarray(picture.squeeze(2) if picture.shape[2] == 1 else picture), format="PNG")
