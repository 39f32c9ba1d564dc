"""From 8-bit images to the values that a network sees, and back."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Scaling:
    """An affine map from [0, 255] to a network's range, with or without dequantisation noise.

    Attributes:
        low: what black becomes.
        high: the other end of the range.
        levels: the value that becomes `high`: 255, or 256 where noise fills the last step.
        noise: upper end of the uniform noise that is added; 0 is none.
    """

    low: float
    high: float
    levels: int = 255
    noise: float = 0.0

    def to_network(self, images, seed) -> tf.Tensor:
        """See `Dataset.to_network`."""
        unit = tf.cast(images, tf.float32) / self.levels
        values = self.low + (self.high - self.low) * unit
        if not self.noise:
            return values
        return values + tf.random.stateless_uniform(tf.shape(values), seed, 0.0, self.noise)

    def from_network(self, images) -> tf.Tensor:
        """See `Dataset.from_network`."""
        unit = (tf.cast(images, tf.float32) - self.low) / (self.high - self.low)
        return tf.clip_by_value(unit, 0.0, 1.0)


UNIT = Scaling(0.0, 1.0)
SYMMETRIC = Scaling(-1.0, 1.0)
DEQUANTISED = Scaling(-1.0, 1.0, levels=256, noise=1 / 128)  # one level is 2 / 256 wide

SCALINGS = {
    "digits": UNIT,
    "mnist": UNIT,
    "fashion_mnist": UNIT,
    "svhn_cropped": SYMMETRIC,
    "cifar10": SYMMETRIC,
    "celeb_a": DEQUANTISED,
    "folder": SYMMETRIC,
}
