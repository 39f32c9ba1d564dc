"""Nodes without parents: inputs, whose values p takes from the data, and priors that learn."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.evaluation.inference import prior
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.families import families_of_both, local_families
from graphical_gan.training.gradients import BOTH, DISCRIMINATORS, PLAYERS, backward_by_player, backward_once
from graphical_gan.training.optimizers import adams
from graphical_gan.training.recalibration import Recalibration
from graphical_gan.training.trainer import Trainer
from tests.helpers import TINY, Dense

STREAM = make_stream(4)
CONDITIONAL = [Node("u", observed=True, input=True), Node("v", ["u"]), Node("x", ["v", "u"], observed=True)]
U = np.random.default_rng(0).normal(50, 1, size=[6, 2]).astype("float32")
X = np.random.default_rng(1).normal(size=[6, 3]).astype("float32")


class Noted(Dense):
    """A dense layer, normalised, that notes what it was called with."""

    def __init__(self, units):
        super().__init__(units)
        self.noted, self.normalise = [], keras.layers.BatchNormalization()

    def call(self, parents, training=False):
        self.noted.append(parents)
        return self.normalise(super().call(parents), training=training)


def conditional():
    """u -> v -> x <- u, and what p(v|u) was called with."""
    network = BayesianNetwork(CONDITIONAL)
    v = Noted(2)
    p = {"u": priors.standard_normal(2), "v": v, "x": Dense(3)}
    model = GraphicalGAN(network, p, {"v": Dense(2)})
    game = Objective().game(model, families_of_both(network, model.recognition_graph), TINY)
    v.noted.clear()
    return game, v.noted


def test_a_model_given_an_input():
    network = BayesianNetwork(CONDITIONAL)
    assert network.inputs == ("u",) and network.inverse().text("q") == "q(v|u,x)"
    assert network.inverse().unfaithful(network) == []
    assert [str(f) for f in local_families(network)] == ["(x, v, u)"]


def test_p_takes_inputs_from_the_data_in_training(monkeypatch):
    game, noted = conditional()
    scales = dict.fromkeys(BOTH, tf.constant(1.0))
    for backward in (backward_by_player, backward_once):
        backward(game, {"u": tf.constant(U), "x": tf.constant(X)}, STREAM, scales)
    monkeypatch.setattr(tf, "function", lambda function, **_: function)  # values are noted, and not a graph's
    Recalibration(game.model)([{"u": tf.constant(U), "x": tf.constant(X)}], STREAM)
    assert len(noted) >= 3
    for given in noted:
        np.testing.assert_array_equal(given, U)


def test_inputs_are_drawn_where_none_are_given_and_kept_in_reconstructions():
    game, noted = conditional()
    assert np.abs(game.model.generate(STREAM, 6).values["u"]).max() < 10
    again = game.model.reconstruct({"u": U, "x": X}, STREAM)
    np.testing.assert_array_equal(again["u"], U)
    np.testing.assert_array_equal(game.model.generate(STREAM, 6, {"u": U}).values["u"], U)
    assert len(noted) == 2


class Table(keras.layers.Layer):
    """p(x|k) = N(-2, 0 or 2, 0.1), held."""

    def call(self, k, training=False):
        return tfd.Independent(tfd.Normal(tf.matmul(k, [[-2.0], [0.0], [2.0]]), 0.1), 1)


def mixture():
    """k -> x with weights of k to be learned."""
    network = BayesianNetwork([Node("k"), Node("x", ["k"], observed=True)])
    p = {"k": Relaxed(keras.layers.Dense(3, use_bias=False, kernel_initializer="zeros")), "x": Table()}
    model = GraphicalGAN(network, p, {"k": Relaxed(Dense(3))})
    return Objective().game(model, local_families(network), TINY)


def test_the_weights_of_a_mixture_are_learned():
    """From data of weights 0.7, 0.2 and 0.1; p and q begin with equal ones."""
    game, steps = mixture(), 600
    assert np.abs(prior(game.model, "k") - 1 / 3).max() < 0.05
    optimizers = adams(game, 0.01, "float32", learning_rate_decay="linear", steps=steps)
    trainer = Trainer(
        game, optimizers, "alternating", "discriminators_first", "float32", 0, tf.distribute.get_strategy()
    )
    random = np.random.default_rng(0)
    k = random.choice(3, p=[0.7, 0.2, 0.1], size=[2 * steps, 64, 1])
    x = (2.0 * (k - 1) + random.normal(0, 0.1, k.shape)).astype("float32")
    trainer.run(iter(tf.data.Dataset.from_tensor_slices({"x": x})), steps)
    np.testing.assert_allclose(prior(game.model, "k"), [0.7, 0.2, 0.1], atol=0.1)


def test_draws_of_a_root_are_those_of_its_prior():
    model = mixture().model
    model.generative["k"].logits.kernel.assign(np.log([[0.7, 0.2, 0.1]]))
    drawn = model.root("k", STREAM, 4000)
    assert drawn.shape == (4000, 3)
    np.testing.assert_allclose(np.mean(drawn, 0), [0.7, 0.2, 0.1], atol=0.03)


def test_a_prior_that_learns_gets_a_gradient_and_discriminators_none_of_it():
    game = mixture()
    step = backward_by_player(game, {"x": tf.constant(X[:, :1])}, STREAM, dict.fromkeys(BOTH, tf.constant(1.0)))
    assert set(step.gradients) == {PLAYERS, DISCRIMINATORS}
    (kernel,) = [
        g for v, g in zip(game.model.trainable_variables, step.gradients[PLAYERS], strict=True) if v.shape == (1, 3)
    ][:1]
    assert np.abs(kernel).max() > 0
