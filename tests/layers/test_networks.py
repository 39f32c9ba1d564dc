"""The networks of the appendix, against the parameter totals of the released code, and their initial weights."""

import types

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data
from graphical_gan.data import IMAGE_SIZES
from graphical_gan.engine.randomness import make_stream
from graphical_gan.instances import gmgan
from graphical_gan.layers.clips import FrameFeatures
from graphical_gan.layers.images import Generator, StridedUniform, convolution, deconvolution, stages
from graphical_gan.runs.description import parameter_count
from graphical_gan.settings import recipes

# Totals of the released code: generator, extractor, means and discriminators; no moving averages.
TOTALS = {
    ("mnist", "gan-g"): 7_092_482,
    ("svhn_cropped", "gan-g"): 6_566_660,
    ("cifar10", "gan-g"): 6_576_004,
    ("celeb_a", "gan-g"): 6_713_156,
    ("mnist", "gmgan-l"): 7_177_475,
    ("mnist", "gmgan-g"): 6_585_602,
    ("svhn_cropped", "gmgan-l"): 7_190_533,
    ("cifar10", "gmgan-l"): 7_187_077,
    ("celeb_a", "gmgan-l"): 7_369_029,
}
PARTS = {"mnist": (1_562_753, 1_551_232), "cifar10": (1_565_955, 1_554_432), "celeb_a": (1_606_211, 1_602_496)}


def game(dataset, model):
    settings = recipes.GMGAN.resolve({"dataset": dataset, "model": model})
    game = gmgan.from_settings(settings, data.DESCRIPTIONS[dataset])
    return game


@pytest.mark.parametrize(("dataset", "model"), TOTALS)
def test_parameter_totals_of_the_released_code(dataset, model):
    found = game(dataset, model)
    total = sum(parameter_count(player.trainable_variables) for player in (found.model, found.factors))
    assert total == TOTALS[dataset, model]
    if dataset in PARTS:
        networks = found.model.generative["x"], found.model.recognition["h"]
        assert tuple(parameter_count(n.trainable_variables) for n in networks) == PARTS[dataset]


@pytest.mark.parametrize("size", [8, 16, 28, 32, 64])
@pytest.mark.parametrize(("output", "low"), [("sigmoid", 0), ("tanh", -1)])
def test_generator_shapes_and_ranges(size, output, low):
    images = Generator((size, size, 3), 2, output, True)(1e3 * tf.ones([2, 5]), training=False)
    assert images.shape == (2, size, size, 3)
    assert np.min(images) >= low and np.max(images) <= 1


@pytest.mark.parametrize("size", [5, 9, 11, 28, 64])
def test_frames_of_any_size_become_vectors(size):
    assert FrameFeatures(3, (size, size, 1), 2, False, 0.0)(tf.zeros([2, 4, size, size, 1])).shape == (2, 12)


def test_stages():
    assert [stages(n) for n in (8, 16, 28, 32, 64)] == [1, 2, 3, 3, 4]


def test_crop_to_seven_is_that_of_mnist():
    """Maps of 4, 7, 14, 28: the second is the top left of 8 x 8."""
    assert Generator((28, 28, 1), 2, "sigmoid", True).sizes == [7, 14, 28]


def test_initial_weights_have_the_stated_limit():
    # conv 5x5 stride 2, 16 -> 64: fan_in 400, fan_out 1600 / 4.
    kernel = convolution(64)
    kernel.build((None, 8, 8, 16))
    limit = np.sqrt(12 / (400 + 400))
    assert limit * 0.98 < np.abs(kernel.kernel.numpy()).max() <= limit
    # deconv 5x5 stride 2, 64 -> 16: fan_in 1600 / 4, fan_out 400; kernel stored [5, 5, out, in].
    kernel = deconvolution(16)
    kernel.build((None, 8, 8, 64))
    assert kernel.kernel.shape == (5, 5, 16, 64)
    assert limit * 0.98 < np.abs(kernel.kernel.numpy()).max() <= limit
    draws = [StridedUniform((2, 2))((5, 5, 4, 4)).numpy() for _ in range(2)]
    assert not np.array_equal(*draws)


def test_table_of_means_starts_standard_normal():
    means = game("mnist", "gmgan-l").model.generative["h"].means.numpy()
    assert abs(means.mean()) < 0.1 and abs(means.std() - 1) < 0.1


def test_recipes_are_on_their_side():
    released, paper = (recipes.GMGAN.resolve({"recipe": recipe}) for recipe in ("released", "paper"))
    assert (released["dropout"], released["update_order"]) == (0, "players_first")
    assert (paper["dropout"], paper["update_order"]) == (0.2, "discriminators_first")


def test_a_flag_without_effect_is_refused():
    with pytest.raises(ValueError, match="--relaxation=reinforce has no effect with --model=gan-g"):
        recipes.GMGAN.resolve({"model": "gan-g", "relaxation": "reinforce"})
    with pytest.raises(ValueError, match="--temperature=0.5 has no effect with --relaxation=reinforce"):
        recipes.GMGAN.resolve({"temperature": 0.5, "relaxation": "reinforce"})
    with pytest.raises(ValueError, match="--crop=paper has no effect with --dataset=digits"):
        recipes.GMGAN.resolve({"crop": "paper"})
    assert recipes.GMGAN.resolve({"dataset": "celeb_a", "recipe": "paper"})["crop"] == "paper"


def test_a_flag_wins_over_recipe_and_data_set():
    settings = recipes.GMGAN.resolve({"dataset": "mnist", "recipe": "paper", "dropout": 0.5, "K": 7})
    assert (settings["dropout"], settings["K"], settings["width"]) == (0.5, 7, 64)
    with pytest.raises(ValueError, match="--dataset=mnst is not allowed; it is one of digits, mnist"):
        recipes.GMGAN.resolve({"dataset": "mnst"})
    with pytest.raises(ValueError, match="--dropout=1.0 is out of range; it is at least 0 and below 1"):
        recipes.GMGAN.resolve({"dropout": 1.0})


@pytest.mark.parametrize("size", IMAGE_SIZES)
def test_images_of_ones_own_have_networks_of_every_size(size):
    given = {"dataset": "folder", "image_size": size, "width": 2, "units": 4, "latent": 3, "K": 4}
    data_spec = types.SimpleNamespace(image_shape=(size, size, 3), value_range=(-1.0, 1.0), classes=None)
    made = gmgan.from_settings(recipes.GMGAN.resolve(given), data_spec)
    p = made.model.generate(make_stream(0), 2).values
    assert p["x"].shape == (2, size, size, 3) and made.model.infer(p, make_stream(1)).values["h"].shape == (2, 3)
    assert [logit.shape for logit in made.factors.logits(made.factors.inputs(p), make_stream(2))] == [(2, 1)] * 2
    sizes = [
        next(knob.allowed for knob in i.knobs if knob.name == "image_size") for i in (recipes.GMGAN, recipes.SSGAN)
    ]
    assert sizes == [IMAGE_SIZES] * 2
