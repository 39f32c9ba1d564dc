"""Tiny models that the contract tests run over."""

import dataclasses

import keras
import tensorflow as tf

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.game.game import Game
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import global_family, local_families
from graphical_gan.instances import gmgan
from graphical_gan.layers.networks import ImageNetworks

SHAPE = (8, 8, 1)
TINY = ImageNetworks(
    image_shape=SHAPE,
    latent=6,
    width=2,
    units=8,
    output="sigmoid",
    batch_norm=True,
    dropout=0.0,
    discriminator_batch_norm=False,
    discriminator_dense_layers=1,
)
T = 4


def tiny_gmgan(model="gmgan-l", relaxation="concrete", **changes) -> Game:
    """GMGAN on 8x8 images with K = 5."""
    return gmgan.build(model, dataclasses.replace(TINY, **changes), 5, relaxation, 0.1)


class Transition(keras.layers.Layer):
    """v[t] from (v[t-1], e)."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, parents, training=False):
        return parents[0] + self.dense(tf.concat(parents, -1))


class Dense(keras.layers.Layer):
    """A dense layer of its parents side by side."""

    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units)

    def call(self, parents, training=False):
        return self.dense(tf.concat(parents, -1) if isinstance(parents, tuple) else parents)


class Clip(Dense):
    """A vector of a clip: its steps side by side."""

    def call(self, clips, training=False):
        parts = [tf.reshape(clip, [-1, clip.shape[1] * clip.shape[2]]) for clip in clips]
        return self.dense(tf.concat(parts, -1))


STATE_SPACE = BayesianNetwork(
    [
        Node("h"),
        Node("e", auxiliary=True),
        Node("v", ["v[t-1]", "e"], plate=True),
        Node("x", ["h", "v"], plate=True, observed=True),
    ],
    length=T,
)


def tiny_state_space(families=local_families) -> Game:
    """The structure of SSGAN on vectors, with the inverse of Alg. 2."""
    generative = {
        "h": priors.standard_normal(3),
        "e": priors.standard_normal(2),
        "v[1]": priors.standard_normal(2),
        "v": Transition(),
        "x": Dense(7),
    }
    recognition = {"v[T]": Dense(2), "v": Dense(2), "h": Clip(3)}
    families = families(STATE_SPACE)
    model = GraphicalGAN(STATE_SPACE, generative, recognition, STATE_SPACE.inverse(faithful=False))
    if len(families) == 1:
        return Objective().game(model, families, replaced={str(families[0]): Whole()})
    return Objective().game(model, families, TINY)


class Whole(keras.layers.Layer):
    """Logit of whole sequences."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, variables, stream=None, training=False):
        flat = [tf.reshape(v, [-1, tf.reduce_prod(v.shape[1:])]) for v in variables]
        return self.dense(tf.concat(flat, -1))[:, 0]


def coupled() -> GraphicalGAN:
    """Two chains that drive each other, a label that is observed and has no parents, a sampled discrete chain."""
    network = BayesianNetwork(
        [
            Node("y", observed=True),
            Node("a", ["a[t-1]", "b[t-1]"], plate=True),
            Node("b", ["b[t-1]", "a[t]"], plate=True),
            Node("x", ["a", "b", "y"], plate=True, observed=True),
        ],
        length=3,
    )
    generative = {
        "y": priors.uniform_one_hot(4),
        "a[1]": priors.standard_normal(2),
        "a": Dense(2),
        "b[1]": Dense(2),
        "b": Dense(2),
        "x": Dense(5),
    }
    graph = Graph(
        [
            Node("y", observed=True),
            Node("x", observed=True, plate=True),
            Node("u", ["x"], plate=True, auxiliary=True),
            Node("a", ["a[t-1]", "u"], plate=True),
            Node("b", ["a", "u[t]"], plate=True),
        ],
        length=3,
    )
    recognition = {"u": Dense(3), "a[1]": Dense(2), "a": Dense(2), "b": Dense(2)}
    return GraphicalGAN(network, generative, recognition, graph)


def hidden_markov() -> GraphicalGAN:
    """A discrete chain whose steps are exact samples in p and in q: both have scores."""
    network = BayesianNetwork(
        [Node("z", ["z[t-1]"], plate=True), Node("x", ["z"], plate=True, observed=True)], length=4
    )
    generative = {"z[1]": priors.uniform_one_hot(3), "z": Relaxed(Dense(3), "reinforce"), "x": Dense(2)}
    recognition = {"z[T]": Relaxed(Dense(3), "reinforce"), "z": Relaxed(Dense(3), "reinforce")}
    return GraphicalGAN(network, generative, recognition, network.inverse(faithful=False))


GAMES = {
    "gmgan-l": tiny_gmgan,
    "gmgan-g": lambda: tiny_gmgan("gmgan-g"),
    "gan-g": lambda: tiny_gmgan("gan-g", discriminator_batch_norm=True, discriminator_dense_layers=2),
    "dropout": lambda: tiny_gmgan(dropout=0.2),
    "straight_through": lambda: tiny_gmgan(relaxation="straight_through"),
    "straight_through_concrete": lambda: tiny_gmgan(relaxation="straight_through_concrete"),
    "reinforce": lambda: tiny_gmgan(relaxation="reinforce"),
    "state_space": tiny_state_space,
    "state_space_global": lambda: tiny_state_space(global_family),
}


def steps_down(cost, variables, rate, count):
    """The costs before each of some steps down the gradient."""

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = cost()
        for variable, gradient in zip(variables, tape.gradient(value, variables), strict=True):
            if gradient is not None:
                variable.assign_sub(rate * gradient)
        return value

    return [float(step()) for _ in range(count)]
