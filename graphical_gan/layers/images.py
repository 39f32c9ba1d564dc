"""Networks of the appendix tables (Tables 2 and 3), whose sizes are arguments: one class serves every data set.

B batch, H W C image, D latent. Images are channels-last; a network's range is that of its data set, [0, 1] behind a
sigmoid or [-1, 1] behind a tanh. The leaky ReLU has slope 0.2. Released code: dense weights are Glorot uniform,
convolutions as in `StridedUniform`, biases 0.
"""

import contextlib
import contextvars
import math
from collections.abc import Iterator

import keras
import tensorflow as tf

from graphical_gan.layers.convolutions import Convolution, Deconvolution
from graphical_gan.layers.normalisation import is_alone, normalised

SLOPE = 0.2
KERNEL = 5
START = 4  # height and width of the smallest feature map
EXACT = "float32"  # of the layers whose results leave the networks as latents or logits, whatever the others compute in


class StridedUniform(keras.initializers.Initializer):
    """Uniform weights of limit sqrt(12 / (fan_in + fan_out)), a strided fan divided by stride^2 (released code).

    The strided fan is that of the last axis, in the layout [..., in, out] of a convolution and in the layout
    [..., out, in] of a deconvolution.
    """

    def __init__(self, strides: tuple[int, ...]):
        self.strides = strides

    def __call__(self, shape, dtype=None):
        *space, a, b = shape
        field = math.prod(space)
        limit = math.sqrt(12 / (field * a + field * b / math.prod(self.strides)))
        return keras.random.uniform(shape, -limit, limit, dtype, seed=keras.random.SeedGenerator())


def convolution(filters: int) -> keras.layers.Conv2D:
    """5x5, stride 2: halves height and width, rounding up."""
    return Convolution(filters, KERNEL, kernel_initializer=StridedUniform((2, 2)))


def deconvolution(filters: int) -> keras.layers.Conv2DTranspose:
    """5x5, stride 2: doubles height and width."""
    return Deconvolution(filters, KERNEL, kernel_initializer=StridedUniform((2, 2)))


_OF_Q = contextvars.ContextVar("of_q", default=False)


@contextlib.contextmanager
def latents_of_q(inferred: bool) -> Iterator[None]:
    """Tells each `Normalisation` that is called inside whether p's network is used on latents that q inferred."""
    token = _OF_Q.set(inferred)
    try:
        yield
    finally:
        _OF_Q.reset(token)


class Normalisation(keras.layers.BatchNormalization):
    """Batch normalisation over the global batch; its inference statistics are set by `recalibration`.

    In training samples of p are a batch, and what p makes of latents of q another. Each has inference statistics of
    its own, so that both are what they were in training.
    """

    def __init__(self):
        super().__init__(epsilon=1e-5, synchronized=True)
        self.of_q = keras.layers.BatchNormalization(epsilon=1e-5, center=False, scale=False, synchronized=True)

    def build(self, input_shape):
        super().build(input_shape)
        self.of_q.build(input_shape)

    def call(self, x, training=False):
        used = self.of_q if _OF_Q.get() else self
        if training and is_alone():
            return normalised(used, x, self.gamma, self.beta)
        if used is self:
            return super().call(x, training=training)
        return self.of_q(x, training=training) * tf.cast(self.gamma, x.dtype) + tf.cast(self.beta, x.dtype)


def normalisation(batch_norm: bool) -> keras.layers.Layer:
    """A `Normalisation`, or a layer that changes nothing where networks are not normalised."""
    return Normalisation() if batch_norm else keras.layers.Identity()


def normalisations(model: keras.layers.Layer) -> list[keras.layers.BatchNormalization]:
    """The layers in a model that normalise over the minibatch."""
    return [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]


def statistics_of_q(model: keras.layers.Layer) -> list[keras.Variable]:
    """The statistics in a model that are for latents of q."""
    own = [layer.of_q for layer in normalisations(model) if isinstance(layer, Normalisation)]
    return [variable for layer in own for variable in layer.variables]


def output_of(value_range: tuple[float, float]) -> str:
    """Activation of data of a range: "sigmoid" for (0, 1), "tanh" for (-1, 1), "linear" for all numbers."""
    return {(0.0, 1.0): "sigmoid", (-1.0, 1.0): "tanh", (-math.inf, math.inf): "linear"}[value_range]


def stages(size: int) -> int:
    """Number of halvings from an image of `size` pixels to the smallest feature map: 2 for 16, 3 for 28 and 32."""
    count = 0
    while size > START:
        size, count = -(-size // 2), count + 1
    return count


def growth(size: int) -> list[int]:
    """Heights of the feature maps that a generator doubles on the way to an image: 7, 14, 28."""
    return [-(-size // 2**halvings) for halvings in reversed(range(stages(size)))]


class Generator(keras.Model):
    """x = G(h): a dense layer, then deconvolutions that double the image and halve the channels (Table 2).

    Args:
        image_shape: (H, W, C). Feature maps are cropped to the sizes that halving H gives (28, 14, 7, 4).
        width: channels of the last feature map.
        output: activation of the image, "sigmoid" or "tanh".
        batch_norm: whether to normalise after each layer but the last.
    """

    def __init__(self, image_shape: tuple[int, int, int], width: int, output: str, batch_norm: bool):
        super().__init__()
        size, _, channels = image_shape
        count, self.sizes = stages(size), growth(size)
        first = width * 2 ** (count - 1)
        self.dense = keras.layers.Dense(START * START * first)
        filters = [first // 2 ** (i + 1) for i in range(count - 1)] + [channels]
        self.deconvolutions = [deconvolution(n) for n in filters]
        self.normalisations = [normalisation(batch_norm) for _ in range(count)]
        self.output_activation = keras.activations.get(output)

    def call(self, latents, training=False):
        # [B, D] -> [B, 4, 4, C'] -> [B, H, W, C]
        x = tf.nn.relu(self.normalisations[0](self.dense(joined(latents)), training=training))
        x = tf.reshape(x, [-1, START, START, x.shape[-1] // START**2])
        for deconvolve, normalise, size in zip(self.deconvolutions, self.normalisations[1:], self.sizes, strict=False):
            # The crop comes after the normalisation, whose statistics include what is cropped (released code).
            x = crop(tf.nn.relu(normalise(deconvolve(x), training=training)), size)
        x = crop(self.deconvolutions[-1](x), self.sizes[-1])
        return self.output_activation(tf.cast(x, tf.float32))


def crop(x, size):
    """The first rows and columns; nothing is copied, on the way back either, where that is all of them.

    The gradient of `tf.slice` is a padding, several times as fast as that of x[:, :size, :size].
    """
    return x if x.shape[1] == size else tf.slice(x, [0, 0, 0, 0], [-1, size, size, -1])


class Features(keras.layers.Layer):
    """Convolutions that halve the image and double the channels, flattened: the trunk of E and of D (Tables 2, 3).

    Args:
        width: channels of the first feature map.
        batch_norm: whether to normalise all of them but the first.
    """

    def __init__(self, image_shape, width: int, batch_norm: bool, dropout: float = 0.0):
        super().__init__()
        count = stages(image_shape[0])
        self.convolutions = [convolution(width * 2**i) for i in range(count)]
        self.normalisations = [normalisation(batch_norm and i > 0) for i in range(count)]
        self.dropout = dropout

    def call(self, x, stream=None, training=False):
        for i, (convolve, normalise) in enumerate(zip(self.convolutions, self.normalisations, strict=True)):
            x = tf.nn.leaky_relu(normalise(convolve(x), training=training), SLOPE)
            x = dropout(x, self.dropout, stream, i, training)
        return flat(x)


class Extractor(keras.Model):
    """h = E(x): convolutions, then a linear layer (Table 2), which also sees vectors, such as labels."""

    def __init__(self, features: keras.layers.Layer, latent: int):
        super().__init__()
        self.features = features
        self.dense = keras.layers.Dense(latent, dtype=EXACT)

    def call(self, inputs, training=False):
        # [B, H, W, C], or that and [B, L]... in any order -> [B, D]
        inputs = several(inputs)
        (x,) = [value for value in inputs if value.shape.rank == 4]
        features = self.features(x, training=training)
        return self.dense(tf.concat([features, *(v for v in inputs if v.shape.rank != 4)], -1))


def dropout(x: tf.Tensor, rate: float, stream, purpose: int, training: bool) -> tf.Tensor:
    """Dropout whose noise is a function of the step's stream, so that a resumed run drops the same units."""
    if not (training and rate):
        return x
    keep = tf.cast(stream.at(purpose).uniform(tf.shape(x)) >= rate, x.dtype)
    return x * keep / (1 - rate)


class MLP(keras.layers.Layer):
    """Dense layers with leaky ReLU and dropout; Glorot uniform weights as released, or "he_uniform"."""

    def __init__(self, units: list[int], dropout: float = 0.0, weights: str = "glorot_uniform"):
        super().__init__()
        self.dense = [keras.layers.Dense(n, kernel_initializer=weights) for n in units]
        self.dropout = dropout

    def call(self, x, stream=None, training=False):
        for i, layer in enumerate(self.dense):
            x = dropout(tf.nn.leaky_relu(layer(x), SLOPE), self.dropout, stream, i, training)
        return x


class JointDiscriminator(keras.Model):
    """Logit of D(x, z...): features of the data, a branch of the other variables side by side, and a joint one.

    Args:
        dropout: rate after each leaky ReLU; 0.2 in the paper, never active in the released code.
        dense_layers: number of dense layers of the latent branch and of the joint one.
        labels_again: whether the last variable is a label that the joint branch sees too (released code).
    """

    def __init__(self, features, units: int, dropout: float, dense_layers: int = 1, labels_again: bool = False):
        super().__init__()
        self.features = features
        self.latent_branch = MLP([units] * dense_layers, dropout)
        self.joint = MLP([units] * dense_layers, dropout)
        self.logit = keras.layers.Dense(1, dtype=EXACT)
        self.labels_again = labels_again

    def call(self, variables, stream=None, training=False):
        # ([B, ...], [B, D], ...) -> [B]
        x, *latents = variables
        x = self.features(x, stream=stream and stream.at("data"), training=training)
        z = self.latent_branch(joined(latents), stream=stream and stream.at("latent"), training=training)
        both = tf.concat([x, z, *(latents[-1:] if self.labels_again else [])], -1)
        joint = self.joint(both, stream=stream and stream.at("joint"), training=training)
        return self.logit(joint)[:, 0]


class VectorDiscriminator(keras.Model):
    """Logit of D of vectors, such as D(h, k): three dense layers (Table 3)."""

    def __init__(self, units: int, dropout: float):
        super().__init__()
        self.hidden = MLP([units] * 3, dropout)
        self.logit = keras.layers.Dense(1, dtype=EXACT)

    def call(self, variables, stream=None, training=False):
        # ([B, D], [B, K], ...) -> [B]
        return self.logit(self.hidden(joined(variables), stream=stream, training=training))[:, 0]


def joined(values):
    """One vector [B, D], or several side by side; sequences [B, T, E] and images as vectors [B, T*E]."""
    return tf.concat([flat(v) for v in several(values)], -1)


def several(values):
    """The values that a layer gets, as a list or tuple where it is one alone."""
    return values if isinstance(values, list | tuple) else [values]


def flat(value: tf.Tensor) -> tf.Tensor:
    """[B, T, E] -> [B, T*E], likewise images; [B, D] as it is."""
    return tf.reshape(value, [-1, math.prod(value.shape[1:])]) if value.shape.rank > 2 else value
