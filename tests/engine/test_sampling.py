"""What conditionals see and what is known of a sample: steps of a plate, posteriors, log-densities, arrays."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.engine.sampling import Sampler
from graphical_gan.game.objective import Objective
from graphical_gan.game.terms import KnownValues
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import local_families
from graphical_gan.layers.images import VectorDiscriminator
from graphical_gan.training.optimizers import adams
from graphical_gan.training.trainer import Trainer
from tests.helpers import Dense, coupled, hidden_markov, tiny_state_space

STREAM = make_stream(3)
X = np.random.default_rng(0).normal(size=[5, 4, 2]).astype("float32")


def own_step(parents, training=False):
    """x[t] picked out of x[1:T] by the number of the step, and what comes before the two."""
    *before, sequence, t = parents
    return tf.add_n([*before, tf.reduce_sum(sequence * t[:, :, None], 1)])


def test_a_mean_field_on_a_plate_tells_its_steps_apart():
    chain = [Node("v", ["v[t-1]"], plate=True), Node("x", ["v"], plate=True, observed=True)]
    network = BayesianNetwork(chain, 4)
    p = {"v[1]": priors.standard_normal(2), "v": Dense(2), "x": Dense(2)}
    model = GraphicalGAN(network, p, {"v": own_step}, network.mean_field())
    np.testing.assert_allclose(model.infer({"x": X}, STREAM).values["v"], X, rtol=1e-6)


@pytest.mark.parametrize(("lag", "ahead"), [("v[t-1]", 0), ("v[t+1]", -1)])
def test_a_scanned_node_that_sees_a_sequence_knows_its_step(lag, ahead):
    graph = Graph([Node("x", observed=True, plate=True), Node("v", [lag, "x[1:T]"], plate=True)], 4)
    conditionals = dict.fromkeys(["v", *graph.borders("v")], own_step)
    values = tf.function(lambda: Sampler(graph, conditionals, STREAM, 5, 4, False).run({"x": tf.constant(X)}).values)()
    expected = np.cumsum(X, 1) if ahead == 0 else np.cumsum(X[:, ::-1], 1)[:, ::-1]
    np.testing.assert_allclose(values["v"], expected, rtol=1e-5, atol=1e-6)


def test_posteriors_with_an_auxiliary_parent():
    network = BayesianNetwork([Node("k"), Node("x", ["k"], observed=True)])
    graph = Graph([Node("x", observed=True), Node("u", ["x"], auxiliary=True), Node("k", ["u"])])
    features, logits = Dense(4), Dense(3)
    p = {"k": priors.uniform_one_hot(3), "x": Dense(2)}
    model = GraphicalGAN(network, p, {"u": features, "k": Relaxed(logits)}, graph)
    sample = model.infer({"x": X[:, 0]}, STREAM)
    expected = logits(features(X[:, 0]))
    np.testing.assert_allclose(sample.logits["k"], expected, rtol=1e-5)
    np.testing.assert_allclose(model.posteriors(sample.values)["k"], expected, rtol=1e-5)


def test_posteriors_of_a_chain():
    """Each step given the probabilities of the one after it, as a loop finds them; a draw's, given the draw."""
    model = hidden_markov()
    model.build()
    sample = model.infer({"x": X}, STREAM)
    parents = model.recognition_graph.parents["z"]
    later, expected, given_draws = None, [], []
    for t in reversed(range(4)):
        name = "z" if later is not None else "z[T]"

        def logits(following, t=t, name=name):
            seen = [following if r.name == "z" else X[:, t] for r in parents if name == "z" or r.name != "z"]
            return model.recognition[name].logits(seen[0] if len(seen) == 1 else tuple(seen))

        expected.insert(0, logits(later))
        given_draws.insert(0, logits(sample.values["z"][:, t + 1] if t < 3 else None))
        later = tf.nn.softmax(expected[0])
    np.testing.assert_allclose(model.posteriors(sample.values)["z"], tf.stack(expected, 1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(sample.logits["z"], tf.stack(given_draws, 1), rtol=1e-4, atol=1e-5)


def test_scores_of_a_sampled_chain_keep_their_shape_under_xla():
    """A step is traced, as training would; running it adds nothing but the time to compile."""
    model = hidden_markov()
    families = local_families(model.network)
    game = Objective().game(model, families, replaced={str(f): VectorDiscriminator(8, 0.0) for f in families})
    strategy = tf.distribute.get_strategy()
    trainer = Trainer(game, adams(game, 1e-3, "float32"), "simultaneous", None, "float32", 0, strategy)
    trainer.jit = True
    data = iter(tf.data.Dataset.from_tensors({"x": X}).repeat())
    assert trainer._run.get_concrete_function(data, tf.constant(1)).structured_outputs is None


def test_one_chain_of_two_that_is_given_stays():
    model = coupled()
    model.build()
    a = tf.random.stateless_normal([4, 3, 2], [1, 2])
    values = model.generate(STREAM, 4, {"a": a}).values
    np.testing.assert_array_equal(values["a"], a)
    b = [model.generative["b[1]"](a[:, 0])]
    for t in (1, 2):
        b.append(model.generative["b"]((b[-1], a[:, t])))
    np.testing.assert_allclose(values["b"], tf.stack(b, 1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", [lambda: tiny_state_space().model, coupled, hidden_markov])
def test_arrays_are_as_good_as_tensors(make):
    model = make()
    values = model.generate(STREAM, 3).values
    arrays = {name: np.asarray(value, "float64") for name, value in values.items()}
    for a, b in zip(
        tf.nest.flatten(model.infer(values, STREAM)), tf.nest.flatten(model.infer(arrays, STREAM)), strict=True
    ):
        np.testing.assert_array_equal(a, b)
    again = model.regenerate(arrays, STREAM)
    assert all(np.allclose(again[n], model.regenerate(values, STREAM)[n]) for n in again)
    assert set(model.posteriors(arrays)) == set(model.discrete)


class Noisy(keras.layers.Layer):
    """0.6 x + scale * noise, as a distribution, or as a tensor made of x and a node of noise."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def call(self, parents, training=False):
        if isinstance(parents, tuple):
            return 0.6 * parents[0] + self.scale * parents[1]
        return tfd.Independent(tfd.Normal(0.6 * parents, self.scale), 1)


def known_cost(scale, implicit):
    """What q(v|x) of a deviation costs, where v is 0.6 x + 0.7 noise and known, on average; 0 in the rows without."""
    network = BayesianNetwork([Node("v", partly=True), Node("x", ["v"], observed=True)])
    nodes = [Node("x", observed=True), Node("e", auxiliary=True), Node("v", ["x", "e"][: 1 + implicit], partly=True)]
    graph = Graph([node for node in nodes if implicit or node.name != "e"])
    p = {"v": priors.standard_normal(1), "x": Dense(1)}
    noise = {"e": priors.standard_normal(1)} if implicit else {}
    model = GraphicalGAN(network, p, {"v": Noisy(scale)} | noise, graph)
    rng = np.random.default_rng(0)
    x = rng.normal(size=[20_000, 1])
    v = 0.6 * x + 0.7 * rng.normal(size=x.shape)
    v[::2] = np.nan
    q = model.infer({"x": x, "v": v}, STREAM)
    np.testing.assert_allclose(q.values["v"][1::2], v[1::2], rtol=1e-6)
    cost = KnownValues(1.0).costs(model, q, q, STREAM.at(1)).q
    assert not np.any(cost[::2])
    return float(np.mean(cost[1::2]))


@pytest.mark.parametrize("implicit", [False, True])
def test_what_is_known_of_a_vector_teaches_its_distribution_and_not_its_mean(implicit):
    right = known_cost(0.7, implicit)
    assert right < min(known_cost(scale, implicit) for scale in (0.23, 0.5, 0.9, 1.2)) - 0.005
    exact = 0.7 / np.sqrt(np.pi) if implicit else 0.5 * np.log(2 * np.pi * 0.49) + 0.5
    assert right == pytest.approx(exact, abs=0.02)


def test_two_children_of_which_one_is_partly_observed():
    """The default q infers what is not known of one from the other."""
    network = BayesianNetwork([Node("h"), Node("x1", ["h"], observed=True), Node("x2", ["h"], partly=True)])
    p = {"h": priors.standard_normal(2), "x1": Dense(2), "x2": Dense(3)}
    model = GraphicalGAN(network, p, {"h": Dense(2), "x2": Dense(3)})
    x2 = np.where(np.arange(5)[:, None] < 2, 1.0, np.nan) * np.ones([5, 3])
    values = model.infer({"x1": X[:, 0], "x2": x2}, STREAM).values
    assert np.all(np.isfinite(values["x2"])) and np.all(values["x2"][:2] == 1) and np.std(values["x2"][2:]) > 0
    parents = {r.name for r in model.recognition_graph.parents["x2"]} | {
        r.name for r in model.recognition_graph.parents["h"]
    }
    assert "x1" in parents
