"""Losses on a few logits worked out in numpy, relaxations against exact gradients, the posterior against tfp."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.common.choices import chosen
from graphical_gan.engine import priors
from graphical_gan.engine.randomness import make_stream
from graphical_gan.game import losses
from graphical_gan.settings.tables import DIVERGENCES, PLAYERS_COSTS, RELAXATIONS

P, Q = np.float32([-2.0, 0.0, 3.0]), np.float32([1.0, -0.5, 40.0])


def test_js_costs_are_cross_entropies():
    costs = losses.js_discriminator(P, Q)
    d_p, d_q = 1 / (1 + np.exp(-P.astype(np.float64))), 1 / (1 + np.exp(-Q.astype(np.float64)))
    np.testing.assert_allclose(costs.p, -np.log(1 - d_p), rtol=1e-5)
    np.testing.assert_allclose(costs.q, -np.log(d_q), rtol=1e-5, atol=1e-7)
    players = losses.js_players(P, Q)
    np.testing.assert_allclose(players.p, -np.log(d_p), rtol=1e-5)
    np.testing.assert_allclose(players.q[:2], -np.log(1 - d_q[:2]), rtol=1e-5)
    np.testing.assert_allclose(players.q[2], 40, rtol=1e-5)  # finite where 1 - D rounds to 0


@pytest.mark.parametrize(
    ("name", "p", "q"),
    [
        # Logits -2, 0, 3 on p and 1, -0.5, 2 on q; D = 1 / (1 + exp(-logit)).
        ("non_saturating", [2.126928, 0.693147, 0.048587], [1.313262, 0.474077, 2.126928]),  # -log D; -log(1 - D)
        ("minimax", [-0.126928, -0.693147, -3.048587], [-0.313262, -0.974077, -0.126928]),  # log(1 - D); log D
    ],
)
def test_what_p_and_q_minimise(name, p, q):
    divergence = chosen(PLAYERS_COSTS, players_cost=name)(losses.JS)
    costs = divergence.players(P, tf.constant([1.0, -0.5, 2.0]))
    np.testing.assert_allclose(costs.p, p, atol=2e-6)
    np.testing.assert_allclose(costs.q, q, atol=2e-6)
    assert divergence.discriminator is losses.js_discriminator and divergence.saturates
    # The slope where the discriminator is sure: D = 0.018 of a sample of p, 0.982 of one of q.
    with tf.GradientTape() as tape:
        tape.watch(logits := tf.constant([-4.0, 4.0]))
        cost = tf.reduce_sum(divergence.players(logits[0], logits[1]))
    expected = {"non_saturating": [-0.982014, 0.982014], "minimax": [-0.017986, 0.017986]}[name]
    np.testing.assert_allclose(tape.gradient(cost, logits), expected, atol=2e-6)


def test_the_minmax_is_zero_sum_for_every_divergence():
    for name in DIVERGENCES:
        divergence = losses.minimax(chosen(DIVERGENCES, divergence=name))
        theirs, ours = divergence.discriminator(P, P), divergence.players(P, P)
        np.testing.assert_allclose([*ours], [-theirs.p, -theirs.q])


def test_optimal_discriminator_is_the_log_ratio():
    """The gradient of the discriminator's cost vanishes at log q/p, for two categorical distributions."""
    p, q = np.float32([0.2, 0.8]), np.float32([0.7, 0.3])
    logits = tf.constant(np.log(q / p))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        costs = losses.js_discriminator(logits, logits)
        cost = tf.reduce_sum(p * costs.p + q * costs.q)
    np.testing.assert_allclose(tape.gradient(cost, logits), 0, atol=1e-6)
    # 2 JS - log 4 is minus the cost (appendix B).
    m = (p + q) / 2
    js = (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2
    assert -float(cost) == pytest.approx(2 * js - np.log(4), rel=1e-5)


X = np.linspace(-40, 40, 400_001, dtype=np.float64)
MEAN, SCALE = 0.8, 1.3  # of q; p is standard normal
S2, M2 = SCALE**2, MEAN**2
DISTANCES = {  # closed forms for q = N(m, s^2), p = N(0, 1), and their derivatives by m
    "kl": ((M2 + S2 - 1) / 2 - np.log(SCALE), MEAN),
    "reverse_kl": (np.log(SCALE) + (1 + M2) / (2 * S2) - 1 / 2, MEAN / S2),
    "hellinger": (
        2 - 2 * np.sqrt(2 * SCALE / (1 + S2)) * np.exp(-M2 / 4 / (1 + S2)),
        np.sqrt(2 * SCALE / (1 + S2)) * np.exp(-M2 / 4 / (1 + S2)) * MEAN / (1 + S2),
    ),
}


def density(mean, scale):
    return tf.constant(np.exp(-(((X - mean) / scale) ** 2) / 2) / scale / np.sqrt(2 * np.pi))


def integral(costs, q):
    return tf.reduce_sum(density(0, 1) * costs.p + q * costs.q) * (X[1] - X[0])


def optimal_logit():
    """log q/p of the two Gaussians, clipped where both densities vanish."""
    return np.clip(-(((X - MEAN) / SCALE) ** 2) / 2 - np.log(SCALE) + X**2 / 2, -19, 19)


@pytest.mark.parametrize("name", DISTANCES)
def test_divergences_of_two_gaussians(name):
    """At logit log q/p the discriminator's cost is minimal, and minus the divergence, which p and q go down."""
    discriminator, players, *_ = chosen(DIVERGENCES, divergence=name)
    value, slope = DISTANCES[name]
    logits, q = tf.constant(optimal_logit()), density(MEAN, SCALE)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        cost = integral(discriminator(logits, logits), q)
    inner = np.abs(X) < 5  # where the logit is not clipped
    np.testing.assert_allclose(tape.gradient(cost, logits)[inner], 0, atol=1e-9)
    assert -float(cost) == pytest.approx(value, rel=1e-5)
    for other in (logits + 0.3 * np.sin(X), 0.8 * logits):
        assert float(integral(discriminator(other, other), q)) > float(cost)
    game = [float(integral(players(logits, logits), density(MEAN + d, SCALE))) for d in (-1e-3, 0, 1e-3)]
    if name == "reverse_kl":  # its samples of q go down KL(q||p)
        value, slope = value + DISTANCES["kl"][0], DISTANCES["kl"][1]
    assert game[1] == pytest.approx(value, rel=1e-5)
    assert (game[2] - game[0]) / 2e-3 == pytest.approx(slope, rel=1e-4)


def test_wasserstein_distance_of_two_gaussians():
    """N(m, 1) and N(0, 1) are |m| apart; the best critic of slope 1 is the identity, and costs no penalty."""
    discriminator, players, *_ = losses.WASSERSTEIN_GP
    critic = tf.constant(X)
    assert float(integral(discriminator(critic, critic), density(MEAN, 1))) == pytest.approx(-MEAN)
    assert float(integral(players(critic, critic), density(MEAN, 1))) == pytest.approx(MEAN)
    assert float(losses.gradient_penalty([tf.ones([1, 1])])[0]) == pytest.approx(0, abs=1e-9)
    gradients = [tf.constant([[3.0], [0.0]]), tf.constant([[[0.0, 4.0]], [[0.0, 0.0]]])]
    np.testing.assert_allclose(losses.gradient_penalty(gradients), [16, 1], rtol=1e-5)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_no_logit_is_too_large(name):
    logits = tf.constant([-1e4, 1e4])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        costs = [side(logits, logits) for side in chosen(DIVERGENCES, divergence=name)[:2]]
    for cost in [*costs[0], *costs[1]]:
        assert np.isfinite(cost).all() and np.isfinite(tape.gradient(cost, logits)).all()


def test_distances():
    a, b = np.float32([[[1.0, 2.0], [3.0, 4.0]]]), np.float32([[[1.0, 0.0], [0.0, 4.0]]])
    np.testing.assert_allclose(losses.l1(a, b), [5 / 4])
    np.testing.assert_allclose(losses.l2(a, b), [13 / 4])


def gradient_of_expected_cost(relaxation, costs, logits, n=200_000, temperature=0.1):
    """Monte-Carlo gradient of E_q[costs[k]] with respect to the logits."""
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        found = chosen(RELAXATIONS, relaxation=relaxation)(tf.repeat(logits[None], n, 0), temperature)
        k = found if tf.is_tensor(found) else found.sample(seed=[1, 2])
        cost = tf.linalg.matvec(k, costs)  # [n]
        loss = tf.reduce_mean(cost)
        if relaxation == "reinforce":
            loss += losses.score_function_cost(cost, found.log_prob(k))
    return tape.gradient(loss, logits).numpy(), k.numpy()


def test_reinforce_is_unbiased():
    costs, logits = np.float32([1.0, -2.0, 0.5]), np.float32([0.3, -0.2, 0.9])
    gradient, k = gradient_of_expected_cost("reinforce", costs, logits)
    probabilities = np.exp(logits) / np.exp(logits).sum()
    exact = probabilities * (costs - probabilities @ costs)
    np.testing.assert_allclose(gradient, exact, atol=0.01)
    np.testing.assert_allclose(k.mean(0), probabilities, atol=0.01)  # really sampled
    assert set(np.unique(k)) == {0.0, 1.0}


@pytest.mark.parametrize("relaxation", ["concrete", "straight_through_concrete"])
def test_concrete_gradients_point_downhill(relaxation):
    costs, logits = np.float32([1.0, -2.0, 0.5]), np.float32([0.3, -0.2, 0.9])
    gradient, k = gradient_of_expected_cost(relaxation, costs, logits, temperature=0.5)
    probabilities = np.exp(logits) / np.exp(logits).sum()
    exact = probabilities * (costs - probabilities @ costs)
    assert np.dot(gradient, exact) / np.linalg.norm(gradient) / np.linalg.norm(exact) > 0.95
    np.testing.assert_allclose(k.sum(-1), 1, rtol=1e-4)
    hard = np.isin(k, [0.0, 1.0]).all()
    assert hard == (relaxation == "straight_through_concrete")


def test_straight_through_is_the_mode_with_the_gradient_of_the_logits():
    costs, logits = np.float32([1.0, -2.0, 0.5]), np.float32([0.3, -0.2, 0.9])
    gradient, k = gradient_of_expected_cost("straight_through", costs, logits, n=4)
    np.testing.assert_allclose(k, np.tile([0.0, 0.0, 1.0], [4, 1]))
    np.testing.assert_allclose(gradient, costs)


def test_score_function_baseline_removes_a_constant():
    log_q = tf.Variable([0.1, -0.4, 0.2])
    gradients = []
    for constant in (0.0, 100.0):
        with tf.GradientTape() as tape:
            cost = losses.score_function_cost(tf.constant([1.0, 2.0, 4.0]) + constant, log_q)
        gradients.append(tape.gradient(cost, log_q))
    # Each sample minus the mean of the two others, over 3.
    np.testing.assert_allclose(gradients[0], np.array([1 - 3, 2 - 2.5, 4 - 1.5]) / 3, rtol=1e-5)
    np.testing.assert_allclose(*gradients, rtol=1e-4, atol=1e-5)


def test_posterior_is_exact():
    table = priors.GaussianTable(7, 5)
    h = tf.random.stateless_normal([11, 5], [0, 1])
    components = tfd.MultivariateNormalDiag(loc=tf.convert_to_tensor(table.means))
    mixture = tfd.MixtureSameFamily(tfd.Categorical(logits=tf.zeros([7])), components)
    logits = priors.GaussianPosterior(table)(h)
    expected = mixture.posterior_marginal(h).probs_parameter()
    np.testing.assert_allclose(tf.nn.softmax(logits), expected, rtol=1e-4, atol=1e-6)
    # The logits themselves, which straight-through differentiates, are those of the released code.
    np.testing.assert_allclose(logits, components.log_prob(h[:, None]) + 2.5 * np.log(2 * np.pi), rtol=1e-4, atol=1e-4)


def test_component_is_a_gaussian_around_its_mean():
    table = priors.GaussianTable(3, 4)
    k = tf.eye(3)
    component = table(k)
    reference = tfd.MultivariateNormalDiag(loc=table.means)
    h = tf.random.stateless_normal([3, 4], [5, 6])
    np.testing.assert_allclose(component.log_prob(h), reference.log_prob(h), rtol=1e-5)
    draws = component.sample(20_000, seed=[1, 2])
    np.testing.assert_allclose(tf.reduce_mean(draws, 0), table.means, atol=0.05)
    np.testing.assert_allclose(tf.math.reduce_std(draws, 0), 1, atol=0.05)


def test_prior_of_k_is_uniform():
    k = make_stream(0).draw_rows(priors.uniform_one_hot(4), 40_000)
    np.testing.assert_allclose(tf.reduce_mean(k, 0), 0.25, atol=0.01)
