"""A tree of clusters: coarse cluster c -> fine cluster k -> h -> x; every coarse cluster has as many fine ones."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import GraphicalGAN, Relaxed, priors
from graphical_gan.game import Game, Objective
from graphical_gan.graph import BayesianNetwork, Node, local_families
from graphical_gan.layers.networks import image_networks

NETWORK = BayesianNetwork([Node("c"), Node("k", ["c"]), Node("h", ["k"]), Node("x", ["h"], observed=True)])
SPREAD = 0.5  # initial deviation of fine means from their coarse one, whose own is 1


class Branches(keras.layers.Layer):
    """p(k|c), uniform over the fine clusters of c; those of coarse cluster i are i * K/C to (i + 1) * K/C - 1."""

    def __init__(self, coarse: int, fine: int):
        super().__init__(dtype="float32")
        self.members = np.repeat(np.eye(coarse, dtype="float32"), fine // coarse, axis=1)  # [C, K]

    def call(self, c, training=False):
        # [B, C] -> one-hot vectors [B, K]
        outside = 1 - tf.matmul(c, self.members)
        return tfd.OneHotCategorical(logits=-1e4 * outside, dtype=tf.float32)


class Trunk(keras.layers.Layer):
    """Logits of q(c|k), which is certain: log of the probability of a coarse cluster's fine ones."""

    def __init__(self, branches: Branches):
        super().__init__(dtype="float32")
        self.branches = branches

    def call(self, k, training=False):
        # [B, K] -> [B, C]
        return tf.math.log(tf.matmul(k, self.branches.members, transpose_b=True) + 1e-6)


class TreeTable(keras.layers.Layer):
    """p(h|k) = N(h; mu_k, I), with mu_k the mean of k's coarse cluster and an offset: siblings begin close together."""

    def __init__(self, branches: Branches, latent: int):
        super().__init__(dtype="float32")
        self.branches = branches
        coarse, fine = branches.members.shape
        normal = keras.initializers.RandomNormal
        self.coarse_means = self.add_weight(name="coarse_means", shape=(coarse, latent), initializer=normal(stddev=1.0))
        self.offsets = self.add_weight(name="offsets", shape=(fine, latent), initializer=normal(stddev=SPREAD))
        self.built = True

    @property
    def means(self) -> tf.Tensor:
        """mu [K, D]."""
        return tf.matmul(self.branches.members, self.coarse_means, transpose_a=True) + self.offsets

    def call(self, k, training=False):
        # [B, K] -> batch [B], event [D]
        return tfd.Independent(tfd.Normal(tf.matmul(k, self.means), 1.0), 1)


def from_settings(settings: dict, data_spec) -> Game:
    """The game that the settings of a run describe (`recipes`), for images of `data_spec`."""
    K, coarse = settings["K"], settings["coarse"]
    if K % coarse:
        raise ValueError(
            f"--K={K} with --coarse={coarse}; every coarse cluster has as many fine ones. Give a multiple."
        )
    networks, latent = image_networks(settings, data_spec), settings["latent"]
    branches = Branches(coarse, K)
    table = TreeTable(branches, latent)
    relaxed = {name: settings[name] for name in ("relaxation", "temperature")}
    generative = {
        "c": priors.uniform_one_hot(coarse),  # p(c) = 1/C
        "k": branches,  # p(k|c) = C/K for the children of c
        "h": table,  # p(h|k) = N(h; mu_k, I)
        "x": networks.generator(),  # x = G(h)
    }
    recognition = {
        "h": networks.extractor(latent),  # h = E(x)
        "k": Relaxed(priors.GaussianPosterior(table), **relaxed),  # q(k|h) = p(k|h)
        "c": Relaxed(Trunk(branches), **relaxed),  # q(c|k) = p(c|k)
    }
    model = GraphicalGAN(NETWORK, generative, recognition)
    return Objective.from_settings(settings).game(model, local_families(NETWORK), networks)
