"""The range that networks see images in: what maps 8-bit images and [0, 1] to it, and the one way back."""

import dataclasses

import tensorflow as tf


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

    def _stretched(self, share):
        return self.low + (self.high - self.low) * share


UNIT = Scaling(0.0, 1.0)
SYMMETRIC = Scaling(-1.0, 1.0)
DEQUANTISED = Scaling(-1.0, 1.0, levels=256, noise=1 / 128)  # one level is 2 / 256 wide; celeb_a (released code)
RENDERS = Scaling(-1.0, 1.0, levels=256)  # 2 (x / 256 - 1 / 2), as the released code scales chairs; no noise
