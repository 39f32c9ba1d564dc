"""Dense layers in place of convolutions: for vectors, such as the rows of a table, and for images laid out as such."""

import math

import keras
import tensorflow as tf

from graphical_gan.layers.images import EXACT, SLOPE, VectorDiscriminator, joined, normalisation
from graphical_gan.layers.networks import ImageNetworks

HIDDEN = 2  # layers of the generator and of the extractor
UNITS = 8  # of each of them, times the width: a step then takes about as long as with convolutions


class DenseNetworks(ImageNetworks):
    """The networks of a model of vectors [D] or of images, without convolutions."""

    def generator(self) -> keras.Model:
        """As of `ImageNetworks`."""
        return DenseNetwork(self.image_shape, UNITS * self.width, self.output, self.batch_norm)

    def extractor(self, size: int) -> keras.Model:
        """As of `ImageNetworks`."""
        return DenseNetwork((size,), UNITS * self.width, "linear", self.batch_norm)

    def clip_extractor(self, size: int, length: int) -> keras.Model:
        """As of `ImageNetworks`."""
        return self.extractor(size)

    def image_discriminator(self, image_shape: tuple[int, ...]) -> VectorDiscriminator:
        """D of an example and of vectors, side by side."""
        return self.vector_discriminator()


def dense_networks(settings: dict) -> DenseNetworks:
    """Networks of vectors in the sizes of the settings of a run.

    Use it for a network over variables of your own (`programs.of_variables`): `extractor(size)` makes a vector of that
    size from the parents of a node, and discriminators are dense too.
    """
    sizes = {name: settings[name] for name in ("latent", "width", "units", "batch_norm", "dropout")}
    no_image = {"image_shape": (), "output": "linear", "discriminator_batch_norm": False}
    return DenseNetworks(**sizes, **no_image, discriminator_dense_layers=1)


class DenseNetwork(keras.Model):
    """Hidden layers with leaky ReLU over all inputs side by side, then a linear one with an activation."""

    def __init__(self, shape: tuple[int, ...], units: int, output: str, batch_norm: bool):
        super().__init__()
        self.dense = [keras.layers.Dense(units, kernel_initializer="he_uniform") for _ in range(HIDDEN)]
        self.normalisations = [normalisation(batch_norm) for _ in range(HIDDEN)]
        self.last = keras.layers.Dense(math.prod(shape), dtype=EXACT)
        self.of_shape, self.output_activation = tuple(shape), keras.activations.get(output)

    def call(self, inputs, training=False):
        # [B, ...], or several of them -> [B, *shape]
        x = joined(inputs)
        for layer, normalise in zip(self.dense, self.normalisations, strict=True):
            x = tf.nn.leaky_relu(normalise(layer(x), training=training), SLOPE)
        return tf.reshape(self.output_activation(self.last(x)), [-1, *self.of_shape])
