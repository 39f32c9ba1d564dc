"""The discriminator of a factor, by the kinds of its variables."""

from typing import Protocol

import keras
import tensorflow as tf

from graphical_gan.graph.families import Family
from graphical_gan.layers.clips import stack, stacked


class Networks(Protocol):
    """What makes the neural networks of a model, such as `layers.networks.ImageNetworks`."""

    def image_discriminator(self, image_shape: tuple[int, int, int]) -> keras.layers.Layer:
        """D of an image of that shape, and of vectors."""

    def vector_discriminator(self) -> keras.layers.Layer:
        """D of vectors, one-hot vectors, and sequences of both."""


def by_kind(family: Family, values: dict[str, tf.Tensor], networks: Networks) -> keras.layers.Layer:
    """A discriminator of a factor, from a tuple of its variables to one logit a row.

    An image [H, W, C] among them gets convolutions, and a sequence of images [T, H, W, C] those of its frames
    stacked; vectors, one-hot vectors and sequences of vectors get dense layers.

    Args:
        family: the factor.
        values: a sample of all variables, [B, ...].
        networks: which make the discriminators.

    Raises:
        ValueError: for a factor of two images, or of an image that is not the child of the others.
    """
    shapes = [values[ref.name].shape[1 if ref.step in ("", "1:T", "1:t") else 2 :] for ref in family.scope]
    images = [shape for shape in shapes if shape.rank >= 3]
    if not images:
        return networks.vector_discriminator()
    if len(images) > 1 or shapes[0].rank < 3:
        raise ValueError(
            f"The factor {family} has the shapes {', '.join(map(str, shapes))}; a discriminator is known for at most "
            f"one image, which is the child of the others. Give one of your own with replaced={{{str(family)!r}: ...}}."
        )
    if images[0].rank == 4:
        return Stacked(networks, images[0])
    return networks.image_discriminator(tuple(images[0]))


class Stacked(keras.Model):
    """D of a whole sequence of images, its frames side by side as channels, and of vectors.

    Args:
        networks: which make the discriminator of an image.
        shape: (T, H, W, C).
    """

    def __init__(self, networks: Networks, shape: tuple[int, int, int, int]):
        super().__init__()
        self.joint = networks.image_discriminator(stacked(shape[1:], shape[0]))

    def call(self, variables, stream=None, training=False):
        # ([B, T, H, W, C], ...) -> [B]
        x, *others = variables
        return self.joint((stack(x), *others), stream=stream, training=training)
