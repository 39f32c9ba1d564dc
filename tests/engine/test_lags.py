"""Lags above 1: scans in both directions against loops, factors, and going on from several steps."""

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.engine.sampling import Sampler
from graphical_gan.game.factors import Factors
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import families_of_both, local_families
from tests.helpers import TINY, Dense, Whole

STREAM, B, T = make_stream(3), 5, 6
SECOND = [Node("v", ["v[t-2]", "v[t-1]"], plate=True), Node("x", ["v"], plate=True, observed=True)]
X = np.random.default_rng(0).normal(size=[B, T, 2]).astype("float32")


def weighted(*weights):
    """The sum of parents times weights."""

    def conditional(parents, training=False):
        parents = parents if isinstance(parents, tuple) else (parents,)
        return tf.add_n([w * p for w, p in zip(weights, parents, strict=True)])

    return conditional


def second_order():
    p = {"v[1]": priors.standard_normal(2), "v[2]": weighted(0.9), "v": weighted(0.3, 0.5), "x": Dense(2)}
    q = dict.fromkeys(("v[T]", "v[T-1]", "v", "past[1]", "past"))
    return GraphicalGAN(BayesianNetwork(SECOND, T), p, {name: Dense(2) for name in q})


def test_p_looks_two_steps_back():
    v = second_order().generate(STREAM, B).values["v"]
    np.testing.assert_allclose(v[:, 1], 0.9 * v[:, 0], rtol=1e-5)
    for t in range(2, T):
        np.testing.assert_allclose(v[:, t], 0.3 * v[:, t - 2] + 0.5 * v[:, t - 1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("length", [3, T, tf.constant(T)])
def test_q_looks_two_steps_ahead_and_at_the_data_before(length):
    """Both ends have steps of their own: two where v[t+2] leads off the plate, one where x[t-1] does."""
    graph = Graph([Node("x", observed=True, plate=True), Node("v", ["x[t-1]", "v[t+1]", "v[t+2]"], plate=True)], 6)
    assert graph.text("q") == "q(v[1]|v[2],v[3]) q(v[T]|x[T-1]) q(v[T-1]|x[T-2],v[T]) q(v[t]|x[t-1],v[t+1],v[t+2])"
    conditionals = {
        "v[T]": weighted(2.0),
        "v[T-1]": weighted(3.0, 0.7),
        "v": weighted(1.0, 0.5, 0.4),
        "v[1]": weighted(0.2, 0.6),
    }
    steps = int(length)
    sampler = Sampler(graph, conditionals, STREAM, B, length, False)
    v = tf.function(lambda x: sampler.run({"x": x}).values["v"])(tf.constant(X[:, :steps])).numpy()
    np.testing.assert_allclose(v[:, -1], 2 * X[:, steps - 2], rtol=1e-5)
    if steps > 3:
        np.testing.assert_allclose(v[:, -2], 3 * X[:, steps - 3] + 0.7 * v[:, -1], rtol=1e-5, atol=1e-6)
    for t in range(1, steps - 2):
        expected = X[:, t - 1] + 0.5 * v[:, t + 1] + 0.4 * v[:, t + 2]
        np.testing.assert_allclose(v[:, t], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(v[:, 0], 0.2 * v[:, 1] + 0.6 * v[:, 2], rtol=1e-5, atol=1e-6)


def test_factors_of_three_steps():
    network = BayesianNetwork(SECOND, T)
    first, _ = local_families(network)
    assert (str(first), first.multiplicity) == ("(v[t], v[t-2], v[t-1])", T - 2)
    now, two, one = Factors([first], [Whole()], T).inputs({"v": tf.constant(X), "x": tf.constant(X)})[0]
    for value, start in ((now, 2), (two, 0), (one, 1)):
        np.testing.assert_array_equal(value, X[:, start : start + T - 2].reshape(-1, 2))


def test_going_on_from_two_steps():
    model = second_order()
    assert model.network.opening("v") == 2
    v = model.generate(STREAM, B, length=4, start={"v": X[:, :2]}).values["v"].numpy()
    np.testing.assert_array_equal(v[:, :2], X[:, :2])
    np.testing.assert_allclose(v[:, 2], 0.3 * X[:, 0] + 0.5 * X[:, 1], rtol=1e-5)


def test_every_conditional_and_factor_of_a_second_order_chain_learns():
    model = second_order()
    families = families_of_both(model.network, model.recognition_graph)
    game = Objective().game(model, families, TINY)
    p = model.generate(STREAM, B)
    with tf.GradientTape() as tape:
        verdict = game.factors.judge(p, model.infer({"x": p.values["x"]}, STREAM), STREAM)
        cost = tf.add_n([tf.reduce_sum(a) for a in verdict.logits_q])
    assert all(a.shape == [B, f.multiplicity] for a, f in zip(verdict.logits_p, families, strict=True))
    owned = [v for layer in model.recognition.values() for v in layer.trainable_variables]
    assert len(owned) == 10
    gradients = tape.gradient(cost, owned + game.factors.trainable_variables)
    assert all(g is not None and tf.reduce_any(g != 0) for g in gradients)
