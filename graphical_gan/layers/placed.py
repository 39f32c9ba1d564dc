"""Networks of clips in which one thing moves: what h draws stands where v says, and h is read where v says it stands.

A canvas is moved by two banks of Gaussian filters, one over rows and one over columns, as the attention of DRAW writes
and reads (Gregor et al. 2015, section 3.2). Shape is then learnt once, not anew at every place. Frames are on black,
the least value of their range. B batch, T frames, H W C frame, N canvas, D latent.
"""

import dataclasses

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.layers.clip_networks import ClipNetworks
from graphical_gan.layers.images import EXACT, MLP, joined

BLUR = 1.0  # deviation of the filters at first, in pixels, which training sharpens,
SHARPEST = 0.3  # down to this one, below which a place would have no gradient
NOISE = 0.2  # deviation of q(h|x, v), beside 1 of the prior: what q saw then leaves no holes where p draws
MARGIN = 1.25  # how far places go from the middle, in shares of what keeps the canvas inside the frame
UNITS = 128  # of the dense layers that know places; those that know shapes have twice as many


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlacedNetworks(ClipNetworks):
    """The networks of a model of clips whose frames are a canvas at a place."""

    content_sees_motion = True

    def generator(self) -> "PlacedGenerator":
        """As of `ImageNetworks`."""
        return PlacedGenerator(self.image_shape, self.output)

    def content_extractor(self, generator: "PlacedGenerator") -> "PlacedExtractor":
        """h from x[1:T] and v[1:T], with the places that p's generator has for v."""
        return PlacedExtractor(generator.place, self.latent, self.output)


class Place(keras.layers.Layer):
    """From v to how much of each row, and of each column, of a frame is each one of the canvas.

    Args:
        side: height and width of a frame.
        canvas: height and width N of the canvas.
    """

    def __init__(self, side: int, canvas: int):
        super().__init__(dtype=EXACT)
        self.side, self.canvas = side, canvas
        self.hidden = MLP([UNITS, UNITS], weights="he_uniform")
        near_the_middle = keras.initializers.RandomNormal(stddev=0.02)
        self.corner = keras.layers.Dense(2, kernel_initializer=near_the_middle, dtype=EXACT)
        self.blur = self.add_weight(name="blur", shape=(), initializer=keras.initializers.Constant(BLUR))

    def call(self, v):
        # [B, D] -> [B, 2, side, N]; sums over a side are 1 where the canvas is inside
        middle = (self.side - self.canvas) / 2
        corner = middle * (1 + MARGIN * tf.tanh(self.corner(self.hidden(v))))  # [B, 2], in pixels; never out of sight
        pixel = tf.range(self.side, dtype=tf.float32)[:, None] - tf.range(self.canvas, dtype=tf.float32)
        weights = tf.exp(-((pixel - corner[..., None, None]) ** 2) / (2 * (self.blur**2 + SHARPEST**2)))
        return weights / (tf.reduce_sum(weights, 2, keepdims=True) + 1e-3)


class PlacedGenerator(keras.Model):
    """x = G(h, v): a canvas of h, and of labels if there are any, at the place of v.

    Args:
        image_shape: (S, S, C).
        output: range of the frames, "sigmoid" for [0, 1] or "tanh" for [-1, 1].
    """

    def __init__(self, image_shape: tuple[int, int, int], output: str):
        super().__init__(dtype=EXACT)  # rounded, a place would be off by a tenth of a pixel
        side, _, self.channels = image_shape
        self.place = Place(side, side // 2)
        self.hidden = MLP([2 * UNITS, 2 * UNITS], weights="he_uniform")
        self.shape = keras.layers.Dense(self.place.canvas**2 * self.channels, dtype=EXACT)
        self.low = LOWEST[output]

    def call(self, latents, training=False):
        # ([B, D], [B, E], [B, L]...) -> [B, S, S, C]
        h, v, *labels = latents
        shape = tf.nn.sigmoid(self.shape(self.hidden(joined([h, *labels]))) - 1.0)  # rather dark at first
        canvas = tf.reshape(shape, [-1, self.place.canvas, self.place.canvas, self.channels])
        rows, columns = tf.unstack(self.place(v), axis=1)
        return self.low + (1 - self.low) * tf.einsum("brk,bklc,bsl->brsc", rows, canvas, columns)


class PlacedExtractor(keras.Model):
    """q(h|x[1:T],v[1:T]) = N(h; E1, NOISE^2 I): what stands at the places of v, their mean, then dense layers.

    Args:
        place: of the generator.
        latent: length D of h.
        output: as of `PlacedGenerator`.
    """

    def __init__(self, place: Place, latent: int, output: str):
        super().__init__(dtype=EXACT)
        self.place = place
        self.hidden = MLP([UNITS, UNITS // 2], weights="he_uniform")
        self.dense = keras.layers.Dense(latent, dtype=EXACT)
        self.low = LOWEST[output]

    def call(self, inputs, training=False):
        # ([B, T, H, W, C], [B, T, E], [B, L]...) -> batch [B], event [D]
        clip, v, *labels = inputs
        places = self.place(tf.reshape(v, [-1, v.shape[-1]]))
        rows, columns = tf.unstack(tf.reshape(places, [-1, *v.shape[1:2], *places.shape[1:]]), axis=2)
        light = (clip - self.low) / (1 - self.low)
        canvas = tf.einsum("btrk,btrsc,btsl->bklc", rows, light, columns) / v.shape[1]
        flat = tf.reshape(canvas, [-1, self.place.canvas**2 * clip.shape[-1]])
        return tfd.Independent(tfd.Normal(self.dense(self.hidden(joined([flat, *labels]))), NOISE), 1)


LOWEST = {"sigmoid": 0.0, "tanh": -1.0}
