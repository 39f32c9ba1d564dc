"""CatGAN (Springenberg 2015), which the paper quotes: a classifier in place of the discriminator, and entropies.

The classifier is to be sure of data, unsure of samples, and to use all classes alike; the generator wants it sure of
samples. Generator and classifier have the networks of GMGAN. An extractor of h, which CatGAN does not have, learns
beside from samples alone, so that images can be reconstructed; the game does not depend on it.
"""

import keras
import tensorflow as tf

from graphical_gan.engine import GraphicalGAN, Relaxed, Sample, Stream, priors
from graphical_gan.game import Costs, Game, Objective
from graphical_gan.game.losses import gathered
from graphical_gan.graph import BayesianNetwork, Node
from graphical_gan.layers.networks import image_networks

NETWORK = BayesianNetwork([Node("h"), Node("k", ["h"]), Node("x", ["h"], observed=True)])


class ClassOfSample(keras.layers.Layer):
    """Logits of p(k|h): what the classifier says of G(h)."""

    def __init__(self, generator: keras.layers.Layer, classifier: keras.layers.Layer):
        super().__init__(dtype="float32")
        self.generator, self.classifier = generator, classifier

    def call(self, h, training=False):
        # [B, D] -> [B, K]
        return self.classifier(self.generator(h, training=training), training=training)


class Categories:
    """What both players of CatGAN minimise (Eqs. 6 and 7), each with respect to its own weights alone.

    Classifier: E_q H[p(k|x)] - H[E_q p(k|x)] - E_p H[p(k|x)]. Generator: E_p H[p(k|x)] - H[E_p p(k|x)]. Both move at
    once, each by its own part.

    Args:
        classifier: from images to logits [B, K].
        extractor: from images to h.
    """

    name, weight = "categories", 1.0

    def __init__(self, classifier: keras.layers.Layer, extractor: keras.layers.Layer):
        self.classifier, self.extractor = classifier, extractor

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """Of each sample of p, and of each image, [B]."""
        drawn = tf.stop_gradient(p.values["x"])
        real, mean_real = entropies(q.logits["k"], stream.shards)
        fake, _ = entropies(self.classifier(drawn, training=True), stream.shards)
        won, mean_won = entropies(self._frozen(p.values["x"]), stream.shards)
        error = tf.reduce_mean((self.extractor(drawn, training=True) - p.values["h"]) ** 2, 1)
        return Costs(won - mean_won - fake + error, real - mean_real)

    def _frozen(self, images):
        """The classifier's logits, with a gradient to the images and none to its weights."""
        weights = [tf.stop_gradient(v.value) for v in self.classifier.trainable_variables]
        others = [v.value for v in self.classifier.non_trainable_variables]
        return self.classifier.stateless_call(weights, others, images, training=True)[0]


def entropies(logits: tf.Tensor, shards: int = 1) -> tuple[tf.Tensor, tf.Tensor]:
    """Entropy of each row of [B, K], [B], and of the mean of the rows of all shards, a scalar; in nats."""
    probabilities = tf.nn.softmax(logits)
    each = -tf.reduce_sum(probabilities * tf.nn.log_softmax(logits), -1)
    mean = tf.reduce_mean(gathered(tf.reduce_mean(probabilities, 0, keepdims=True), shards), 0)
    return each, -tf.reduce_sum(tf.math.xlogy(mean, mean))


def from_settings(settings: dict, data_spec) -> Game:
    """The game that the settings of a run describe (`recipes`), for images of the data."""
    networks, latent = image_networks(settings, data_spec), settings["latent"]
    generator, classifier = networks.generator(), networks.extractor(settings["K"])
    extractor = networks.extractor(latent)
    generative = {
        "h": priors.standard_normal(latent),  # p(h) = N(0, I)
        "k": Relaxed(ClassOfSample(generator, classifier), "concrete", 0.1),  # p(k|h), that of G(h)
        "x": generator,  # x = G(h)
    }
    recognition = {
        "h": extractor,  # h = E(x), by regression
        "k": Relaxed(classifier, "concrete", 0.1),  # q(k|x), the classifier
    }
    model = GraphicalGAN(NETWORK, generative, recognition, NETWORK.mean_field())
    return Objective.from_settings(settings).game(model, (), networks, further=[Categories(classifier, extractor)])
