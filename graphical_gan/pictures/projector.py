"""Latents for TensorBoard's embedding projector: points with thumbnails, labels and clusters.

The vectors are written as a file of their own and named in the projector's configuration. So the projector needs
no checkpoint, where it would look for a variable by a name that Keras does not use. All paths in the
configuration are relative: a run folder can be moved.
"""

import math
import pathlib
import re

import numpy as np
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins import projector
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME

from graphical_gan.common.files import write_image, write_text

_SPRITE_LIMIT = 8192  # pixels a side; TensorBoard shows an error for anything larger


def write_projector(logdir, name, vectors, thumbnails, metadata):
    """Writes latents for the PROJECTOR tab of TensorBoard, beside those already written under other names.

    Use it for h or v_t of held-out images; a few thousand points are pleasant to turn, and 100,000 the most that
    TensorBoard shows. A running TensorBoard keeps the vectors that it has read: restart it to see newer ones.

    Args:
        logdir: str or path-like, a folder that TensorBoard lists as a run: one with an event file in it. Checkpoints
            belong neither in it nor in the folder above, else each matrix in them appears in the projector too.
        name: the name in the projector, of letters, digits and _ . -, such as "h". Writing it again replaces it.
        vectors: float [N, D], D >= 3, as the picture has three axes.
        thumbnails: uint8 [N, H, W, C], C = 1 or 3. They are multiplied by the colour of the point.
        metadata: the columns to colour and label the points by, as {title: N values}, such as
            {"label": [...], "cluster": [...]}. Up to 50 different values of a column get a colour each, more than
            50 numbers a gradient. The title of a single column is not shown.

    Raises:
        ValueError: if the sizes don't fit one another, a value is not finite, a text is blank or has a tab or line
            break in it, or the thumbnails don't fit into one picture of 8192 x 8192 pixels.
    """
    vectors, thumbnails = np.asarray(vectors, np.float32), np.asarray(thumbnails)
    _check(name, vectors, thumbnails, metadata)
    logdir = pathlib.Path(logdir)
    folder = logdir / "projector" / name
    folder.mkdir(parents=True, exist_ok=True)
    # Text, as TensorBoard tells a binary file only by its not being UTF-8. Nine digits are float32 to the last bit.
    np.savetxt(folder / "vectors.tsv", vectors, fmt="%.9g", delimiter="\t")
    write_text(folder / "metadata.tsv", _table(metadata))
    write_image(folder / "sprite.png", _sprite(thumbnails), format="PNG")

    config = projector.ProjectorConfig()
    if (logdir / PROJECTOR_FILENAME).exists():
        text_format.Parse((logdir / PROJECTOR_FILENAME).read_text(encoding="utf-8"), config)
    others = [embedding for embedding in config.embeddings if embedding.tensor_name != name]
    del config.embeddings[:]
    config.embeddings.extend([*others, _embedding(name, vectors, thumbnails)])
    projector.visualize_embeddings(str(logdir), config)


def _embedding(name, vectors, thumbnails):
    folder = f"projector/{name}"
    return projector.EmbeddingInfo(
        tensor_name=name,
        tensor_shape=vectors.shape,
        tensor_path=f"{folder}/vectors.tsv",
        metadata_path=f"{folder}/metadata.tsv",
        sprite=projector.SpriteMetadata(
            image_path=f"{folder}/sprite.png",
            single_image_dim=[thumbnails.shape[2], thumbnails.shape[1]],  # width, then height
        ),
    )


def _table(metadata):
    """One line a point; TensorBoard takes the first line as titles if, and only if, there are several columns."""
    titles = [list(metadata)] if len(metadata) > 1 else []
    return "".join("\t".join(map(str, row)) + "\n" for row in [*titles, *zip(*metadata.values(), strict=True)])


def _sprite(thumbnails):
    """All thumbnails in one picture, row by row; the rest is black."""
    count, height, width, channels = thumbnails.shape
    side = _sprite_side(count)
    cells = np.zeros((side * side, height, width, channels), np.uint8)
    cells[:count] = thumbnails
    picture = cells.reshape(side, side, height, width, channels).swapaxes(1, 2)
    picture = picture.reshape(side * height, side * width, channels)
    return Image.fromarray(picture.squeeze(2) if channels == 1 else picture)


def _sprite_side(count):
    """Thumbnails a row, and rows: TensorBoard 2.20 shows wrong ones unless the two are equal.

    Its shader takes floor(index / rows) for the row of a thumbnail. A power of two keeps that exact in float32.
    """
    return 2 ** math.ceil(math.log2(count) / 2)


def _check(name, vectors, thumbnails, metadata):
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(f"name is {name!r}; expected letters, digits and _ . - only, as it names a folder. Rename it.")
    if vectors.ndim != 2 or not len(vectors) or vectors.shape[1] < 3 or not np.isfinite(vectors).all():
        raise ValueError(
            f"vectors has shape {vectors.shape} and {np.sum(~np.isfinite(vectors))} values that are not finite; "
            "expected finite [N, D] with N >= 1 and D >= 3. Flatten the latents, append zeros if there are fewer than "
            "three, and look for a diverged run."
        )
    if thumbnails.dtype != np.uint8 or thumbnails.ndim != 4 or thumbnails.shape[3] not in (1, 3):
        raise ValueError(
            f"thumbnails is {thumbnails.dtype} {thumbnails.shape}; expected uint8 [N, H, W, 1] or [N, H, W, 3]. "
            "Turn floats into pixels with grids.to_uint8 first."
        )
    counts = {"thumbnails": len(thumbnails)} | {title: len(values) for title, values in metadata.items()}
    if not metadata or set(counts.values()) != {len(vectors)}:
        raise ValueError(
            f"There are {len(vectors)} vectors, and {counts}; expected as many of each, and at least one column of "
            "metadata. Give all arguments for the same samples."
        )
    if any(re.search(r"[\t\r\n]", text) or not text.strip() for text in _texts(metadata)):
        raise ValueError(
            "A title or a value of metadata is blank or holds a tab or a line break; expected texts that fit into a "
            "cell of a table. Replace them."
        )
    side = _sprite_side(len(vectors)) * max(thumbnails.shape[1:3])
    if side > _SPRITE_LIMIT:
        raise ValueError(
            f"The {len(vectors)} thumbnails of {thumbnails.shape[1:3]} pixels make a picture of {side} pixels a side; "
            f"TensorBoard shows at most {_SPRITE_LIMIT}. Give fewer points or smaller thumbnails."
        )


def _texts(metadata):
    yield from metadata
    for values in metadata.values():
        yield from map(str, values)
