"""The faithful inverse of a network over time, in the engine: q and factors see the past of the data."""

import numpy as np
import tensorflow as tf

from graphical_gan.engine import plate, priors
from graphical_gan.engine.checks import checked_samples
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Ref
from graphical_gan.graph.families import families_of_both
from graphical_gan.runs.description import description
from tests.helpers import STATE_SPACE, Clip, Dense, T, Transition, Whole, tiny_gmgan, tiny_state_space


class OfClip(Clip):
    """A vector of one clip."""

    def call(self, clip, training=False):
        return super().call((clip,))


def faithful():
    """A state space with the faithful inverse."""
    p = {"h": priors.standard_normal(3), "e": priors.standard_normal(2), "v[1]": priors.standard_normal(2)}
    p |= {"v": Transition(), "x": Dense(7)}
    q = {"h": OfClip(3), "past[1]": Dense(5), "past": Dense(5), "v[T]": Dense(2), "v": Dense(2)}
    return GraphicalGAN(STATE_SPACE, p, q)


def test_latents_read_the_past_of_the_data():
    model, stream = faithful(), make_stream(0)
    q = model.recognition
    checked_samples(model, stream)
    x = model.generate(stream, 3).values["x"]
    found = model.infer({"x": x}, stream).values
    h = q["h"](x)
    past = [q["past[1]"]((h, x[:, 0]))]
    for t in range(1, T):
        past.append(q["past"]((past[-1], h, x[:, t])))
    v = [q["v[T]"]((h, past[-1]))]
    for t in range(T - 2, -1, -1):
        v.insert(0, q["v"]((h, v[0], past[t])))
    np.testing.assert_allclose(found["h"], h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["v"], tf.stack(v, 1), rtol=1e-3, atol=1e-5)
    assert set(found) == {"h", "v", "x"}


def test_a_description_says_what_q_wrongly_assumes():
    assert "\n  v[4] is independent of x[1], x[2], x[3] given x[4]\n" in description(tiny_state_space())  # Alg. 2
    assert "independent" not in description(tiny_gmgan())


def test_latents_of_a_labelled_sequence_read_those_that_follow():
    nodes = [Node("v", ["v[t-1]"], plate=True), Node("x", ["v"], plate=True, observed=True)]
    network = BayesianNetwork([*nodes, Node("y", ["v[1:T]"], observed=True)], T)
    p = {"v[1]": priors.standard_normal(2), "v": Dense(2), "x": Dense(3), "y": OfClip(1)}
    q = {name: Dense(4) for name in ("past[1]", "past", "future[T]", "future")} | {"v[T]": Dense(2), "v": Dense(2)}
    model, stream = GraphicalGAN(network, p, q), make_stream(0)
    checked_samples(model, stream)
    data = model.generate(stream, 3).values
    past = [q["past[1]"]((data["x"][:, 0], data["y"]))]
    for t in range(1, T):
        past.append(q["past"]((past[-1], data["x"][:, t], data["y"])))
    v = [q["v[T]"]((data["y"], past[-1]))]
    future = q["future[T]"](v[0])
    for t in range(T - 2, -1, -1):
        v.insert(0, q["v"]((data["y"], past[t], future)))
        future = q["future"]((future, v[0]))
    found = model.infer({n: data[n] for n in "xy"}, stream).values["v"]
    np.testing.assert_allclose(found, tf.stack(v, 1), rtol=1e-4, atol=1e-5)


def test_factors_see_the_past_and_the_next_step():
    values = {"x": np.arange(24.0).reshape(2, 4, 3) + 1, "h": np.array([[5.0], [6.0]])}
    refs = [Ref("x", "t+1"), Ref("x", "1:t"), Ref("h"), Ref("x", "t")]
    tensors = {n: tf.constant(v) for n, v in values.items()}
    ahead, past, h, now = map(np.asarray, plate.project(tensors, refs, 4))
    for row, (b, t) in enumerate((b, t) for b in range(2) for t in range(3)):
        x = values["x"][b]
        np.testing.assert_array_equal(ahead[row], x[t + 1])
        np.testing.assert_array_equal(now[row], x[t])
        np.testing.assert_array_equal(past[row], np.concatenate([x[: t + 1], np.zeros([3 - t, 3])]))
        assert h[row] == values["h"][b]
    (both, *_) = plate.project(tensors, [Ref("x", "t"), Ref("x", "t-1"), Ref("x", "t+1")], 4)
    np.testing.assert_array_equal(both, values["x"][:, 1:3].reshape(4, 3))


def test_every_factor_of_both_graphs_teaches_both_players():
    model = faithful()
    families = families_of_both(STATE_SPACE, model.recognition_graph)
    assert any(ref.step == "1:t" for family in families for ref in family.scope)
    networks = {str(family): Whole() for family in families}
    game, stream = Objective().game(model, families, replaced=networks), make_stream(0)
    p = model.generate(stream, 3)
    with tf.GradientTape() as tape:
        verdict = game.factors.judge(p, model.infer(p.values, stream), stream)
        cost = tf.add_n([tf.reduce_sum(a) for a in verdict.logits_q])
    assert all(a.shape == [3, f.multiplicity] for a, f in zip(verdict.logits_p, families, strict=True))
    owned = [v for layer in model.recognition.values() for v in layer.trainable_variables]
    gradients = tape.gradient(cost, owned + game.factors.trainable_variables)
    assert all(g is not None and tf.reduce_any(g != 0) for g in gradients)
