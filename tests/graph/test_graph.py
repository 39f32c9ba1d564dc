"""Networks and what is derived from them, against results worked out by hand."""

import pytest

from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import families, local_families
from graphical_gan.runs.description import graph_picture
from tests.helpers import STATE_SPACE

GMGAN = BayesianNetwork([Node("k"), Node("h", ["k"]), Node("x", ["h"], observed=True)])
TREE = BayesianNetwork(
    [Node("r"), Node("a", ["r"]), Node("b", ["r"]), Node("x", ["a"], observed=True), Node("y", ["b"], observed=True)]
)
V_STRUCTURE = BayesianNetwork([Node("c"), Node("s"), Node("x", ["c", "s"], observed=True)])


def scopes(network):
    return [(str(family), family.multiplicity) for family in local_families(network)]


def test_chain():
    assert GMGAN.text("p") == "p(k) p(h|k) p(x|h)"
    assert GMGAN.inverse().text("q") == "q(h|x) q(k|h)"
    assert GMGAN.mean_field().text("q") == "q(k|x) q(h|x)"
    assert [str(f) for f in families(GMGAN)] == ["(k)", "(h, k)", "(x, h)"]
    assert scopes(GMGAN) == [("(h, k)", 1), ("(x, h)", 1)]
    assert GMGAN.markov_blanket("h") == {"k", "x"}


def test_declaration_order_does_not_matter_to_a_chain():
    turned = BayesianNetwork([Node("x", ["h"], observed=True), Node("h", ["k"]), Node("k")])
    assert turned.order == ("k", "h", "x")
    assert turned.inverse().text("q") == "q(h|x) q(k|h)"


def test_algorithm_2_of_a_tree_with_two_leaves():
    # From the leaves: b sees y (r is not placed yet), a sees x, then the root sees both of its children.
    q = TREE.inverse(faithful=False)
    assert {n: [r.name for r in q.parents[n]] for n in "abr"} == {"a": ["x"], "b": ["y"], "r": ["a", "b"]}
    assert TREE.markov_blanket("r") == {"a", "b"}
    assert scopes(TREE) == [("(a, r)", 1), ("(b, r)", 1), ("(x, a)", 1), ("(y, b)", 1)]


def test_inverse_of_a_v_structure_keeps_both_causes_dependent():
    assert V_STRUCTURE.inverse().text("q") == "q(s|x) q(c|s,x)"
    assert V_STRUCTURE.mean_field().text("q") == "q(c|x) q(s|x)"
    assert V_STRUCTURE.markov_blanket("c") == {"s", "x"}
    assert scopes(V_STRUCTURE) == [("(x, c, s)", 1)]


def test_state_space_factors_are_those_of_section_3():
    # 2T - 1 factors: T - 1 pairs and T frames; p(v[1]) and p(h) lie inside them.
    assert scopes(STATE_SPACE) == [("(v[t], v[t-1])", 3), ("(x[t], h, v[t])", 4)]
    assert STATE_SPACE.text("p") == "p(h) p(e) p(v[1]) p(v[t]|v[t-1];e) p(x[t]|h,v[t])"


def test_state_space_unrolled_to_three_steps():
    unrolled = STATE_SPACE.unroll(3)
    assert unrolled.text("p") == "p(h) p(v[1]) p(x[1]|h,v[1]) p(v[2]|v[1]) p(x[2]|h,v[2]) p(v[3]|v[2]) p(x[3]|h,v[3])"
    assert unrolled.markov_blanket("v[2]") == {"v[1]", "v[3]", "x[2]", "h"}
    assert unrolled.markov_blanket("h") == {f"{n}[{t}]" for n in "vx" for t in (1, 2, 3)}
    parents = {n: {r.name for r in refs} for n, refs in unrolled.inverse(faithful=False).parents.items()}
    assert parents["v[3]"] == {"x[3]"}
    assert parents["v[2]"] == {"v[3]", "x[2]"}
    assert parents["v[1]"] == {"v[2]", "x[1]"}
    assert parents["h"] == unrolled.markov_blanket("h")


def test_inverse_of_the_plate_equals_the_unrolled_one():
    assert STATE_SPACE.inverse(faithful=False).text("q") == "q(v[T]|x[T]) q(v[t]|v[t+1],x[t]) q(h|v[1:T],x[1:T])"
    parents = {n: {r.name for r in refs} for n, refs in STATE_SPACE.unroll(6).inverse(faithful=False).parents.items()}
    assert parents["v[6]"] == {"x[6]"}
    assert all(parents[f"v[{t}]"] == {f"v[{t + 1}]", f"x[{t}]"} for t in range(1, 6))
    assert parents["h"] == {f"{n}[{t}]" for n in "vx" for t in range(1, 7)}


def test_mean_field_on_a_plate():
    assert STATE_SPACE.mean_field().text("q") == "q(h|x[1:T]) q(v[t]|x[1:T])"


def test_blocks_of_coupled_chains():
    chains = BayesianNetwork(
        [
            Node("a", ["a[t-1]", "b[t-1]"], plate=True),
            Node("b", ["a"], plate=True),
            Node("x", ["b"], plate=True, observed=True),
        ],
        length=3,
    )
    assert chains.blocks() == [("a", "b"), ("x",)]


def test_parents_of_auxiliary_nodes_take_their_place():
    still = [Node("h"), Node("e", auxiliary=True), Node("f", ["h", "e"], auxiliary=True), Node("x", ["f", "h"], True)]
    network = BayesianNetwork(still)
    assert network.inverse().text("q") == "q(h|x)" and scopes(network) == [("(x, h)", 1)]
    moving = [Node("h"), Node("v", ["v[t-1]"], plate=True), Node("f", ["h", "v"], plate=True, auxiliary=True)]
    network = BayesianNetwork([*moving, Node("x", ["f", "f[t-1]"], observed=True, plate=True)], length=4)
    assert scopes(network) == [("(x[1], h, v[1])", 1), ("(x[t], h, v[t], v[t-1])", 3)]
    assert {r.name for r in network.unroll().parents["x[2]"]} == {"h", "v[1]", "v[2]"}


def test_an_auxiliary_chain_is_refused():
    with pytest.raises(ValueError, match="'u' is auxiliary=True and has lagged parents.*Declare it a latent node"):
        BayesianNetwork([Node("u", ["u[t-1]"], plate=True, auxiliary=True), Node("x", ["u"], True, True)], length=3)


def test_lags_to_both_sides_have_a_border_at_each_end():
    nodes = [Node("v", ["v[t-1]"], plate=True), Node("x", ["x[t-1]", "v"], plate=True, observed=True)]
    chain = BayesianNetwork(nodes, length=4).inverse(faithful=False)
    assert chain.text("q") == "q(v[1]|v[2],x[1]) q(v[T]|x[T-1],x[T]) q(v[t]|v[t+1],x[t-1],x[t])"
    unrolled = {
        n: {str(r) for r in refs}
        for n, refs in BayesianNetwork(nodes, 4).unroll().inverse(faithful=False).parents.items()
    }
    assert [unrolled[f"v[{t}]"] for t in (1, 2, 4)] == [{"v[2]", "x[1]"}, {"v[3]", "x[1]", "x[2]"}, {"x[3]", "x[4]"}]


def test_chains_that_wait_for_each_other_are_refused():
    nodes = [Node("a", ["b[t-1]"], plate=True), Node("b", ["c[t-1]"], plate=True), Node("c", ["a[t+1]"], plate=True)]
    with pytest.raises(ValueError, match="a, b, c depend on each other a step before and a step after.*Shift one"):
        Graph([*nodes, Node("x", observed=True)], length=4)


@pytest.mark.parametrize("network", [GMGAN, TREE, STATE_SPACE, STATE_SPACE.inverse(faithful=False)])
def test_pictures(network):
    pixels = graph_picture(network)
    assert pixels.ndim == 3 and pixels.min() < 50 and pixels.max() == 255


@pytest.mark.parametrize(
    ("nodes", "length", "message"),
    [
        ([Node("a", ["b"]), Node("b", ["a"]), Node("x", ["a"], observed=True)], None, "cycle.*lag it"),
        ([Node("v", ["v"], plate=True), Node("x", ["v"], plate=True, observed=True)], 3, "cycle"),
        ([Node("x", ["h"], observed=True)], None, "parent 'h', which is not declared.*Declare"),
        ([Node("h"), Node("h"), Node("x", ["h"], observed=True)], None, "'h' is declared twice.*Rename"),
        ([Node("x", observed=True), Node("h", ["x"])], None, "observed parent 'x'.*Turn the edge"),
        ([Node("h", ["h[t-1]"]), Node("x", ["h"], observed=True)], None, "outside the plate"),
        ([Node("h"), Node("x", ["h[t-1]"], observed=True, plate=True)], 3, "'h' is outside the plate"),
        ([Node("v", plate=True), Node("x", ["v[t+1]"], observed=True, plate=True)], 3, "step ahead"),
        ([Node("v", plate=True), Node("x", ["v"], observed=True, plate=True)], None, "length=None.*at least 2"),
        ([Node("v", plate=True), Node("x", ["v"], observed=True, plate=True)], 1, "at least 2"),
        ([Node("h"), Node("x", ["h"], observed=True)], 5, "no node is on the plate"),
        ([Node("h")], None, "No node is observed"),
        ([Node("h k"), Node("x", observed=True)], None, "Rename"),
    ],
)
def test_wrong_networks_are_refused(nodes, length, message):
    with pytest.raises(ValueError, match=message):
        BayesianNetwork(nodes, length)


def test_a_recognition_graph_may_look_ahead_and_at_data():
    graph = Graph([Node("x", observed=True, plate=True), Node("v", ["v[t+1]", "x"], plate=True)], length=3)
    assert graph.text("q") == "q(v[T]|x[T]) q(v[t]|v[t+1],x[t])"
