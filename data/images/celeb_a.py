"""CelebA: 202,599 aligned faces of 218 x 178, cropped and shrunk to 64 x 64 while they stream in."""

import tensorflow as tf

from graphical_gan.data import prepared
from graphical_gan.data.request import Request
from graphical_gan.data.splits import Source, fixed_order


def read(request: Request) -> Source:
    """Read all faces into one array of 2.5 GB; the makers' own splits are joined and drawn anew."""
    builder = prepared.open_builder(request)
    with prepared.reading(builder):
        dataset = prepared.examples(builder, "train+validation+test", ("image",))
        faces = dataset.map(lambda example: {"image": CROPS[request.crop](example["image"])}, tf.data.AUTOTUNE)
        return Source.of(prepared.in_memory(faces, fixed_order(int(dataset.cardinality()))), request.known)


def crop_released(image: tf.Tensor) -> tf.Tensor:
    """Shrink the width of uint8 [218, 178, 3] to 64 and keep rows 7 to 70 of the 78, as the released code does."""
    return _shrink(image, (78, 64))[7:71]  # 78 is the integer part of 218 * 64 / 178


def crop_paper(image: tf.Tensor) -> tf.Tensor:
    """Take the largest central square and shrink it to 64 x 64, which is how the paper's words are read here."""
    return _shrink(image[20:198], (64, 64))


CROPS = {"released": crop_released, "paper": crop_paper}


def _shrink(image, size):
    small = tf.image.resize(image, size, tf.image.ResizeMethod.BILINEAR, antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(small), 0.0, 255.0), tf.uint8)
