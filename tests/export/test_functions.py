"""What an export takes and refuses, what it says of itself, and that servers and Keras find it."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.common import scaling
from graphical_gan.export.clips import ClipFunctions
from graphical_gan.export.images import ImageFunctions
from graphical_gan.export.saved_models import load_saved_model
from graphical_gan.export.saving import export
from tests.helpers import SHAPE, tiny_gmgan
from tests.instances import test_ssgan

ABOUT = {"settings": {"K": 5}, "image_shape": list(SHAPE), "label_names": ["ant", "bee"]}
IMAGES = np.random.default_rng(0).uniform(size=(3, *SHAPE)).astype(np.float32)
CLIPS = np.random.default_rng(0).uniform(size=(3, *test_ssgan.SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "saved_model"
    export(ImageFunctions(tiny_gmgan().model, SHAPE, scaling.UNIT, ABOUT), path)
    return path


@pytest.fixture(scope="module")
def model(saved):
    return load_saved_model(saved)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "saved_model"
    export(ClipFunctions(test_ssgan.tiny().model, test_ssgan.SHAPE[1:], scaling.SYMMETRIC), path)
    return load_saved_model(path)


def refused(message):
    return pytest.raises(tf.errors.InvalidArgumentError, match=message)


BAD = (255 * IMAGES, np.round(255 * IMAGES).astype(np.uint8), IMAGES - 0.5, np.where(IMAGES > 0.9, np.nan, IMAGES))


@pytest.mark.parametrize("bad", BAD)
def test_images_outside_of_the_range_are_refused(model, bad):
    for call in (model.infer, model.reconstruct, lambda x: model.interpolate(IMAGES, x, 3)):
        with refused(r"values outside of \[0, 1\].*expected float32. Divide 8 bits by 255"):
            call(bad)


def test_clips_outside_of_the_range_are_refused(clips):
    for call in (
        clips.infer,
        clips.reconstruct,
        lambda x: clips.motion_analogy(x, CLIPS),
        lambda x: clips.continue_(2, x),
    ):
        with refused(r"values outside of \[0, 1\]"):
            call(255 * CLIPS)


def test_a_little_beyond_is_left_by_resizing(model):
    model.infer(IMAGES * 0 + 1.0001)


def test_empty_batches_give_empty_answers(model, clips):
    none = IMAGES[:0]
    found, some = model.infer(none), model.infer(IMAGES)
    assert {n: v.shape for n, v in found.items()} == {n: (0, *v.shape[1:]) for n, v in some.items()}
    assert model.reconstruct(none).shape == (0, *SHAPE) and model.interpolate(none, none, 4).shape == (0, 4, *SHAPE)
    none = CLIPS[:0]
    assert clips.infer(none)["h"].shape[0] == 0 and clips.reconstruct(none).shape == none.shape
    assert clips.motion_analogy(none, none).shape == none.shape
    assert clips.continue_(2, none).shape == (0, 2, *test_ssgan.SHAPE[1:])


@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 8, 3)])
def test_no_samples_are_drawn_of_any_size(shape):
    """TensorFlow's convolutions of no images have as many channels as the images, which an addition then refuses."""
    model = tiny_gmgan(image_shape=shape).model
    sample = ImageFunctions(model, shape, scaling.UNIT).sample
    assert sample(0, -1, 0).shape == (0, *shape) and sample(1, -1, 0).shape == (1, *shape)


def test_batches_of_different_sizes_are_refused(model, clips):
    with refused("different numbers of examples.*expected equal ones. Cut the longer"):
        model.interpolate(IMAGES, IMAGES[:2], 3)
    with refused("different numbers of examples"):
        clips.motion_analogy(CLIPS, CLIPS[:1])


@pytest.mark.parametrize("arguments", [{"seed": 2**40}, {"seed": -1}, {"k": 2**32 + 1}, {"k": -2}, {"k": 5}])
def test_numbers_out_of_range_are_refused(model, arguments):
    (name,) = arguments
    with refused(f"{name} is.*expected"):
        model.sample(2, **arguments)


def test_numbers_of_other_clips_and_points_are_refused(model, clips):
    for call in (
        lambda: clips.sample(2, 0),
        lambda: clips.continue_(0, CLIPS),
        lambda: model.interpolate(IMAGES, IMAGES, 0),
    ):
        with refused("is.*expected 1 to 2147483647"):
            call()
    assert model.sample(0).shape == (0, *SHAPE)


def test_an_export_says_what_it_is(model):
    assert json.loads(model.about().numpy()) == ABOUT


def test_keras_and_servers_find_what_they_look_for(saved, model):
    expected = model.infer(IMAGES)
    served = tf.saved_model.load(str(saved)).signatures["serving_default"](images=tf.constant(IMAGES))
    layer = keras.layers.TFSMLayer(str(saved), call_endpoint="serving_default")(IMAGES)
    by_default = keras.layers.TFSMLayer(str(saved))(IMAGES)
    for found in (served, layer, by_default):
        assert found.keys() == expected.keys()
        np.testing.assert_allclose(found["h"], expected["h"], rtol=1e-5)
