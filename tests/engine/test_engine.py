"""Contracts that every game keeps, and what the engine does with particular networks."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import Stream, make_stream
from graphical_gan.engine.sampling import Sampler
from graphical_gan.game.factors import Factors
from graphical_gan.graph.bayesian_network import Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import global_family
from tests.helpers import GAMES, STATE_SPACE, Dense, T, coupled, hidden_markov, tiny_gmgan, tiny_state_space

STREAM = make_stream(3)


@pytest.fixture(params=GAMES)
def game(request):
    game = GAMES[request.param]()
    return game


def samples(game, rows=6):
    p = game.model.generate(STREAM, rows, training=True)
    return p, game.model.infer(p.values, STREAM, training=True)


def test_p_and_q_give_the_same_variables(game):
    p, q = (sample.values for sample in samples(game))
    assert set(p) == set(q) == set(game.model.network.variables)
    assert {n: v.shape for n, v in p.items()} == {n: v.shape for n, v in q.items()}
    assert {v.dtype for v in [*p.values(), *q.values()]} == {tf.float32}


def test_weights_sum_to_one(game):
    assert sum(game.factors.shares) == pytest.approx(1)


def test_every_variable_of_a_player_gets_a_gradient(game):
    for owner, outcome in [
        (game.model, game.players_outcome),
        (game.factors, game.discriminators_outcome),
    ]:
        with tf.GradientTape() as tape:
            cost = outcome(game.factors.judge(*samples(game), STREAM), STREAM).cost
        gradients = tape.gradient(cost, [v.value for v in owner.trainable_variables])
        assert all(g is not None and np.isfinite(g).all() for g in gradients)
        # Biases before batch normalisation have none by construction, up to rounding.
        assert sum(np.abs(g).max() > 1e-9 for g in gradients) > 0.7 * len(gradients)


def test_eager_equals_graph(game):
    def run():
        p, q = samples(game)
        return p.values, q.values, game.players_outcome(game.factors.judge(p, q, STREAM), STREAM).cost

    tf.nest.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), run(), tf.function(run)()
    )


def test_draws_depend_on_the_stream_alone(game):
    first, again = (game.model.generate(STREAM, 3).values for _ in range(2))
    other = game.model.generate(STREAM.at(1), 3).values
    assert all(np.array_equal(first[n], again[n]) for n in first)
    assert not any(np.array_equal(first[n], other[n]) for n in first if n != "k")


def test_at_chance_every_game_costs_2_log_2(game):
    for variable in game.factors.trainable_variables:
        variable.assign(tf.zeros_like(variable))
    p, q = samples(game)
    assert float(game.discriminators_outcome(game.factors.judge(p, q, STREAM), STREAM).cost) == pytest.approx(
        2 * np.log(2), rel=1e-5
    )


def test_weights_are_shares_of_the_steps():
    shares = tiny_state_space().factors.shares
    assert shares == pytest.approx([(T - 1) / (2 * T - 1), T / (2 * T - 1)])
    assert tiny_gmgan().factors.shares == [0.5, 0.5]


def test_folded_computation_equals_step_by_step():
    """p(x[t]|h,v[t]) and both discriminators over all steps at once equal a loop over single steps."""
    made = tiny_state_space()
    model, factors = made.model, made.factors
    values = model.generate(STREAM, 5).values
    h, v, x = (values[n] for n in "hvx")
    frames = [model.generative["x"]((h, v[:, t])) for t in range(T)]
    np.testing.assert_allclose(x, tf.stack(frames, 1), rtol=1e-5, atol=1e-6)
    pairs, triples = factors.logits(factors.inputs(values), STREAM)
    by_pair = [factors.discriminators[0]((v[:, t], v[:, t - 1])) for t in range(1, T)]
    by_frame = [factors.discriminators[1]((x[:, t], h, v[:, t])) for t in range(T)]
    np.testing.assert_allclose(pairs, tf.stack(by_pair, 1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(triples, tf.stack(by_frame, 1), rtol=1e-4, atol=1e-5)


def test_scan_runs_the_transition_forward_and_the_inverse_backward():
    model = tiny_state_space().model
    values = model.generate(STREAM, 5).values
    v = values["v"]
    noise = STREAM.at("p").at("e").draw_rows(model.generative["e"], 5)
    for t in range(1, T):
        np.testing.assert_allclose(v[:, t], model.generative["v"]((v[:, t - 1], noise)), rtol=1e-4, atol=1e-5)
    q = model.infer({"x": values["x"]}, STREAM).values
    np.testing.assert_allclose(q["v"][:, -1], model.recognition["v[T]"](q["x"][:, -1]), rtol=1e-4, atol=1e-5)
    for t in range(T - 1):
        expected = model.recognition["v"]((q["v"][:, t + 1], q["x"][:, t]))
        np.testing.assert_allclose(q["v"][:, t], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(q["h"], model.recognition["h"]((q["v"], q["x"])), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("parents", [("x[t-1]", "x", "x[t+1]"), ("v[t+1]", "x[t-1]", "x")])
@pytest.mark.parametrize("length", [2, 4])
def test_lags_to_both_sides_are_read_at_their_steps(parents, length):
    """Each step equals a weighted sum of the parents that it has, in numpy: all of them, and fewer at the ends."""

    def weighted(parents, training=False):
        return tf.add_n([(i + 1.0) * p for i, p in enumerate(parents)])

    graph = Graph([Node("x", observed=True, plate=True), Node("v", parents, plate=True)], length)
    sampler = Sampler(graph, dict.fromkeys(["v[1]", "v", "v[T]"], weighted), STREAM, 3, length, False)
    x = tf.random.stateless_normal([3, length, 2], [1, 2])
    values = tf.function(lambda: sampler.run({"x": x}).values)()
    for t in range(length):
        places = [(p[0], t + ("t+1" in p) - ("t-1" in p)) for p in parents]
        seen = [values[name][:, s] for name, s in places if 0 <= s < length]
        np.testing.assert_allclose(values["v"][:, t], weighted(seen), rtol=1e-4)


def test_a_block_with_a_node_that_has_no_lag():
    """a[t] <- b[t-1], b[t] <- a[t]: b has one conditional, also at the border."""
    nodes = [Node("a", ["b[t-1]"], plate=True), Node("b", ["a", "x"], plate=True), Node("x", observed=True, plate=True)]
    conditionals = {"a": lambda b, training: 2 * b, "b": lambda ax, training: sum(ax)}
    conditionals["a[1]"] = priors.standard_normal(2)
    x = tf.random.stateless_normal([3, 4, 2], [1, 2])
    values = Sampler(Graph(nodes, 4), conditionals, STREAM, 3, 4, False).run({"x": x}).values
    np.testing.assert_allclose(values["b"], values["a"] + x, rtol=1e-5)
    np.testing.assert_allclose(values["a"][:, 1:], 2 * values["b"][:, :-1], rtol=1e-5)


def test_any_number_of_steps_can_be_generated():
    model = tiny_state_space().model
    assert model.generate(STREAM, 2, length=50).values["x"].shape == (2, 50, 7)
    by_tensor = tf.function(lambda length: model.generate(STREAM, 2, length=length).values["v"])
    np.testing.assert_allclose(by_tensor(tf.constant(9))[:, :T], model.generate(STREAM, 2).values["v"], rtol=1e-4)


def test_coupled_chains():
    model = coupled()
    values = model.generate(STREAM, 4).values
    a, b, g = values["a"], values["b"], model.generative
    for t in (1, 2):
        np.testing.assert_allclose(a[:, t], g["a"]((a[:, t - 1], b[:, t - 1])), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(b[:, t], g["b"]((b[:, t - 1], a[:, t])), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values["x"][:, 1], g["x"]((a[:, 1], b[:, 1], values["y"])), rtol=1e-4, atol=1e-5)
    inferred = model.infer(values, STREAM).values
    assert set(inferred) == {"y", "a", "b", "x"}
    np.testing.assert_array_equal(inferred["y"], values["y"])
    assert model.reconstruct(values, STREAM)["x"].shape == (4, 3, 5)


def test_scores_of_a_sampled_chain():
    """The score of z[1:T] is the log-probability of the steps that have something to learn."""
    model = hidden_markov()
    p = model.generate(STREAM, 5)
    z, transition = p.values["z"], model.generative["z"].logits
    steps = [tf.reduce_sum(tf.nn.log_softmax(transition(z[:, t])) * z[:, t + 1], -1) for t in range(3)]
    np.testing.assert_allclose(p.scores["z"], sum(steps), rtol=1e-4)
    q = model.infer(p.values, STREAM)
    assert set(q.scores) == {"z"} and q.scores["z"].shape == (5,) and np.all(np.less(q.scores["z"], 0))


def test_given_variables_are_kept():
    model = tiny_gmgan().model
    k = tf.one_hot([2, 2, 4], 5)
    values = model.generate(STREAM, 3, given={"k": k}).values
    np.testing.assert_array_equal(values["k"], k)


def test_shards_draw_the_parts_of_the_global_batch():
    table = priors.GaussianTable(5, 3)
    k = tf.eye(5)[:4]
    whole = STREAM.draw(table(k))
    parts = [Stream(STREAM.seed, i, 2).draw(table(k[2 * i : 2 * i + 2])) for i in range(2)]
    np.testing.assert_array_equal(whole, tf.concat(parts, 0))
    root = priors.standard_normal(3)
    parts = [Stream(STREAM.seed, i, 2).draw_rows(root, 2) for i in range(2)]
    np.testing.assert_array_equal(STREAM.draw_rows(root, 4), tf.concat(parts, 0))
    parts = [Stream(STREAM.seed, i, 2).uniform([2, 3]) for i in range(2)]
    np.testing.assert_array_equal(STREAM.uniform([4, 3]), tf.concat(parts, 0))


def test_dropout_changes_something_and_only_in_training():
    game = tiny_gmgan(dropout=0.5)
    p, q = samples(game)
    inputs = game.factors.inputs(p.values)
    evaluated = [game.factors.logits(inputs, STREAM)[1] for _ in range(2)]
    trained = [game.factors.logits(inputs, s, training=True)[1] for s in (STREAM, STREAM, STREAM.at(1))]
    np.testing.assert_array_equal(*evaluated)
    np.testing.assert_array_equal(trained[0], trained[1])
    assert not np.allclose(trained[0], evaluated[0]) and not np.allclose(trained[0], trained[2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, q: p.pop("x"), "p has no conditional for x.*Add"),
        (lambda p, q: q.pop("v[T]"), r"q has no conditional for v\[T\]"),
        (lambda p, q: q.update(w=Dense(2)), "q has a conditional for w.*Remove"),
        (lambda p, q: p.update(h=2), "expected a tfp distribution, or a layer"),
        (lambda p, q: p.update(x=tfd.Normal(0.0, 1.0)), "expected a callable of its parents"),
    ],
)
def test_wrong_conditionals_are_refused(change, message):
    model = tiny_state_space().model
    generative, recognition = dict(model.generative), dict(model.recognition)
    change(generative, recognition)
    with pytest.raises(ValueError, match=message):
        GraphicalGAN(STATE_SPACE, generative, recognition, model.recognition_graph)


def test_a_recognition_graph_over_other_variables_is_refused():
    model = tiny_state_space().model
    with pytest.raises(ValueError, match="recognition graph has the variables"):
        GraphicalGAN(STATE_SPACE, model.generative, {}, tiny_gmgan().model.recognition_graph)


def test_a_discriminator_a_factor():
    with pytest.raises(ValueError, match="0 discriminators for the 1 factors"):
        Factors(global_family(STATE_SPACE), [])
