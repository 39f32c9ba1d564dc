"""Networks of a canvas at a place: the filters against numpy, what is written and read again, and windows of frames."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.layers import clips
from graphical_gan.layers.placed import SHARPEST, Place, PlacedExtractor, PlacedGenerator

SIDE, CANVAS = 16, 8


def place(corner, blur=0.0, layer=None):
    """The layer, which puts the corner of the canvas at one place whatever v is."""
    layer = layer or Place(SIDE, CANVAS)
    layer(tf.zeros([1, 3]))
    layer.corner.kernel.assign(tf.zeros_like(layer.corner.kernel))
    layer.corner.bias.assign(np.arctanh((np.float32(corner) / 4 - 1) / 1.25))  # 4 pixels from the middle to the border
    layer.blur.assign(blur)
    return layer


def test_filters_are_gaussians_around_the_corner():
    found = place((3.0, 5.5), blur=1.5)(tf.zeros([2, 3]))
    assert found.shape == (2, 2, SIDE, CANVAS)
    for axis, corner in enumerate((3.0, 5.5)):
        for k in range(CANVAS):
            weights = np.exp(-((np.arange(SIDE) - corner - k) ** 2) / (2 * (1.5**2 + SHARPEST**2)))
            np.testing.assert_allclose(found[0, axis, :, k], weights / (weights.sum() + 1e-3), atol=1e-5)


@pytest.mark.parametrize(("output", "low"), [("sigmoid", 0.0), ("tanh", -1.0)])
def test_a_canvas_is_drawn_at_its_place_on_black(output, low):
    generator = PlacedGenerator((SIDE, SIDE, 2), output)
    h, v = tf.random.stateless_normal([3, 4], [0, 1]), tf.zeros([3, 3])
    generator((h, v))
    place((5.0, 2.0), layer=generator.place)
    frame = (generator((h, v)).numpy() - low) / (1 - low)
    canvas = tf.nn.sigmoid(generator.shape(generator.hidden(h)) - 1.0)
    np.testing.assert_allclose(
        frame[:, 5 : 5 + CANVAS, 2 : 2 + CANVAS], tf.reshape(canvas, [3, CANVAS, CANVAS, 2]), atol=0.02
    )
    frame[:, 5 : 5 + CANVAS, 2 : 2 + CANVAS] = 0
    np.testing.assert_allclose(frame, 0, atol=0.01)


def test_content_is_read_where_it_was_drawn():
    """The same picture at any place, in any range, gives the same h; another picture another."""
    pictures = np.random.RandomState(0).rand(2, CANVAS, CANVAS, 1)
    found = []
    for corner in ((0, 0), (5, 2), (8, 8)):
        clip = np.zeros((2, 4, SIDE, SIDE, 1), np.float32)
        clip[:, :, corner[0] : corner[0] + CANVAS, corner[1] : corner[1] + CANVAS] = pictures[:, None]
        for output, seen in (("sigmoid", clip), ("tanh", 2 * clip - 1)):
            keras.utils.set_random_seed(0)
            q = PlacedExtractor(place(corner), 5, output)((tf.constant(seen), tf.zeros([2, 4, 3])))
            found.append(q.mean())
    for h in found[1:]:
        np.testing.assert_allclose(h, found[0], atol=0.02)
    assert np.abs(found[0][0] - found[0][1]).max() > 0.1


def test_places_have_gradients_from_afar_and_stay_in_sight():
    """A canvas that covers a quarter of where it should be moves there; none leaves the frame, whatever v is."""
    generator = PlacedGenerator((SIDE, SIDE, 1), "sigmoid")
    h, v = tf.zeros([1, 4]), tf.ones([1, 3])
    generator((h, v))
    generator.shape.bias.assign(4 * tf.ones_like(generator.shape.bias))
    target = np.zeros((1, SIDE, SIDE, 1), np.float32)
    target[:, 8:, 8:] = 1
    weights, optimizer = generator.place.trainable_variables, keras.optimizers.Adam(0.01)
    optimizer.build(weights)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            cost = tf.reduce_mean((generator((h, v)) - target) ** 2)
        optimizer.apply(tape.gradient(cost, [w.value for w in weights]), weights)

    def corner():
        first = generator.place(v)[0, :, :, 0].numpy()  # where the first row and column of the canvas go
        return first @ np.arange(SIDE) / first.sum(1)

    assert np.abs(corner() - 4).max() < 1.5
    for _ in range(200):
        step()
    np.testing.assert_allclose(corner(), 8, atol=1)
    far = generator.place(1e4 * tf.random.stateless_normal([50, 3], [0, 1]))
    assert np.min(tf.reduce_sum(far, [2, 3])) > CANVAS - 2


def test_a_window_sees_the_frames_around_and_the_ends_again():
    window, u = clips.Window(2, 8), tf.random.stateless_normal([3, 6, 4], [0, 1])
    steps = tf.tile(tf.eye(6), [3, 1])
    found = tf.reshape(window((tf.repeat(u, 6, axis=0), steps)), [3, 6, 2])
    for t in range(6):
        around = [min(max(s, 0), 5) for s in range(t - clips.AROUND, t + clips.AROUND + 1) if s != t]
        seen = tf.concat([u[:, t], *[clips.SHARPENED * (u[:, s] - u[:, t]) for s in around]], -1)
        np.testing.assert_allclose(found[:, t], window.dense(window.hidden(seen)), rtol=1e-4, atol=1e-5)


def test_a_bounded_transition_goes_no_further_than_its_bound():
    for skip, least, most in (("identity", clips.BOUND, np.inf), ("bounded", 0, clips.BOUND)):
        transition = clips.Transition(2, 8, skip, "he_uniform")
        far = transition((100 * tf.ones([1, 2]), tf.zeros([1, 2])))
        assert least <= np.abs(far).max() <= most
