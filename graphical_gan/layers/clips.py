"""Networks of SSGAN that see more than one frame (Tables 5 and 6), and its transition.

B batch, T frames, H W C frame, D latent.
"""

import keras
import tensorflow as tf

from graphical_gan.layers.images import (
    EXACT,
    MLP,
    SLOPE,
    Extractor,
    Features,
    StridedUniform,
    dropout,
    flat,
    several,
    stages,
)

# Time strides of the 3-D convolutions, by number of frames (released code; the paper prints 2 throughout).
TIME_STRIDES = {4: (2, 1, 2, 1), 16: (2, 2, 2, 2), 31: (4, 2, 2, 2)}
BOUND = 4.0  # of a bounded transition, in deviations of the prior of v[1]
AROUND = 3  # frames before and after that a window sees
SHARPENED = 4.0  # by which their differences from the frame itself are multiplied, as motion is small beside place


def stack(clip: tf.Tensor) -> tf.Tensor:
    """[B, T, H, W, C] -> [B, H, W, T*C], channel t*C + c: a clip as one image."""
    shape = stacked(clip.shape[2:], clip.shape[1])
    return tf.reshape(tf.transpose(clip, [0, 2, 3, 1, 4]), [-1, *shape])


def stacked(image_shape: tuple[int, int, int], length: int) -> tuple[int, int, int]:
    """Shape (H, W, T*C) of a stacked clip of so many frames of (H, W, C)."""
    height, width, channels = image_shape
    return height, width, length * channels


class Transition(keras.layers.Layer):
    """v' = O(v, e): two dense layers and a linear one, plus v itself or a linear layer of it (Table 5).

    It serves recognition too, with features of a frame in the place of the noise.

    Args:
        skip: "identity", "linear", or "bounded": v itself, and the sum is kept within +-`BOUND`, smoothly.
        weights: initial ones, "glorot_uniform" as released; "he_uniform" starts with larger steps.
    """

    def __init__(self, size: int, units: int, skip: str, weights: str):
        super().__init__(dtype=EXACT)  # rounding would add up over time
        self.hidden = MLP([units, units], weights=weights)
        self.linear = keras.layers.Dense(size, kernel_initializer=weights, dtype=EXACT)
        self.skip = keras.layers.Dense(size, dtype=EXACT) if skip == "linear" else keras.layers.Identity(dtype=EXACT)
        self.bounded = skip == "bounded"

    def call(self, parents, training=False):
        # ([B, D], [B, E]) -> [B, D]
        v, _ = parents
        after = self.linear(self.hidden(tf.concat(parents, -1))) + self.skip(v)
        return BOUND * tf.tanh(after / BOUND) if self.bounded else after


class Window(keras.layers.Layer):
    """v[t] from features u of the frames around t: those of `AROUND` steps before and after, the first and last again.

    So v[t] can hold where something is and where it goes, which one frame does not show.
    """

    def __init__(self, size: int, units: int):
        super().__init__()
        self.hidden = MLP([units], weights="he_uniform")
        self.dense = keras.layers.Dense(size, dtype=EXACT)

    def call(self, parents, training=False):
        # [B, T, E] and the step as a one-hot vector [B, T] -> [B, D]
        u, step = parents
        at = tf.argmax(step, 1, tf.int32)[:, None]
        near = tf.clip_by_value(at + [n for n in range(-AROUND, AROUND + 1) if n], 0, tf.shape(u)[1] - 1)
        now, around = (tf.gather(u, frames, batch_dims=1) for frames in (at, near))  # [B, 1, E], [B, 2 AROUND, E]
        return self.dense(self.hidden(flat(tf.concat([now, SHARPENED * (around - now)], 1))))


class ClipExtractor(Extractor):
    """h = E1(x[1:T]), frames stacked as channels; other variables join before the linear layer (Table 5)."""

    def call(self, inputs, training=False):
        # [B, T, H, W, C], or that and [B, T, E] or [B, L]... in any order -> [B, D]
        return super().call([stack(v) if v.shape.rank == 5 else flat(v) for v in several(inputs)], training=training)


class StackedFeatures(Features):
    """Features of a clip whose frames are stacked as channels: ConcatX (Table 6); `image_shape` is the stack's."""

    def call(self, clip, stream=None, training=False):
        return super().call(stack(clip), stream=stream, training=training)


class FrameFeatures(Features):
    """Features of each frame, made vectors by a convolution of a whole map, 4x4, side by side: ConcatZ (section 5.2).

    Args:
        image_shape, width, batch_norm, dropout: of `Features`.
    """

    def __init__(self, size: int, image_shape, width: int, batch_norm: bool, dropout: float):
        super().__init__(image_shape, width, batch_norm, dropout)
        self.side = -(-image_shape[0] // 2 ** stages(image_shape[0]))  # 4, or 3 where halving the image misses it
        self.vector = keras.layers.Conv2D(size, self.side, kernel_initializer=StridedUniform((1, 1)))

    def call(self, clip, stream=None, training=False):
        frames = tf.reshape(clip, [-1, *clip.shape[2:]])
        features = super().call(frames, stream=stream, training=training)
        maps = tf.reshape(features, [-1, self.side, self.side, features.shape[1] // self.side**2])
        vectors = self.vector(maps)  # [B*T, 1, 1, D]
        return tf.reshape(vectors, [-1, clip.shape[1] * vectors.shape[-1]])


class VolumeFeatures(keras.layers.Layer):
    """Features of a clip by 4x4x4 convolutions of stride 2 in space: 3DCNN (Table 6).

    Args:
        length: T, one of `TIME_STRIDES`.
        width: channels of the first of the four feature maps.

    Raises:
        ValueError: for a T without strides.
    """

    def __init__(self, length: int, width: int, dropout: float):
        super().__init__()
        if length not in TIME_STRIDES:
            allowed = ", ".join(map(str, TIME_STRIDES))
            raise ValueError(f"--T={length} has no sizes for --model=3dcnn; it has them for T = {allowed}. Choose one.")
        self.convolutions = [
            keras.layers.Conv3D(
                width * 2**i, 4, (stride, 2, 2), "same", kernel_initializer=StridedUniform((stride, 2, 2))
            )
            for i, stride in enumerate(TIME_STRIDES[length])
        ]
        self.dropout = dropout

    def call(self, clip, stream=None, training=False):
        for i, convolve in enumerate(self.convolutions):
            clip = dropout(tf.nn.leaky_relu(convolve(clip), SLOPE), self.dropout, stream, i, training)
        return flat(clip)
