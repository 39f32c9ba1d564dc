"""What discriminators see of a sample, against numpy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.game.factors import Factors
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Ref
from graphical_gan.graph.families import Family, families_of_both
from tests.helpers import Dense, T, Whole

B, VALUES = 5, {n: np.random.default_rng(0).normal(size=[5, T, 2]).astype("float32") for n in "vx"}
V, BEFORE, X, ALL = Ref("v", "t"), Ref("v", "t-1"), Ref("x", "t"), Ref("x", "1:T")


def seen(*scope):
    """What the discriminator of one factor gets of `VALUES`."""
    family = Family(scope, T)
    return Factors([family], [Whole()], T).inputs({n: tf.constant(v) for n, v in VALUES.items()})[0]


@pytest.mark.parametrize(("scope", "steps"), [((V, ALL), range(T)), ((V, BEFORE, ALL), range(1, T))])
def test_a_factor_of_a_step_and_a_whole_sequence_ends_with_the_number_of_the_step(scope, steps):
    v, *_, sequences, numbers = seen(*scope)
    np.testing.assert_array_equal(v, VALUES["v"][:, list(steps)].reshape(-1, 2))
    np.testing.assert_array_equal(sequences, np.repeat(VALUES["x"], len(steps), 0))
    np.testing.assert_array_equal(numbers, np.tile(np.eye(T)[list(steps)], [B, 1]))


@pytest.mark.parametrize("scope", [(V, X), (Ref("v", "1:T"), ALL), (Ref("v", "1"), ALL)])
def test_other_factors_are_their_variables(scope):
    assert len(seen(*scope)) == len(scope)


class Step(Dense):
    """v[t] from x[1:T] and the number of the step."""

    def __init__(self):
        super().__init__(1)

    def call(self, parents, training=False):
        x, step = parents
        return self.dense(tf.concat([x[:, :, 0], step], -1))


class Slopes(keras.layers.Layer):
    """A logit of slope 4 in each x[t], 3 in v[t], and 100 in the number of the step."""

    def call(self, variables, stream=None, training=False):
        x, v, step = variables
        return 4 * tf.reduce_sum(x, [1, 2]) + 3 * v[:, 0] + 100 * step[:, 1]


def test_the_penalty_is_not_on_the_slope_in_the_step():
    network = BayesianNetwork([Node("v", plate=True), Node("x", ["v"], plate=True, observed=True)], T)
    q = network.mean_field()
    model = GraphicalGAN(network, {"v": priors.standard_normal(1), "x": Dense(1)}, {"v": Step()}, q)
    (family,) = families_of_both(network, q)
    game = Objective(gradient_penalty=1.0).game(model, [family], replaced={"(x[1:T], v[t])": Slopes()})
    stream = make_stream(0)
    values = model.generate(stream, 2)
    watched = game.discriminators_outcome(game.factors.judge(values, values, stream), stream).watched
    expected = (np.sqrt(T * 4**2 + 3**2) - 1) ** 2
    assert float(watched["gradient_penalty/(x[1:T], v[t])"]) == pytest.approx(expected, rel=1e-5)


def test_every_factor_has_as_many_logits_as_its_multiplicity():
    nodes = [Node("v", ["v[t-1]"], plate=True), Node("x", ["v"], plate=True, observed=True)]
    network = BayesianNetwork([*nodes, Node("y", ["v[1:T]"], observed=True)], T)
    families = families_of_both(network, network.inverse())
    values = {n: tf.ones([B, T, 1]) for n in "vx"} | {"y": tf.ones([B, 1])}
    inputs = Factors(families, [Whole() for _ in families], T).inputs(values)
    assert [len(seen[0]) for seen in inputs] == [B * family.multiplicity for family in families]
