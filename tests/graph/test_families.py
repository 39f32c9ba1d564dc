"""Factors of p and of q: which variables each discriminator looks at."""

import pytest

from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import families, families_of_both, local_families
from tests.graph.test_graph import GMGAN, TREE, V_STRUCTURE
from tests.graph.test_inversion import HIDDEN_MARKOV, random_network
from tests.helpers import STATE_SPACE


def of_both(network, q=None):
    return {(str(f), f.multiplicity) for f in families_of_both(network, q or network.inverse())}


def test_the_families_of_q_take_the_place_of_those_of_p_that_lie_inside():
    assert of_both(TREE) == {("(b, a, r)", 1), ("(x, b, a)", 1), ("(y, x, b)", 1)}
    assert of_both(TREE, TREE.inverse(faithful=False)) == {("(x, a)", 1), ("(y, b)", 1), ("(b, a, r)", 1)}


@pytest.mark.parametrize("network", [GMGAN, V_STRUCTURE])
def test_a_chain_and_two_causes_need_no_others(network):
    assert families_of_both(network, network.inverse()) == local_families(network)


@pytest.mark.parametrize("seed", range(100))
def test_every_family_lies_inside_a_factor_and_no_factor_inside_another(seed):
    network = random_network(seed)
    q = network.inverse()
    found = [{ref.name for ref in f.scope} for f in families_of_both(network, q)]
    everything = [{n, *(r.name for r in g.parents[n])} for g in (network, q) for n in g.order]
    assert all(any(family <= factor for factor in found) for family in everything)
    assert not any(a <= b for a in found for b in found if a is not b)


def test_over_time_the_past_of_the_data_is_seen():
    assert of_both(HIDDEN_MARKOV) == {
        ("(x[t], k[t])", 5),
        ("(x[1:T], k[T])", 1),
        ("(x[1:t], k[t], k[t+1])", 4),
    }


def test_graphs_of_ones_own_over_time():
    nodes = [Node("x", observed=True, plate=True), Node("u", ["x"], plate=True, auxiliary=True)]
    content = Node("h", ["x[1:T]"])
    frames = Graph([*nodes, Node("v", ["u"], plate=True), content], 4)
    assert of_both(STATE_SPACE, frames) == {("(v[t], v[t-1])", 3), ("(x[t], h, v[t])", 4), ("(x[1:T], h)", 1)}
    backward = Node("w", ["w[t+1]", "u"], plate=True, auxiliary=True)
    smoothing = Graph([*nodes, backward, Node("v", ["v[t-1]", "w"], plate=True), content], 4)
    assert of_both(STATE_SPACE, smoothing) == {
        ("(x[t], h, v[t])", 4),
        ("(x[1:T], v[t], v[t-1])", 3),
        ("(x[1:T], h)", 1),
    }


def test_parents_at_both_ends():
    nodes = [Node("v", ["v[t-1]"], plate=True), Node("x", ["x[t-1]", "v"], plate=True, observed=True)]
    network = BayesianNetwork(nodes, 4)
    assert ("(x[t-1], x[t], v[t], v[t+1])", 2) in of_both(network, network.inverse(faithful=False))


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        (["u"], ("(v[t], x[t-1])", 4)),
        (["u[t-1]"], ("(v[t], x[t-2])", 3)),
        (["v[t+1]", "u"], ("(v[t], v[t+1], x[t-1])", 3)),
    ],
)
def test_what_an_auxiliary_node_sees_is_seen_from_where_it_stands(parents, expected):
    """u[t] is of x[t-1], so that u[t-1] is of x[t-2]."""
    nodes = [Node("x", observed=True, plate=True), Node("u", ["x[t-1]"], plate=True, auxiliary=True)]
    q = Graph([*nodes, Node("v", parents, plate=True)], 5)
    assert expected in {(str(f), f.multiplicity) for f in families(q)}
