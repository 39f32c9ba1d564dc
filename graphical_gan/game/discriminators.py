"""The discriminator of a factor, by the kinds of its variables."""

import math
from collections.abc import Iterable
from typing import Protocol

import keras
import tensorflow as tf

from graphical_gan.common.choices import chosen
from graphical_gan.graph import Family
from graphical_gan.layers.clips import stack, stacked
from graphical_gan.settings.tables import VIEWS


class Networks(Protocol):
    """What makes the neural networks of a model, such as `layers.networks.ImageNetworks`."""

    def image_discriminator(self, image_shape: tuple[int, int, int]) -> keras.layers.Layer:
        """D of an image of that shape, and of vectors."""

    def vector_discriminator(self) -> keras.layers.Layer:
        """D of vectors, one-hot vectors, and sequences of both."""


def by_kind(family: Family, values: dict[str, tf.Tensor], networks: Networks) -> keras.layers.Layer:
    """A discriminator of a factor, from a tuple of its variables to one logit a row.

    An image [H, W, C] among them gets convolutions; several images, or a sequence of images [T, H, W, C], those of all
    of them stacked; vectors, one-hot vectors and sequences of vectors get dense layers.
    """
    shapes = [values[ref.name].shape[1 if ref.step in ("", "1:T", "1:t") else 2 :] for ref in family.scope]
    images = [shape for shape in shapes if shape.rank >= 3]
    if not images:
        return networks.vector_discriminator()
    if len(images) == 1 and shapes[0].rank == 3:
        return networks.image_discriminator(tuple(shapes[0]))
    return Stacked(networks, images)


class Augmented(keras.Model):
    """D that sees images changed at random, those of p and those of q alike (DiffAugment, Zhao et al. 2020, Eq. 3).

    It can then not know few training images by heart; what p draws does not change, as both sides are changed alike.
    """

    def __init__(self, discriminator: keras.layers.Layer, views: str, strength: float):
        super().__init__()
        self.discriminator, self.strength = discriminator, strength
        self.views = chosen(VIEWS, views=views)

    def call(self, variables, stream=None, training=False):
        # [B, H, W, C] and [B, D] ... -> [B]
        if training:
            streams = [stream.at(f"augment {i}") for i in range(len(variables))]
            pairs = zip(variables, streams, strict=True)
            variables = [self.views(x, self.strength, own) if x.shape.rank == 4 else x for x, own in pairs]
        return self.discriminator(variables, stream=stream, training=training)


class Stacked(keras.Model):
    """D of several images, or of a whole sequence of images, side by side as channels, and of vectors.

    Args:
        networks: which make the discriminator of an image.
        shapes: of the images, (H, W, C), and of the sequences, (T, H, W, C); smaller ones are padded with 0.
    """

    def __init__(self, networks: Networks, shapes: Iterable[tuple[int, ...]]):
        super().__init__()
        heights, widths, channels = zip(*(stacked(s[-3:], math.prod(s[:-3])) for s in shapes), strict=True)
        self.height, self.width = max(heights), max(widths)
        self.joint = networks.image_discriminator((self.height, self.width, sum(channels)))

    def call(self, variables, stream=None, training=False):
        # ([B, H, W, C] or [B, T, H, W, C] or [B, D] ...) -> [B]
        images = [stack(x) if x.shape.rank == 5 else x for x in variables if x.shape.rank > 3]
        images = [tf.image.pad_to_bounding_box(x, 0, 0, self.height, self.width) for x in images]
        vectors = [x for x in variables if x.shape.rank <= 3]
        return self.joint((tf.concat(images, -1), *vectors), stream=stream, training=training)
