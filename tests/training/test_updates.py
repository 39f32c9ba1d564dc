"""Simultaneous updates: one backward pass through the discriminators serves both players."""

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.engine.randomness import make_stream
from graphical_gan.game.losses import minimax
from graphical_gan.training.gradients import BOTH, backward_by_player, backward_once, supports_single_backward
from tests.helpers import GAMES, tiny_gmgan
from tests.training.test_training import minibatches, moved, trainer, weights

STREAM = make_stream(5)
SCALES = {"players": tf.constant(0.5), "discriminators": tf.constant(2.0)}


def normalised():
    """With a discriminator whose rows see each other."""
    return tiny_gmgan("gan-g", image_shape=(16, 16, 1), discriminator_batch_norm=True)


def both(game):
    """The step of either way from the same draws: (one backward pass, two)."""
    x = game.model.generate(STREAM.at("data"), 7).values
    data = {name: x[name] for name in game.model.network.observed}
    return [way(game, data, STREAM, SCALES) for way in (backward_once, backward_by_player)]


def assert_equal(once, twice):
    """Gradients equal to float32 rounding, of the size of a player's largest."""
    for player in BOTH:
        scale = max(np.abs(g).max() for g in twice.gradients[player])
        for a, b in zip(once.gradients[player], twice.gradients[player], strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-6 * scale)


@pytest.mark.parametrize("name", ["gmgan-l", "gmgan-g", "dropout", "reinforce", "state_space"])
def test_one_backward_pass_equals_two(name):
    game = GAMES[name]()
    assert supports_single_backward(game, "float32")
    once, twice = both(game)
    assert once.watched.keys() == twice.watched.keys()
    assert_equal(once, twice)


def test_one_backward_pass_equals_two_in_the_minmax():
    game = tiny_gmgan(batch_norm=False)
    plain, game = both(game), game._replace(divergence=minimax(game.divergence))
    assert supports_single_backward(game, "float32")
    once, twice = both(game)
    assert_equal(once, twice)
    ours, others = (step.gradients["players"][0].numpy() for step in (once, plain[0]))
    assert np.abs(ours - others).max() > 0.1 * np.abs(others).max()  # another cost


@pytest.mark.parametrize("logit", [0.0, 19.0, 60.0, -300.0])
def test_sure_discriminators_still_teach_the_players(logit):
    """D(x, h) says +-logit of every row: the players' gradient is large, the discriminators' at the edge of float32."""
    game = tiny_gmgan(batch_norm=False)
    game.factors.discriminators[1].logit.bias.assign([logit])
    once, twice = both(game)
    assert_equal(once, twice)


def test_rows_that_differ_by_many_orders_are_rescaled_one_by_one():
    """Logits far apart in one batch: some rows teach one player alone."""
    game = tiny_gmgan(batch_norm=False)
    final = game.factors.discriminators[1].logit
    final.kernel.assign(final.kernel * 300)
    once, twice = both(game)
    assert_equal(once, twice)


def test_coupled_rows_and_float16_take_two_backward_passes():
    assert supports_single_backward(tiny_gmgan(), "bfloat16") and not supports_single_backward(tiny_gmgan(), "float16")
    assert trainer(order=None)._backward is backward_once
    assert trainer(normalised, order=None)._backward is backward_by_player


@pytest.mark.parametrize(("make", "size"), [(tiny_gmgan, 8), (normalised, 16)])
def test_a_simultaneous_step_moves_both_players_on_one_minibatch(make, size):
    run = trainer(make, order=None)
    before = weights(run.game.model), weights(run.game.factors)
    watched = run.run(minibatches(shape=(size, size, 1)), 1)
    assert int(run.step) == 1 and run.moves == (BOTH,)
    after = weights(run.game.model), weights(run.game.factors)
    assert all(np.mean(moved(a, b)) > 0.6 for a, b in zip(before, after, strict=True))
    assert set(watched) == {*run.game.watched, *(f"gradient_norm/{player}" for player in BOTH)}


def test_a_simultaneous_step_is_both_updates_from_the_same_weights():
    """Against Adam's first step, lr * sign(g), of each player's own gradient."""
    run = trainer(order=None)
    data = next(minibatches())
    draws = make_stream(run.seed).at("players+discriminators").at(tf.constant(0, tf.int64))
    scales = dict.fromkeys(BOTH, tf.constant(1.0))
    gradients = backward_by_player(run.game, data, draws, scales).gradients
    before = weights(run.game.model), weights(run.game.factors)
    run.run(minibatches(), 1)
    for player, old, owner in zip(BOTH, before, (run.game.model, run.game.factors), strict=True):
        for a, b, g in zip(old, weights(owner), gradients[player], strict=True):
            clear = np.abs(g) > 1e-4
            np.testing.assert_allclose((b - a)[clear], -1e-3 * np.sign(g)[clear], rtol=0.02)
