"""Plates that hold less than usual, and values that don't fit them."""

import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.common.scaling import UNIT
from graphical_gan.engine import GraphicalGAN, make_stream, priors
from graphical_gan.evaluation.image_study import check_data
from graphical_gan.evaluation.inference import prior
from graphical_gan.export.clips import ClipFunctions
from graphical_gan.export.variables import VariablesFunctions
from graphical_gan.game import Objective
from graphical_gan.graph import BayesianNetwork, Graph, Node, local_families
from graphical_gan.layers.dense import DenseNetworks
from tests.helpers import TINY, Dense, tiny_gmgan, tiny_state_space

STREAM = make_stream(0)
VECTORS = DenseNetworks((), 2, 2, 4, "linear", False, 0.0, False, 1)
CHAIN = BayesianNetwork([Node("v", ["v[t-1]"], plate=True), Node("x", ["v"], plate=True, observed=True)], length=2)


class Steps(Dense):
    """A vector from all steps of a variable."""

    def call(self, clip, training=False):
        return self.dense(tf.reshape(clip, [-1, clip.shape[1] * clip.shape[2]]))


def test_latents_alone_are_on_a_plate():
    network = BayesianNetwork([Node("z", plate=True), Node("x", ["z[1:T]"], observed=True)], length=3)
    q = Graph([Node("x", observed=True), Node("z", ["x"], plate=True)], 3)
    model = GraphicalGAN(network, {"z": priors.standard_normal(2), "x": Steps(4)}, {"z": Dense(2)}, q)
    Objective().game(model, local_families(network), VECTORS)
    found = model.infer({"x": tf.zeros([5, 4])}, STREAM).values
    assert found["z"].shape == model.generate(STREAM, 5).values["z"].shape == (5, 3, 2)


def test_two_steps_have_none_between_their_ends():
    """q of v looks back, and at the frame after it: both steps are ends, also where the number of rows is not known."""
    q = Graph([Node("x", observed=True, plate=True), Node("v", ["v[t-1]", "x", "x[t+1]"], plate=True)], 2)
    generative = {"v[1]": priors.standard_normal(2), "v": Dense(2), "x": Dense(3)}
    model = GraphicalGAN(CHAIN, generative, {name: Dense(2) for name in ("v", "v[1]", "v[T]")}, q)
    model.build()
    functions, clips = VariablesFunctions(model, {"x": (2, 3)}, {}), tf.random.stateless_normal([4, 2, 3], [0, 1])
    expected = model.infer({"x": clips}, STREAM).values["v"]
    np.testing.assert_allclose(functions.infer(clips)["v"], expected, rtol=1e-5)


def test_clips_shorter_than_a_lag_are_the_beginning_of_longer_ones():
    network = BayesianNetwork(
        [Node("v", ["v[t-3]"], plate=True), Node("x", ["v"], plate=True, observed=True)], length=8
    )
    q = Graph([Node("x", observed=True, plate=True), Node("v", ["x"], plate=True)], 8)
    firsts = {f"v[{i}]": priors.standard_normal(2) for i in (1, 2, 3)}
    frames = types.SimpleNamespace(shape=(4, 4, 1))
    model = GraphicalGAN(network, firsts | {"v": Dense(2), "x": Frame(*frames.shape)}, {"v": Frames(2)}, q)
    model.build()
    sample = ClipFunctions(model, frames.shape, UNIT).sample
    for T in (1, 2, 3):
        np.testing.assert_allclose(sample(2, T, 0), sample(2, 4, 0)[:, :T], rtol=1e-5)


class Frame(Dense):
    """An image from a vector."""

    def __init__(self, *shape):
        super().__init__(int(np.prod(shape)))
        self.shape = shape

    def call(self, v, training=False):
        return tf.reshape(self.dense(v), [-1, *self.shape])


class Frames(Dense):
    """A vector from an image."""

    def call(self, x, training=False):
        return self.dense(tf.reshape(x, [-1, int(np.prod(x.shape[1:]))]))


def test_a_recognition_graph_of_another_length_is_refused():
    q = Graph([Node("x", observed=True, plate=True), Node("v", ["x"], plate=True)], 5)
    generative = {"v[1]": priors.standard_normal(2), "v": Dense(2), "x": Dense(3)}
    with pytest.raises(ValueError, match=r"plate of length 5, the network one of 2; .* length=2"):
        GraphicalGAN(CHAIN, generative, {"v": Dense(2)}, q)


def test_values_of_other_rows_and_steps_are_refused():
    model = tiny_state_space().model
    drawn = model.generate(STREAM, 4).values
    model.generate(STREAM, 4, drawn)
    with pytest.raises(ValueError, match=r"^'h' is given with 1 rows; expected 4, as of the others"):
        model.generate(STREAM, 4, {"h": drawn["h"][:1]})
    with pytest.raises(ValueError, match=r"^'v' is given with 3 steps; expected 4"):
        model.generate(STREAM, 4, {"v": drawn["v"][:, :3]})
    with pytest.raises(ValueError, match=r"^'v' is given with 2 rows; expected 4"):
        model.generate(STREAM, 4, start={"v": drawn["v"][:2, 0]})
    with pytest.raises(ValueError, match="'v' in given and in start"):
        model.generate(STREAM, 4, {"v": drawn["v"]}, start={"v": drawn["v"][:, 0]})


def test_images_have_no_plate():
    network = BayesianNetwork([Node("z", plate=True), Node("x", ["z[1:T]"], observed=True)], length=3)
    with pytest.raises(ValueError, match="^The network has a plate, and a data set of images no steps"):
        check_data(types.SimpleNamespace(network=network), {"labels": None}, None, None)


def test_a_reconstruction_without_a_gradient_is_refused():
    class Bernoulli(Dense):
        def call(self, h, training=False):
            return tfd.Independent(tfd.Bernoulli(logits=self.dense(h), dtype=tf.float32), 1)

    network = BayesianNetwork([Node("h"), Node("x", ["h"], observed=True)])
    model = GraphicalGAN(network, {"h": priors.standard_normal(2), "x": Bernoulli(5)}, {"h": Dense(2)})
    chosen = {"reconstruction_weight": 1.0, "reconstruction_distance": "l2"}
    with pytest.raises(ValueError, match=r"^--reconstruction=both with 'x', whose samples of p have no gradient"):
        Objective(reconstruction="both", **chosen).game(model, local_families(network), VECTORS)
    Objective(reconstruction="h", **chosen).game(model, local_families(network), VECTORS)


def test_a_gradient_penalty_wants_discriminators_that_see_a_row_at_a_time():
    game = tiny_gmgan(image_shape=(16, 16, 1))
    normalised = dataclasses.replace(TINY, image_shape=(16, 16, 1), discriminator_batch_norm=True)
    with pytest.raises(ValueError, match=r"^--gradient_penalty=10.0 with batch normalisation in a discriminator"):
        Objective(gradient_penalty=10.0).game(game.model, game.factors.families, normalised)


def test_a_value_that_no_sample_has_is_not_impossible():
    """Of 5,000 values some are not among 2,000 samples."""
    draws = tf.one_hot(tf.range(2000) % 1000, 5000)
    model = types.SimpleNamespace(
        generative={"k": None}, generate=lambda *_: types.SimpleNamespace(values={"k": draws})
    )
    shares = prior(model, "k")
    assert shares.min() == pytest.approx(1 / 7000) and shares.max() == pytest.approx(3 / 7000)
    assert shares.sum() == pytest.approx(1)
