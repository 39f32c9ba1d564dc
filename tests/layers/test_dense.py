"""Dense networks, of vectors and of images."""

import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.data import Description
from graphical_gan.instances import gmgan, style, tree
from graphical_gan.layers.dense import DenseNetworks
from graphical_gan.runs.description import parameter_count
from graphical_gan.settings import recipes
from tests.helpers import TINY

VECTORS = DenseNetworks(**dataclasses.asdict(TINY) | {"image_shape": (3,), "output": "linear"})
IMAGES = DenseNetworks(**dataclasses.asdict(TINY))
TABLE = Description((3,), 20, 5, 5, (-math.inf, math.inf), None, "", "")


def test_they_are_what_numpy_computes():
    network = dataclasses.replace(VECTORS, batch_norm=False).extractor(4)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    found = network((x[:, :1], x[:, 1:])).numpy()
    weights = [v.numpy() for v in network.weights]
    assert [w.shape for w in weights[::2]] == [(3, 16), (16, 16), (16, 4)]
    for w, b in zip(weights[0:4:2], weights[1:4:2], strict=True):
        x = x @ w + b
        x = np.maximum(x, 0.2 * x)
    np.testing.assert_allclose(found, x @ weights[4] + weights[5], atol=1e-5)


@pytest.mark.parametrize(("networks", "shape"), [(VECTORS, (3,)), (IMAGES, (8, 8, 1))])
def test_a_game_of_them_plays(networks, shape):
    game = gmgan.build("gmgan-l", networks, 5, "concrete", 0.1)
    assert game.model.generative["x"](tf.ones([2, 6])).shape == (2, *shape)
    found = parameter_count(game.factors.trainable_variables)
    one = lambda inputs: (inputs + 1) * 8 + 2 * 9 * 8 + 9  # noqa: E731 -- three layers of 8 units and a logit
    assert found == one(6 + 5) + one(6 + math.prod(shape))


@pytest.mark.parametrize("instance", [gmgan, tree, style])
def test_instances_take_tables(instance):
    model = {gmgan: "gmgan-l", tree: "tree", style: "style"}[instance]
    small = {"dataset": "table", "model": model, "width": 2, "units": 8, "latent": 6, "K": 10}
    settings = recipes.GMGAN.resolve(small)
    assert settings["networks"] == "dense" and settings["views"] == "none"
    assert instance.from_settings(settings, TABLE).model.generative["x"].of_shape == (3,)
    with pytest.raises(ValueError, match="--networks=paper for vectors of length 3; expected.*Give --networks=dense"):
        instance.from_settings(settings | {"networks": "paper"}, TABLE)
