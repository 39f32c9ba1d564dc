"""Latents of q that are to be p's: the discrepancy and the score against numpy, and where their gradients go."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.integrate import quad
from scipy.stats import norm

from graphical_gan.engine.randomness import make_stream
from graphical_gan.game.latent_terms import PriorMatch, TransitionScore, latent_terms
from graphical_gan.game.losses import WIDTHS, normal_discrepancy
from graphical_gan.settings.recipes import SSGAN
from tests.game.test_terms import players_outcome
from tests.helpers import T, tiny_state_space

STREAM = make_stream(5)


def numpy_discrepancy(z):
    """MMD^2 of rows [B, T, D] and N(0, I), pair by pair; expectations under the normal by quadrature, axis by axis."""
    rows, steps, size = z.shape
    total = 0.0
    for s in (share * size for share in WIDTHS):
        pairs = [
            np.exp(-((z[i, t] - z[j, u]) ** 2).sum() / (2 * s))
            for i in range(rows)
            for j in range(rows)
            for t in range(steps)
            for u in range(steps)
            if i != j
        ]

        def expected(x, s=s, wider=1.0):
            return quad(lambda y: np.exp(-((x - y) ** 2) / (2 * s)) * norm.pdf(y, scale=wider), -12, 12)[0]

        crossed = np.mean([np.prod([expected(x) for x in vector]) for vector in z.reshape(-1, size)])
        total += np.mean(pairs) - 2 * crossed + expected(0.0, wider=np.sqrt(2)) ** size
    return total / len(WIDTHS)


@pytest.mark.parametrize("shape", [(4, 1, 3), (3, 2, 2)])
def test_discrepancy_agrees_with_pairs_and_quadrature(shape):
    z = (0.7 * np.random.RandomState(0).randn(*shape) + 0.4).astype(np.float32)
    assert float(tf.reduce_mean(normal_discrepancy(z))) == pytest.approx(numpy_discrepancy(z), abs=1e-5)


def test_discrepancy_is_0_of_the_normal_alone():
    """On average, as it has no bias; another scale, another mean and a dependence are all seen."""
    random = np.random.RandomState(1)
    draws = random.randn(40, 64, 1, 4).astype(np.float32)
    mean = lambda change: np.mean([tf.reduce_mean(normal_discrepancy(change(z))) for z in draws])  # noqa: E731
    assert abs(mean(lambda z: z)) < 2e-3
    for change in (lambda z: 0.5 * z, lambda z: 2 * z, lambda z: z + 1, lambda z: z[..., [0, 1, 0, 1]]):
        assert mean(change) > 5e-3


def test_parts_of_replicas_are_those_of_the_whole_batch(monkeypatch):
    z = np.random.RandomState(0).randn(8, 3, 2).astype(np.float32)
    whole = normal_discrepancy(z)
    monkeypatch.setattr("graphical_gan.game.losses.gathered", lambda value, shards: z)
    parts = [normal_discrepancy(z[4 * i : 4 * i + 4], i, 2) for i in (0, 1)]
    np.testing.assert_allclose(tf.concat(parts, 0), whole, atol=1e-6)


def drawn(game, rows=6):
    p = game.model.generate(STREAM, rows)
    return p, game.model.infer({"x": game.model.generate(STREAM.at(1), rows).values["x"]}, STREAM)


def with_terms(*terms):
    return tiny_state_space()._replace(terms=terms)


def test_prior_is_of_content_of_motion_and_of_both_together():
    game = with_terms(PriorMatch(3.0))
    p, q = drawn(game)
    h, v = (q.values[name].numpy() for name in "hv")
    both = np.concatenate([np.repeat(h[:, None], T, 1), v], -1)
    expected = sum(map(numpy_discrepancy, (h[:, None], v, both, p.values["v"].numpy())))
    outcome, plain = players_outcome(game, p, q), players_outcome(game._replace(terms=()), p, q)
    assert float(outcome.watched["prior"]) == pytest.approx(expected, abs=1e-4)
    assert float(outcome.cost - plain.cost) == pytest.approx(3 * expected, abs=1e-3)


def test_transition_is_the_energy_score_of_one_step_from_the_motion_of_q():
    game = with_terms(TransitionScore(3.0))
    p, q = drawn(game)
    v, step = q.values["v"].numpy(), game.model.generative["v"]
    stream = STREAM.at("transition")
    noises = [stream.at(n).at("p").at("e").draw_rows(game.model.generative["e"], len(v)) for n in ("first", "second")]
    scores = []
    for t in range(1, T):
        a, b = (step((v[:, t - 1], noise)).numpy() for noise in noises)
        size = lambda d: np.sqrt((d**2).mean(1))  # noqa: E731
        scores.append((size(a - v[:, t]) + size(b - v[:, t]) - size(a - b)) / 2)
    assert float(players_outcome(game, p, q).watched["transition"]) == pytest.approx(np.mean(scores), rel=1e-4)


@pytest.mark.parametrize(("term", "reached"), [(PriorMatch, ("h", "v", "v[T]")), (TransitionScore, ("v", "v[T]"))])
def test_gradients_reach_q_and_the_transition_alone(term, reached):
    """The generator has none of the transition, which is one step; of the prior it has none either."""
    game = with_terms(term(1.0))
    x = drawn(game)[1].values["x"]
    weights = {f"q {n}": game.model.recognition[n].trainable_variables[0].value for n in game.model.recognition}
    weights |= {f"p {n}": game.model.generative[n].trainable_variables[0].value for n in ("v", "x")}
    with tf.GradientTape() as tape:
        p, q = game.model.generate(STREAM, 6), game.model.infer({"x": x}, STREAM)
        costs = game.terms[0].costs(game.model, p, q, STREAM)
        cost = tf.reduce_mean(costs.p) + tf.reduce_mean(costs.q)
    found = {n for n, g in tape.gradient(cost, weights).items() if g is not None and np.abs(g).max() > 0}
    assert found == {f"q {n}" for n in reached} | {"p v"}


def test_steps_down_the_score_teach_the_noise_of_a_transition():
    """v' = 0.6 v + 0.8 e of a chain: a squared error would leave e unused, and the chain of p would come to rest."""
    game = with_terms(TransitionScore(1.0))
    chain = [np.random.RandomState(0).randn(256, 2)]
    for t in range(1, T):
        chain.append(0.6 * chain[-1] + 0.8 * np.random.RandomState(t).randn(256, 2))
    values = {"v": np.stack(chain, 1), "h": np.zeros((256, 3)), "x": np.zeros((256, T, 7))}
    q = game.model.generate(STREAM, 256)._replace(values={n: tf.constant(v, tf.float32) for n, v in values.items()})
    kernel = game.model.generative["v"].dense.kernel
    optimizer = keras.optimizers.Adam(0.02)
    optimizer.build([kernel])

    @tf.function
    def train():
        for i in tf.range(300):
            with tf.GradientTape() as tape:
                cost = tf.reduce_mean(game.terms[0].costs(game.model, q, q, STREAM.at(i)).q)
            optimizer.apply(tape.gradient(cost, [kernel.value]), [kernel])

    train()
    of_v, of_e = np.split(kernel.numpy(), 2)
    np.testing.assert_allclose(np.eye(2) + of_v, 0.6 * np.eye(2), atol=0.1)
    np.testing.assert_allclose(of_e.T @ of_e, 0.64 * np.eye(2), atol=0.15)


def test_weights_make_the_terms():
    assert latent_terms(SSGAN.resolve({"recipe": "released"})) == []
    one, other = latent_terms(SSGAN.resolve({"prior_weight": 2.0, "transition_weight": 3.0}))
    assert (type(one), one.weight, type(other), other.weight) == (PriorMatch, 2.0, TransitionScore, 3.0)
