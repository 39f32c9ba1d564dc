"""The tree and the network of two parents: structure, conditionals, and every knob through the same code."""

import math

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data
from graphical_gan.common import scaling
from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.evaluation.inference import prior
from graphical_gan.export.images import ImageFunctions
from graphical_gan.game.discriminators import Stacked
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.families import families_of_both, global_family, local_families
from graphical_gan.instances import style, tree
from graphical_gan.layers.images import JointDiscriminator, VectorDiscriminator
from graphical_gan.layers.networks import ImageNetworks
from graphical_gan.settings import recipes
from tests.helpers import STATE_SPACE, Dense, tiny_state_space

STREAM = make_stream(4)
ABOUT = data.DESCRIPTIONS["digits"]


def game(instance, model, **changes):
    given = {"model": model, "width": 2, "units": 8, "latent": 6, "K": 6} | changes
    made = instance.from_settings(recipes.GMGAN.resolve(given), ABOUT)
    return made


def test_the_tree():
    made = game(tree, "tree", coarse=3)
    model, factors = made.model, made.factors
    assert model.recognition_graph.text("q") == "q(h|x) q(k|h) q(c|k)"
    assert [str(f) for f in factors.families] == ["(k, c)", "(h, k)", "(x, h)"]
    values = model.generate(STREAM, 300).values
    c, k = values["c"].numpy().argmax(1), values["k"].numpy().argmax(1)
    np.testing.assert_array_equal(k // 2, c)  # a fine cluster belongs to its coarse one
    assert set(k) == set(range(6)) and prior(model, "k") == pytest.approx(np.full(6, 1 / 6), abs=0.03)
    means = model.generative["h"].means.numpy()
    expected = np.repeat(model.generative["h"].coarse_means, 2, axis=0) + model.generative["h"].offsets
    np.testing.assert_allclose(means, expected, rtol=1e-5)


def test_the_posteriors_of_the_tree_are_exact():
    """q(k|h) by Bayes' rule in numpy, q(c|h) the sum over its fine clusters."""
    model = game(tree, "tree", coarse=3).model
    found = model.infer(model.generate(STREAM, 20).values, STREAM).values
    means, h = model.generative["h"].means.numpy(), found["h"].numpy()
    density = np.exp(-((h[:, None] - means) ** 2).sum(-1) / 2)
    fine = density / density.sum(1, keepdims=True)
    posteriors = model.posteriors(found)
    np.testing.assert_allclose(tf.nn.softmax(posteriors["k"]), fine, atol=1e-4)
    np.testing.assert_allclose(tf.nn.softmax(posteriors["c"]), fine.reshape(20, 3, 2).sum(2), atol=1e-3)


@pytest.mark.parametrize(("recognition", "text"), [("inverse", "q(h|x) q(k|h,x)"), ("mean_field", "q(h|x) q(k|x)")])
def test_two_parents(recognition, text):
    made = game(style, "style", recognition=recognition)
    model, factors = made.model, made.factors
    assert set(model.recognition_graph.text("q").split()) == set(text.split())
    assert [str(f) for f in factors.families] == ["(x, k, h)"]
    with tf.GradientTape() as tape:
        values = model.infer(model.generate(STREAM, 4).values, STREAM).values
        k = values["k"][:, 0]
    weights = [v.value for v in model.recognition["h"].trainable_variables]
    dependent = [g is not None for g in tape.gradient(k, weights)]
    assert any(dependent) == (recognition == "inverse")


def test_an_export_of_two_parents():
    model = game(style, "style").model
    functions = ImageFunctions(model, ABOUT.image_shape, scaling.UNIT)
    images = tf.random.stateless_uniform([4, *ABOUT.image_shape], [1, 2])
    path = functions.interpolate(images[:2], images[2:], 3)
    np.testing.assert_allclose(path[:, 0], functions.reconstruct(images)[:2], atol=1e-4)
    assert functions.sample(5, k=2).shape == (5, *ABOUT.image_shape)
    assert set(functions.infer(images)) == {"h", "k", "k_probabilities"}


def test_an_export_with_noise_and_features():
    """h -> f -> x <- e: the line runs through h, and e is the same along it."""
    auxiliary = [Node("e", auxiliary=True), Node("f", ["h"], auxiliary=True)]
    network = BayesianNetwork([Node("h"), *auxiliary, Node("x", ["f", "e"], observed=True)])
    p = {"h": priors.standard_normal(3), "e": priors.standard_normal(2), "f": Dense(4), "x": Frame(256)}
    model = GraphicalGAN(network, p, {"h": Flat(3)})
    images = tf.random.stateless_uniform([2, 16, 16, 1], [1, 2])
    still = ImageFunctions(model, (16, 16, 1), scaling.UNIT).interpolate(images, images, 3)
    assert still.shape == (2, 3, 16, 16, 1) and not np.allclose(still[0], still[1], atol=1e-3)
    np.testing.assert_allclose(still[:, 0], still[:, 2], atol=1e-5)


def test_clusters_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="--K=6 with --coarse=4"):
        game(tree, "tree", coarse=4)
    with pytest.raises(ValueError, match="--coarse=4 has no effect with --model=gmgan-l"):
        recipes.GMGAN.resolve({"coarse": 4})
    with pytest.raises(ValueError, match="--recognition=inverse has no effect with --model=tree"):
        recipes.GMGAN.resolve({"recognition": "inverse", "model": "tree"})


def test_discriminators_by_kind():
    networks = ImageNetworks.from_settings(recipes.GMGAN.resolve({"width": 2, "units": 8}), ABOUT)
    model = game(tree, "tree", coarse=3).model
    families = local_families(model.network)
    own = Logit(1)
    made = Objective().game(model, families, networks, {"(h, k)": own}).factors.discriminators
    assert [type(d) for d in made] == [VectorDiscriminator, Logit, JointDiscriminator] and made[1] is own
    with pytest.raises(ValueError, match=r"given for '\(k, h\)'; the factors are .*Use one"):
        Objective().game(model, families, networks, {"(k, h)": own})
    assert {type(d) for d in tiny_state_space().factors.discriminators} == {VectorDiscriminator}


class Logit(Dense):
    """Logit of vectors."""

    def call(self, variables, stream=None, training=False):
        return super().call(variables)[:, 0]


class Frame(Dense):
    """Images [B, 16, 16, 1] of vectors."""

    def call(self, parents, training=False):
        return tf.reshape(super().call(parents), [-1, 16, 16, 1])


class Flat(Dense):
    """Vectors of images, sequences and vectors."""

    def call(self, parents, training=False):
        return super().call(tuple(tf.reshape(p, [-1, math.prod(p.shape[1:])]) for p in tf.nest.flatten(parents)))


def test_a_discriminator_of_a_sequence_of_images():
    generative = dict(tiny_state_space().model.generative) | {"x": Frame(256)}
    recognition = {"v[T]": Flat(2), "v": Flat(2), "h": Flat(3)}
    model = GraphicalGAN(STATE_SPACE, generative, recognition, STATE_SPACE.inverse(faithful=False))
    networks = ImageNetworks.from_settings(recipes.GMGAN.resolve({"width": 2, "units": 8}), ABOUT)
    (made,) = Objective().game(model, global_family(STATE_SPACE), networks).factors.discriminators
    assert isinstance(made, Stacked)
    values = model.generate(STREAM, 3).values
    assert made((values["x"], values["v"], values["h"])).shape == (3,)


class Picture(Frame):
    """Images [B, 8, 12, 3] of vectors."""

    def call(self, parents, training=False):
        return tf.reshape(Dense.call(self, parents), [-1, 8, 12, 3])


def test_a_discriminator_of_two_views_of_different_shapes():
    """One of them in any order with a vector; the smaller image is padded, and both are seen."""
    network = BayesianNetwork([Node("h"), Node("x", ["h"], observed=True), Node("y", ["h"], observed=True)])
    p = {"h": priors.standard_normal(3), "x": Frame(256), "y": Picture(288)}
    model = GraphicalGAN(network, p, {"h": Flat(3)})
    families = families_of_both(network, model.recognition_graph)
    assert [str(f) for f in families] == ["(y, x, h)"]
    networks = ImageNetworks.from_settings(recipes.GMGAN.resolve({"width": 2, "units": 8}), ABOUT)
    (made,) = Objective().game(model, families, networks).factors.discriminators
    values = model.generate(STREAM, 3).values
    logits = made((values["y"], values["x"], values["h"]))
    assert logits.shape == (3,) and made.joint.features.convolutions[0].kernel.shape[2] == 4
    for name in network.order:
        changed = values | {name: values[name] + 1}
        assert not np.allclose(made((changed["y"], changed["x"], changed["h"])), logits)
