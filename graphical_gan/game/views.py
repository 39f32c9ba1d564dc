"""Second views of images: random shifts, rotations, crops, colours, as functions of tensors and of a stream.

Augmentations in the manner of SimCLR (Chen et al. 2020, appendix A), drawn without state and made of gathers and sums,
which XLA compiles. B batch, H W C image.
"""

import math

import tensorflow as tf

from graphical_gan.engine import Stream

# At strength 1. For handwriting: of each side, degrees, of the size, tangent.
SHIFT, ROTATION, SCALE, SHEAR = 3 / 28, 20.0, 0.15, 0.2
MOST_SHIFT = 1 / 8  # of each side, as in DiffAugment
# For photographs: least side of a crop, most change of brightness, contrast and colour, share that turns grey.
CROP, COLOUR, GREY = 0.4, 0.4, 0.2


def affine(images: tf.Tensor, strength: float, stream: Stream) -> tf.Tensor:
    """Images moved, turned, scaled and sheared at random about their centres; what comes in is background.

    Use it for handwriting and other drawings on an even ground. The background is the least value of each image, so
    that it fits any range of pixels.

    Args:
        strength: 1 moves by up to 3 pixels of 28 along each axis, and turns by up to 20 degrees, scales by up to 15%
            and shears by up to 0.2; other numbers are multiples of these, 0 leaves the images as they are.

    Returns:
        [B, H, W, C], in the range of the images.
    """
    rows = tf.shape(images)[0]
    draws = strength * (2 * stream.at("affine").uniform([rows, 6]) - 1)  # in [-strength, strength]
    down, right, turn, larger, wider, shear = tf.unstack(draws, axis=1)
    size, ratio = tf.exp(SCALE * larger), tf.exp(SCALE / 2 * wider)
    angle = math.radians(ROTATION) * turn
    cos, sin = tf.cos(angle), tf.sin(angle)
    # Where the pixel (row, column) of a view is taken from: rotation, times shear, times scales.
    matrix = [[cos * size * ratio, (SHEAR * shear * cos - sin) * size / ratio]]
    matrix += [[sin * size * ratio, (SHEAR * shear * sin + cos) * size / ratio]]
    height, width = images.shape[1:3]
    moved = [SHIFT * height * down, SHIFT * width * right]
    offset = [-line[0] * moved[0] - line[1] * moved[1] for line in matrix]
    ground = tf.reduce_min(images, [1, 2, 3], keepdims=True)
    return ground + resample(images - ground, matrix, offset)


def shift(images: tf.Tensor, strength: float, stream: Stream) -> tf.Tensor:
    """Images moved at random along both axes; what comes in is background, as in `affine`.

    Args:
        strength: 1 moves by up to an eighth of each side; other numbers are multiples of that.

    Returns:
        [B, H, W, C], in the range of the images.
    """
    down, right = tf.unstack(2 * stream.at("shift").uniform([tf.shape(images)[0], 2]) - 1, axis=1)
    return _moved(images, strength, down, right, tf.ones_like(down))


def mirror(images: tf.Tensor, strength: float, stream: Stream) -> tf.Tensor:
    """As `shift`, and half of the images mirrored, left to right."""
    down, right, side = tf.unstack(2 * stream.at("mirror").uniform([tf.shape(images)[0], 3]) - 1, axis=1)
    return _moved(images, strength, down, right, tf.where(side < 0, -1.0, 1.0))


def _moved(images, strength, down, right, side):
    """Images moved by shares of `MOST_SHIFT`, and mirrored where the side is -1."""
    height, width = images.shape[1:3]
    none = tf.zeros_like(down)
    offset = [strength * MOST_SHIFT * size * share for size, share in ((height, down), (width, right))]
    ground = tf.reduce_min(images, [1, 2, 3], keepdims=True)
    return ground + resample(images - ground, [[tf.ones_like(down), none], [none, side]], offset)


def photo(images: tf.Tensor, strength: float, stream: Stream) -> tf.Tensor:
    """Crops of images, half of them mirrored, with other brightness, contrast and colours, a fifth of them grey.

    Use it for photographs. A crop is enlarged to the size of the image.

    Args:
        strength: 1 crops to between 40% and all of each side and changes brightness, contrast and saturation by up to
            40%; other numbers are multiples of these changes, 0 leaves all but mirror images and grey ones away.

    Returns:
        [B, H, W, C], within the range of each image.
    """
    rows = tf.shape(images)[0]
    height, width = images.shape[1:3]
    side, down, right, mirror = tf.unstack(stream.at("crop").uniform([rows, 4]), axis=1)
    side = tf.maximum(1 - strength * (1 - CROP) * side, 0.1)
    mirrored = tf.where(mirror < 0.5, -1.0, 1.0)
    none = tf.zeros_like(side)
    matrix = [[side, none], [none, side * mirrored]]
    offset = [(1 - side) * height * (down - 0.5), (1 - side) * width * (right - 0.5)]
    return _colours(resample(images, matrix, offset), strength, stream.at("colour").uniform([rows, 4]))


def _colours(images, strength, draws):
    """Brightness, contrast and saturation changed by the first three of `draws` [B, 4], grey where the last says so."""
    low, high = (reduce(images, [1, 2, 3], keepdims=True) for reduce in (tf.reduce_min, tf.reduce_max))
    changes = 1 + strength * COLOUR * (2 * draws[:, :3] - 1)
    brightness, contrast, saturation = (c[:, None, None, None] for c in tf.unstack(changes, axis=1))
    saturation = tf.where(draws[:, 3][:, None, None, None] < GREY, 0.0, saturation)
    images = low + (images - low) * brightness
    mean = tf.reduce_mean(images, [1, 2, 3], keepdims=True)
    images = mean + (images - mean) * contrast
    grey = tf.reduce_mean(images, 3, keepdims=True)
    return tf.clip_by_value(grey + (images - grey) * saturation, low, high)


def by_colour(images: tf.Tensor, strength: float, stream: Stream) -> tf.Tensor:
    """`photo` of images with colours, `affine` of grey ones, which are drawings more often than not."""
    return (affine if images.shape[3] == 1 else photo)(images, strength, stream)


def resample(images: tf.Tensor, matrix: list[list[tf.Tensor]], offset: list[tf.Tensor]) -> tf.Tensor:
    """Images read at other places, by bilinear interpolation; 0 beyond the border.

    Args:
        matrix: 2 x 2 of [B]: the pixel at (row, column) from the centre is read at matrix (row, column) + offset.
        offset: 2 of [B], in pixels.

    Returns:
        [B, H, W, C].
    """
    height, width, channels = images.shape[1:]
    row = tf.range(height, dtype=tf.float32)[:, None] - (height - 1) / 2
    column = tf.range(width, dtype=tf.float32)[None] - (width - 1) / 2
    each = [[entry[:, None, None] for entry in line] for line in (*matrix, offset)]
    at_row = each[0][0] * row + each[0][1] * column + each[2][0] + (height - 1) / 2  # [B, H, W]
    at_column = each[1][0] * row + each[1][1] * column + each[2][1] + (width - 1) / 2
    pixels = tf.reshape(images, [-1, height * width, channels])
    top, left = tf.floor(at_row), tf.floor(at_column)
    read = []
    for r, of_row in ((top, 1 - (at_row - top)), (top + 1, at_row - top)):
        for c, of_column in ((left, 1 - (at_column - left)), (left + 1, at_column - left)):
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
            place = tf.clip_by_value(r, 0, height - 1) * width + tf.clip_by_value(c, 0, width - 1)
            found = tf.gather(pixels, tf.cast(tf.reshape(place, [-1, height * width]), tf.int32), batch_dims=1)
            share = tf.where(inside, of_row * of_column, 0.0)
            read.append(tf.reshape(share, [-1, height * width, 1]) * found)
    return tf.reshape(tf.add_n(read), [-1, height, width, channels])
