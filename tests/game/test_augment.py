"""Images that discriminators see changed: the changes against scipy, both sides alike, gradients through them."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from graphical_gan import data
from graphical_gan.engine.randomness import make_stream
from graphical_gan.game import views
from graphical_gan.game.objective import Objective
from graphical_gan.instances import gmgan
from graphical_gan.runs.programs import GMGAN
from graphical_gan.settings.own import of_images, of_variables
from tests.helpers import SHAPE, TINY, tiny_state_space
from tests.training.test_training import minibatches, moved, trainer, weights

STREAM = make_stream(3)
AUGMENTED = Objective(augment="mirror", augment_strength=1.0)


def tiny(objective=AUGMENTED):
    return gmgan.build("gmgan-l", dataclasses.replace(TINY, batch_norm=False), 5, "concrete", 0.1, objective)


@pytest.mark.parametrize(("view", "axes"), [("shift", 2), ("mirror", 3)])
def test_images_are_moved_by_up_to_an_eighth_and_mirrored_as_scipy_does_it(view, axes):
    images = np.random.default_rng(0).uniform(-1, 1, (40, 16, 16, 3)).astype(np.float32)
    draws = 2 * STREAM.at(view).uniform([40, axes]).numpy() - 1
    found = getattr(views, view)(tf.constant(images), 0.5, STREAM).numpy()
    sides = np.where(draws[:, 2] < 0, -1, 1) if view == "mirror" else np.ones(40, int)
    assert np.abs(draws[:, :2]).max() <= 1 and set(sides) == ({-1, 1} if view == "mirror" else {1})
    for image, got, (down, right), side in zip(images, found, draws[:, :2], sides, strict=True):
        ground = image.min()
        by = [-0.5 / 8 * 16 * down, -0.5 / 8 * 16 * right, 0]
        turned = ndimage.shift(image - ground, [by[0], by[1], 0], order=1, mode="grid-constant")[:, ::side]
        np.testing.assert_allclose(got, ground + turned, atol=1e-5)


def test_discriminators_see_changed_images_of_both_sides_in_training_alone():
    game = tiny()
    families, layers = game.factors.families, game.factors.discriminators
    plain = [d.discriminator if str(f) == "(x, h)" else d for f, d in zip(families, layers, strict=True)]
    p = game.model.generate(STREAM, 6).values
    inputs = game.factors.inputs(p)
    for training in (False, True):
        logits = game.factors.logits(inputs, STREAM, training)
        for family, inner, seen, found in zip(families, plain, inputs, logits, strict=True):
            stream = STREAM.at(str(family))
            if training and str(family) == "(x, h)":
                seen = views.mirror(seen[0], 1.0, stream.at("augment 0")), seen[1]
            np.testing.assert_allclose(found[:, 0], inner(seen, stream=stream, training=training), rtol=1e-4, atol=1e-5)
    q = game.factors.inputs(game.model.infer({"x": tf.random.stateless_uniform([6, *SHAPE], [1, 2])}, STREAM).values)
    together, apart = (game.factors.logits_on_both(inputs, q, STREAM, together=t) for t in (True, False))
    for a, b in zip(tf.nest.flatten(together), tf.nest.flatten(apart), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_gradients_pass_the_changes_and_both_players_learn():
    run = trainer(tiny, order=None)
    before = [weights(run.game.model), weights(run.game.factors)]
    run.run(minibatches(), 2)
    after = [weights(run.game.model), weights(run.game.factors)]
    assert all(np.mean(moved(a, b)) > 0.7 for a, b in zip(before, after, strict=True))
    images, h, k = tf.random.stateless_uniform([4, *SHAPE], [3, 4]), tf.zeros([4, 6]), tf.zeros([4, 5])
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(run.game.factors.logits([(h, k), (images, h)], STREAM, training=True)[1])
    assert np.abs(tape.gradient(total, images)).max() > 1e-6


def test_what_has_no_images_or_no_such_discriminator_refuses_it():
    with pytest.raises(ValueError, match="--augment=mirror has no effect with --model=vegan"):
        GMGAN.recipe.resolve({"model": "vegan", "augment": "mirror"})
    with pytest.raises(ValueError, match="--augment_strength=2.0 has no effect with --augment=none"):
        GMGAN.recipe.resolve({"augment_strength": 2.0})
    game = tiny_state_space()
    with pytest.raises(ValueError, match="--augment=mirror has no effect: no discriminator sees an image"):
        AUGMENTED.game(game.model, game.factors.families[:0], TINY)
    assert {"augment", "augment_strength"} <= {k.name for k in of_images("mine").knobs}
    assert not {"augment", "augment_strength"} & {k.name for k in of_variables("mine").knobs}


def test_the_flag_reaches_the_discriminators():
    settings = GMGAN.recipe.resolve({"augment": "shift", "augment_strength": 0.5, "width": 2, "units": 4})
    game = gmgan.from_settings(settings, data.DESCRIPTIONS["digits"])
    augmented = [d for d in game.factors.discriminators if type(d).__name__ == "Augmented"]
    assert [(d.views, d.strength) for d in augmented] == [(views.shift, 0.5)]
