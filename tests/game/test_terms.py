"""What the game adds to its factors: gradient penalties and reconstructions, against direct computations."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data
from graphical_gan.engine.randomness import make_stream
from graphical_gan.game.objective import Objective
from graphical_gan.game.terms import KnownValues
from graphical_gan.graph.families import local_families
from graphical_gan.instances import gmgan
from graphical_gan.settings.of_data import check_labels
from graphical_gan.settings.recipes import GMGAN, SSGAN
from graphical_gan.training.gradients import supports_single_backward
from tests.helpers import STATE_SPACE, Dense, steps_down, tiny_gmgan, tiny_state_space
from tests.helpers import TINY as NORMALISED
from tests.training.test_updates import assert_equal, both

STREAM = make_stream(5)
TINY = dataclasses.replace(NORMALISED, batch_norm=False)


class Linear(keras.layers.Layer):
    """A logit whose gradient with respect to both inputs together has norm 5."""

    def call(self, variables, stream=None, training=False):
        a, b = variables
        return 3 * a[:, 0] + 4 * b[:, 0]


def tiny(model="gmgan-l", **choices):
    return gmgan.build(model, TINY, 5, "concrete", 0.1, Objective(**choices))


def players_outcome(game, p, q):
    return game.players_outcome(game.factors.judge(p, q, STREAM), STREAM)


def samples(game, rows=6):
    p = game.model.generate(STREAM, rows)
    data = game.model.generate(STREAM.at(1), rows).values
    return p, game.model.infer({"x": data["x"]}, STREAM)


def test_penalty_is_on_all_inputs_of_a_factor_by_its_weight():
    model = tiny_state_space().model
    families = local_families(STATE_SPACE)[:1]  # (v[t], v[t-1])
    own = {str(families[0]): Linear()}
    plain, penalised = (Objective(gradient_penalty=w).game(model, families, replaced=own) for w in (0.0, 10.0))
    p = model.generate(STREAM, 6)
    q = model.infer(p.values, STREAM)
    costs = [game.discriminators_outcome(game.factors.judge(p, q, STREAM), STREAM) for game in (plain, penalised)]
    assert float(costs[1].cost - costs[0].cost) == pytest.approx(160, rel=1e-4)
    assert float(costs[1].watched["gradient_penalty/(v[t], v[t-1])"]) == pytest.approx(16, rel=1e-4)
    assert set(costs[1].watched) == set(penalised.watched) and set(costs[0].watched) == set(plain.watched)


@pytest.mark.parametrize("make", [tiny_gmgan, tiny_state_space])
def test_penalty_reaches_every_discriminator(make):
    made = make()
    game = Objective("wasserstein_gp", 10.0).game(made.model, made.factors.families, TINY)
    p, q = samples(game)
    with tf.GradientTape() as tape:
        watched = game.discriminators_outcome(game.factors.judge(p, q, STREAM), STREAM).watched
        penalty = tf.add_n([v for n, v in watched.items() if n.startswith("gradient_penalty")])
    weights = [v.value for v in game.factors.trainable_variables if len(v.shape) > 1]
    assert all(np.abs(g).max() > 0 for g in tape.gradient(penalty, weights))
    assert not any("accuracy" in name for name in game.watched)


@pytest.mark.parametrize(
    ("model", "distance", "norm"), [("gmgan-l", "l1", np.abs), ("gmgan-g", "l2", np.square), ("gan-g", "l2", np.square)]
)
def test_reconstruction_of_data_is_of_data(model, distance, norm):
    """x -> h -> x' on samples of q, added with weight and plus sign; ALICE's x and z are not exchanged."""
    game = tiny(model, reconstruction="x", reconstruction_weight=3.0, reconstruction_distance=distance)
    p, q = samples(game)
    again = game.model.generative["x"](q.values["h"])
    expected = norm(q.values["x"] - again).mean()
    outcome = players_outcome(game, p, q)
    assert float(outcome.watched["reconstruction_x"]) == pytest.approx(expected, rel=1e-4)
    plain = players_outcome(game._replace(terms=()), p, q).cost
    assert float(outcome.cost - plain) == pytest.approx(3 * expected, rel=1e-3)


def test_reconstruction_of_latents_is_of_latents():
    """h -> x -> h' on samples of p; k, which is discrete, is left to its factor."""
    game = tiny(reconstruction="both", reconstruction_weight=1.0, reconstruction_distance="l2")
    p, q = samples(game)
    again = game.model.recognition["h"](p.values["x"])
    outcome = players_outcome(game, p, q)
    expected = np.square(p.values["h"] - again).mean()
    assert float(outcome.watched["reconstruction_h"]) == pytest.approx(expected, rel=1e-4)
    assert game.watched[-2:] == ["reconstruction_x", "reconstruction_h"]


def test_reconstruction_lowers_the_error():
    """Steps down the gradient of the term alone bring x' nearer to x: the sign is right."""
    game = tiny(reconstruction="x", reconstruction_weight=1.0, reconstruction_distance="l2")
    p, q = samples(game)

    def error():
        sample = game.model.infer({"x": q.values["x"]}, STREAM)
        return tf.reduce_mean(game.terms[0].costs(game.model, p, sample, STREAM).q)

    errors = steps_down(error, [v.value for v in game.model.trainable_variables], 1.0, 10)
    assert errors[-1] < 0.99 * errors[0]


def test_reconstruction_over_a_plate():
    model = tiny_state_space().model
    game = Objective("js", 0.0, "both", 1.0, "l1").game(model, local_families(STATE_SPACE), TINY)
    p, q = samples(game)
    watched = players_outcome(game, p, q).watched
    frames = [model.generative["x"]((q.values["h"], q.values["v"][:, t])) for t in range(4)]
    expected = np.abs(q.values["x"] - tf.stack(frames, 1)).mean()
    assert float(watched["reconstruction_x"]) == pytest.approx(expected, rel=1e-4)
    assert isinstance(model.generative["x"], Dense)


def test_terms_and_penalties_in_simultaneous_updates():
    """Terms take part in the one backward pass; a penalty needs two."""
    game = tiny(reconstruction="both", reconstruction_weight=1.0, reconstruction_distance="l2")
    once, twice = both(game)
    assert once.watched.keys() == twice.watched.keys() >= {"reconstruction_x", "reconstruction_h"}
    assert_equal(once, twice)
    assert supports_single_backward(game, "float32") and not supports_single_backward(
        tiny(gradient_penalty=1.0), "float32"
    )
    assert not supports_single_backward(tiny(divergence="kl"), "float32")
    assert not supports_single_backward(tiny(divergence="wasserstein_gp", gradient_penalty=1.0), "float32")


@pytest.mark.parametrize("recipe", [GMGAN, SSGAN])
def test_knobs_of_the_objective(recipe):
    settings = recipe.resolve({"recipe": "released"})
    assert Objective.from_settings(settings) == Objective()
    assert recipe.resolve({"divergence": "wasserstein_gp"})["gradient_penalty"] == 10
    assert recipe.resolve({"reconstruction": "h"})["reconstruction_distance"] == "l2"
    with pytest.raises(ValueError, match="reconstruction_weight=2.0 has no effect"):
        recipe.resolve({"recipe": "released", "reconstruction_weight": 2.0})


def labelled(known_rows, rows=6):
    """Minibatch of a semi-supervised GMGAN with 5 classes, labels in the first rows."""
    x = tf.random.stateless_uniform([rows, 8, 8, 1], [1, 2])
    k = tf.one_hot([3, 1, 4, 0, 2, 2][:rows], 5)
    return {"x": x, "k": tf.where(tf.range(rows)[:, None] < known_rows, k, np.nan)}


@pytest.mark.parametrize("relaxation", ["concrete", "reinforce"])
def test_what_is_known_enters_q_and_teaches_it(relaxation):
    game = gmgan.build("gmgan-l", TINY, 5, relaxation, 0.1, labels=True)
    batch = labelled(2)
    free = game.model.infer({"x": batch["x"]}, STREAM)
    q = game.model.infer(batch, STREAM)
    np.testing.assert_array_equal(q.values["k"][:2], batch["k"][:2])
    np.testing.assert_array_equal(q.values["k"][2:], free.values["k"][2:])
    assert not free.known and np.array_equal(q.known["k"].rows, [1, 1, 0, 0, 0, 0])
    if relaxation == "reinforce":  # nothing was sampled where k is known
        np.testing.assert_allclose(q.scores["k"], [0, 0, *free.scores["k"][2:]], rtol=1e-4)
    log_q = tf.nn.log_softmax(game.model.recognition["k"].logits(q.values["h"])).numpy()
    costs = KnownValues(1.0).costs(game.model, q, q, STREAM)
    np.testing.assert_allclose(costs.q, [-log_q[0, 3], -log_q[1, 1], 0, 0, 0, 0], rtol=1e-4, atol=1e-6)
    with tf.GradientTape() as tape:
        cost = players_outcome(game, game.model.generate(STREAM, 6), game.model.infer(batch, STREAM)).cost
    gradients = tape.gradient(cost, [v.value for v in game.model.trainable_variables])
    assert all(g is not None and np.isfinite(g).all() for g in gradients)


def test_what_is_known_enters_p_in_the_same_way():
    game = gmgan.build("gmgan-l", TINY, 5, "concrete", 0.1, labels=True)
    k = labelled(3)["k"]
    values = game.model.generate(STREAM, 6, {"k": k}).values
    np.testing.assert_array_equal(values["k"][:3], k[:3])
    noise = values["h"] - tf.matmul(values["k"], game.model.generative["h"].means)
    other = game.model.generate(STREAM, 6).values
    expected = other["h"] - tf.matmul(other["k"], game.model.generative["h"].means)
    np.testing.assert_allclose(noise, expected, rtol=1e-4, atol=1e-5)  # h follows the known k


def test_labels_need_as_many_components_as_classes():
    settings = GMGAN.resolve({"labels": 100})
    with pytest.raises(ValueError, match="--labels=100 of --dataset=digits with --K=20.*10 classes.*Give --K=10"):
        check_labels(settings, data.DESCRIPTIONS["digits"])
    with pytest.raises(ValueError, match="--labels=100 has no effect with --model=gan-g"):
        GMGAN.resolve({"labels": 100, "model": "gan-g"})
