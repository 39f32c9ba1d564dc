"""Latents for TensorBoard's embedding projector: points with thumbnails, labels and clusters.

The vectors are written as a file of their own and named in the projector's configuration. So the projector needs
no checkpoint, where it would look for a variable by a name that Keras does not use. All paths in the
configuration are relative: a run folder can be moved.
"""

import math
import pathlib
from collections.abc import Sequence

import numpy as np
from google.protobuf import text_format
from tensorboard.plugins import projector
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME

from graphical_gan.common.files import write_image, write_text
from graphical_gan.pictures.grids import grid, to_pillow


def write_projector(
    logdir: pathlib.Path, name: str, vectors: np.ndarray, thumbnails: np.ndarray, metadata: dict[str, Sequence]
) -> None:
    """Writes latents for the PROJECTOR tab of TensorBoard, beside those already written under other names.

    A running TensorBoard keeps the vectors that it has read: restart it to see newer ones.

    Args:
        logdir: a folder that TensorBoard lists as a run: one with an event file in it. Checkpoints belong neither in it
            nor in the folder above, else each matrix in them appears in the projector too.
        name: of a folder, such as "h". Writing it again replaces it.
        vectors: float [N, D], D >= 3, as the picture has three axes.
        thumbnails: uint8 [N, H, W, C], C = 1 or 3, of at most 8,192 pixels a side when they are laid out in a square.
        metadata: by title, the columns to colour and label the points by: N values, or texts that fit into a cell of a
            table. Up to 50 different values of a column get a colour each, more numbers a gradient.
    """
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
    return to_pillow(grid(cells, side, gap=0))


def _sprite_side(count):
    """Thumbnails a row, and rows: TensorBoard 2.20 shows wrong ones unless the two are equal.

    Its shader takes floor(index / rows) for the row of a thumbnail. A power of two keeps that exact in float32.
    """
    return 2 ** math.ceil(math.log2(count) / 2)
