"""The range that networks see images or vectors in: what maps data to it, and the one way back to [0, 1].

From [0, 1] to 8 bits it is `pictures.grids.to_uint8`.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from graphical_gan.common.units import deviations


@dataclasses.dataclass(frozen=True)
class Scaling:
    """An affine map from images to a network's range, with or without dequantisation noise.

    Attributes:
        low: what black becomes.
        high: the other end of the range.
        levels: the 8-bit value that becomes `high`: 255, or 256 where noise fills the last step.
        noise: upper end of the uniform noise that is added to 8-bit images; 0 is none.
    """

    low: float
    high: float
    levels: int = 255
    noise: float = 0.0

    def to_network(self, images, seed) -> tf.Tensor:
        """8-bit images [..., H, W, C] in the network's range; see `Dataset.to_network`."""
        values = self._stretched(tf.cast(images, tf.float32) / self.levels)
        if not self.noise:
            return values
        return values + tf.random.stateless_uniform(tf.shape(values), seed, 0.0, self.noise)

    def unit_to_network(self, images) -> tf.Tensor:
        """Images in [0, 1] in the network's range, without noise."""
        return self._stretched(images * (255 / self.levels))

    def from_network(self, images) -> tf.Tensor:
        """What a network sees or draws, in [0, 1]; values outside are clipped. It undoes `unit_to_network`."""
        share = (tf.cast(images, tf.float32) - self.low) / (self.high - self.low)
        return tf.clip_by_value(share * (self.levels / 255), 0.0, 1.0)

    def for_errors(self, images) -> tf.Tensor:
        """What a network sees or draws in the unit that errors are counted in: images in [0, 1]."""
        return self.from_network(images)

    def _stretched(self, share):
        return self.low + (self.high - self.low) * share


@dataclasses.dataclass(frozen=True, eq=False)
class Standardised:
    """Vectors whose elements have units of their own: a network sees each in standard deviations from its mean.

    Attributes:
        mean: float32 [D].
        deviation: float32 [D], above 0.
    """

    mean: np.ndarray
    deviation: np.ndarray
    low, high = -np.inf, np.inf

    @classmethod
    def of(cls, vectors: np.ndarray) -> "Standardised":
        """By the means and deviations of some vectors [N, D]; an element that never changes keeps its unit."""
        return cls(vectors.mean(0, dtype=np.float64).astype(np.float32), deviations(vectors).astype(np.float32))

    def to_network(self, vectors, seed) -> tf.Tensor:
        """As a network sees them; there is no noise."""
        return self.unit_to_network(tf.cast(vectors, tf.float32))

    def unit_to_network(self, vectors) -> tf.Tensor:
        """As a network sees them."""
        return (vectors - self.mean) / self.deviation

    def from_network(self, vectors) -> tf.Tensor:
        """What a network sees or draws, in the units of the data."""
        return tf.cast(vectors, tf.float32) * self.deviation + self.mean

    def for_errors(self, vectors) -> tf.Tensor:
        """What a network sees or draws in the unit that errors are counted in: standard deviations."""
        return tf.cast(vectors, tf.float32)


UNIT = Scaling(0.0, 1.0)
SYMMETRIC = Scaling(-1.0, 1.0)
DEQUANTISED = Scaling(-1.0, 1.0, levels=256, noise=1 / 128)  # one level is 2 / 256 wide; celeb_a (released code)
RENDERS = Scaling(-1.0, 1.0, levels=256)  # 2 (x / 256 - 1 / 2), as the released code scales chairs; no noise


def of_arrays(examples: np.ndarray) -> Scaling | Standardised:
    """What suits arrays of a user: grey images, coloured ones [N, H, W, C], or vectors [N, D]."""
    if examples.ndim == 2:
        return Standardised.of(examples)
    return UNIT if examples.shape[-1] == 1 else SYMMETRIC
