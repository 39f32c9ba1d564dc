"""GMVAE (Dilokthanakul et al. 2016), the prescribed model that the paper compares with: k and w -> h -> x, by an ELBO.

It has the networks of GMGAN, no discriminator, and Gaussians where GMGAN's networks draw without noise.
"""

import math

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import GraphicalGAN, Relaxed, Sample, Stream, priors
from graphical_gan.game import Costs, Game, Objective
from graphical_gan.game.aggregated import GaussianExtractor
from graphical_gan.graph import BayesianNetwork, Graph, Node
from graphical_gan.layers.images import MLP
from graphical_gan.layers.networks import image_networks

NETWORK = BayesianNetwork([Node("k"), Node("w"), Node("h", ["k", "w"]), Node("x", ["h"], observed=True)])
RECOGNITION = Graph([Node("x", observed=True), Node("h", ["x"]), Node("w", ["x"]), Node("k", ["h", "w"])])
NEAREST = 1e-6  # distance from 0 and from 1 that the mean of a pixel keeps, as its logarithm has to be finite


class Components(keras.layers.Layer):
    """p(h|k,w) = N(h; mu_k(w), s_k(w)^2): one hidden layer for all components, and a linear one for each."""

    def __init__(self, components: int, latent: int, units: int):
        super().__init__(dtype="float32")
        self.shape = (components, latent)
        self.hidden = MLP([units])
        self.mean = keras.layers.Dense(components * latent, dtype="float32")
        self.log_scale = keras.layers.Dense(components * latent, dtype="float32")

    def of_each(self, w: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Means and standard deviations of all components, [B, W] -> [B, K, D] each."""
        hidden = self.hidden(w)
        mean, log_scale = (tf.reshape(layer(hidden), [-1, *self.shape]) for layer in (self.mean, self.log_scale))
        return mean, tf.exp(log_scale)

    def call(self, parents, training=False):
        # ([B, K], [B, W]) -> batch [B], event [D]
        k, w = parents
        mean, scale = (tf.einsum("bk,bkd->bd", k, each) for each in self.of_each(w))
        return tfd.Independent(tfd.Normal(mean, scale), 1)


class Posterior(keras.layers.Layer):
    """Logits of q(k|h,w) = p(k|h,w): log N(h; mu_k(w), s_k(w)^2).

    Args:
        components: shared with p.
    """

    def __init__(self, components: Components):
        super().__init__(dtype="float32")
        self.components = components

    def call(self, parents, training=False):
        # ([B, D], [B, W]) -> [B, K]
        h, w = parents
        return tf.reduce_sum(tfd.Normal(*self.components.of_each(w)).log_prob(h[:, None]), -1)


class NegativeElbo:
    """-ELBO of a minibatch in nats an image, from one draw of h and w, with k summed out: q(k|h,w) is exact.

    E_q[log p(x|h) + log sum_k p(k) p(h|k,w) + log p(w) - log q(h|x) - log q(w|x)]. The authors' estimate (their Eq. 4)
    takes p(k|h,w) at the draw of h for a distribution that does not depend on h: a lower bound of this one, with which
    the networks here soon use one component alone. Pixels are Bernoulli on [0, 1], whatever the networks' range.

    Args:
        low, high: of that range.
    """

    name, weight = "negative_elbo", 1.0

    def __init__(self, low: float, high: float):
        self.low, self.high = low, high

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """-ELBO of each image on q [B]; 0 on p."""
        of_h, of_w = (model.conditional(name, q.values, training=True) for name in ("h", "w"))
        log_q = of_h.log_prob(q.values["h"]) + of_w.log_prob(q.values["w"])
        log_k = -math.log(q.logits["k"].shape[-1])
        log_prior = tf.reduce_logsumexp(q.logits["k"] + log_k, -1) + model.generative["w"].log_prob(q.values["w"])
        again = model.regenerate(q.values, stream, training=True)["x"]
        return Costs(tf.zeros_like(log_q), log_q - log_prior - self._log_likelihood(q.values["x"], again))

    def _log_likelihood(self, x, mean):
        """Sum over pixels [B]."""
        x, mean = ((image - self.low) / (self.high - self.low) for image in (x, mean))
        mean = tf.clip_by_value(mean, NEAREST, 1 - NEAREST)
        each = x * tf.math.log(mean) + (1 - x) * tf.math.log(1 - mean)
        return tf.reduce_sum(each, [1, 2, 3])


def from_settings(settings: dict, data_spec) -> Game:
    """The game that the settings of a run describe (`recipes`), for images of the data; w is as long as h."""
    if data_spec.value_range not in ((0, 1), (-1, 1)):
        raise ValueError(
            f"--model=gmvae with --dataset={settings['dataset']}; its pixels are shades between two ends, expected "
            "images. Give another --model."
        )
    networks, K, latent = image_networks(settings, data_spec), settings["K"], settings["latent"]
    components = Components(K, latent, networks.units)
    generative = {
        "k": priors.uniform_one_hot(K),  # p(k) = 1/K
        "w": priors.standard_normal(latent),  # p(w) = N(0, I)
        "h": components,  # p(h|k,w) = N(h; mu_k(w), s_k(w)^2)
        "x": networks.generator(),  # p(x|h) = Bernoulli(x; G(h)), of which G(h) is shown
    }
    recognition = {
        "h": GaussianExtractor(networks.extractor(2 * latent)),  # q(h|x) = N(h; m(x), s(x)^2)
        "w": GaussianExtractor(networks.extractor(2 * latent)),  # q(w|x), likewise
        "k": Relaxed(Posterior(components), "concrete", 0.1),  # q(k|h,w) = p(k|h,w); the ELBO takes no draw of k
    }
    model = GraphicalGAN(NETWORK, generative, recognition, RECOGNITION)
    return Objective.from_settings(settings).game(model, (), networks, further=[NegativeElbo(*data_spec.value_range)])
