"""Residual networks in place of the paper's generator and extractor: blocks of two 3x3 convolutions and a skip.

The blocks are those of WGAN-GP (Gulrajani et al. 2017, appendix F), with the widths of the paper's tables; the
discriminators stay the paper's. B batch, H W C image.
"""

import keras
import tensorflow as tf

from graphical_gan.layers.images import SLOPE, START, Extractor, crop, flat, growth, joined, normalisation, stages
from graphical_gan.layers.networks import ImageNetworks


def convolution(filters: int, kernel: int = 3) -> keras.layers.Conv2D:
    """A convolution that keeps height and width."""
    return keras.layers.Conv2D(filters, kernel, padding="same", kernel_initializer="he_uniform")


class ResidualNetworks(ImageNetworks):
    """The networks of a model of images, with a residual generator and residual extractors."""

    def generator(self) -> keras.Model:
        """As of `ImageNetworks`."""
        return ResidualGenerator(self.image_shape, self.width, self.output, self.batch_norm)

    def extractor(self, size: int) -> Extractor:
        """As of `ImageNetworks`."""
        return Extractor(ResidualFeatures(self.image_shape, self.width, self.batch_norm), size)


class ResidualGenerator(keras.Model):
    """x = G(h): a dense layer, then residual blocks that double the image and halve the channels."""

    def __init__(self, image_shape: tuple[int, int, int], width: int, output: str, batch_norm: bool):
        super().__init__()
        size, _, channels = image_shape
        count, self.sizes = stages(size), growth(size)
        self.dense = keras.layers.Dense(START * START * width * 2**count)
        self.blocks = [Block(width * 2 ** (count - 1 - i), batch_norm) for i in range(count)]
        self.normalisation = normalisation(batch_norm)
        self.last = convolution(channels)
        self.output_activation = keras.activations.get(output)

    def call(self, latents, training=False):
        # [B, D] -> [B, 4, 4, C'] -> [B, H, W, C]
        x = self.dense(joined(latents))
        x = tf.reshape(x, [-1, START, START, x.shape[-1] // START**2])
        for block, size in zip(self.blocks, self.sizes, strict=True):
            double = tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)
            x = crop(block(double, training=training), size)
        x = self.last(tf.nn.relu(self.normalisation(x, training=training)))
        return self.output_activation(tf.cast(x, tf.float32))


class ResidualFeatures(keras.layers.Layer):
    """Residual blocks that halve the image and double the channels, flattened."""

    def __init__(self, image_shape: tuple[int, int, int], width: int, batch_norm: bool):
        super().__init__()
        count = stages(image_shape[0])
        self.first = convolution(width)
        self.blocks = [Block(width * 2**i, batch_norm) for i in range(count)]

    def call(self, x, stream=None, training=False):
        x = self.first(x)
        for block in self.blocks:
            x = tf.nn.avg_pool2d(block(x, training=training), 2, 2, "SAME")
        return flat(tf.nn.leaky_relu(x, SLOPE))


class Block(keras.layers.Layer):
    """x + two convolutions of it, each after a normalisation and a leaky ReLU; a 1x1 convolution of the skip."""

    def __init__(self, filters: int, batch_norm: bool):
        super().__init__()
        self.normalisations = [normalisation(batch_norm) for _ in range(2)]
        self.convolutions = [convolution(filters) for _ in range(2)]
        self.skip = convolution(filters, 1)

    def call(self, x, training=False):
        # [B, H, W, C] -> [B, H, W, filters]
        change = x
        for normalise, convolve in zip(self.normalisations, self.convolutions, strict=True):
            change = convolve(tf.nn.leaky_relu(normalise(change, training=training), SLOPE))
        return self.skip(x) + change
