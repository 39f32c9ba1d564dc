"""Inverse factorisations: which independences they assume, against d-separation by its definition."""

import itertools
import random

import pytest

from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import families_of_both
from tests.graph.test_graph import GMGAN, TREE, V_STRUCTURE
from tests.helpers import STATE_SPACE

HIDDEN_MARKOV = BayesianNetwork([Node("k", ["k[t-1]"], plate=True), Node("x", ["k"], plate=True, observed=True)], 5)
M_SHAPE = [
    Node("a"),
    Node("b"),
    Node("c"),
    Node("x", ["a", "b"], observed=True),
    Node("y", ["b", "c"], observed=True),
]


def parents_of(graph, length=None):
    """Names of the parents of each variable of the unrolled graph."""
    return {n: {r.name for r in refs} for n, refs in graph.unroll(length).parents.items()}


def below(parents, name):
    """A variable and all its descendants."""
    children = {n for n in parents if name in parents[n]}
    return {name}.union(*(below(parents, child) for child in children))


def separated(parents, a, b, given):
    """d-separation by its definition (Pearl 1988): every path between the two is blocked by what is given."""
    return all(blocked(parents, path, given) for path in paths(parents, [a], b))


def paths(parents, path, end):
    """All paths that go on to an end, along edges in either direction."""
    if path[-1] == end:
        yield path
        return
    for node in parents:
        if node not in path and (node in parents[path[-1]] or path[-1] in parents[node]):
            yield from paths(parents, [*path, node], end)


def blocked(parents, path, given):
    """Whether a collider without a given descendant, or a given variable that is no collider, lies on the path."""
    for before, node, after in zip(path, path[1:], path[2:], strict=False):
        collider = before in parents[node] and after in parents[node]
        if collider != bool(below(parents, node) & given if collider else node in given):
            return True
    return False


def assumed(q):
    """Of each latent of q: its parents, and what it does not depend on given these; in q's ancestral order."""
    parents, before = parents_of(q), list(q.observed)
    for z in q.latent:
        yield z, parents[z], [n for n in before if n not in parents[z]]
        before.append(z)


def random_network(seed):
    """A network of 2 to 8 nodes; no latent has an observed parent but an input, which half of them have."""
    draw = random.Random(seed)
    names, density = "abcdefgh"[: draw.randint(2, 8)], draw.uniform(0.15, 0.6)
    observed = set(draw.sample(names, draw.randint(1, len(names) - 1)))
    inputs = set(draw.sample(sorted(observed), draw.randint(0, 1)))
    nodes = []
    for i, name in enumerate(names):
        possible = [n for n in names[:i] if name in observed or n in inputs or n not in observed]
        given = [] if name in inputs else [n for n in possible if draw.random() < density]
        nodes.append(Node(name, given, name in observed, input=name in inputs))
    return BayesianNetwork(draw.sample(nodes, len(nodes)))


def test_the_faithful_inverse_of_500_networks_assumes_nothing_wrong_and_has_no_edge_too_many():
    edges = wrong = 0
    for seed in range(500):
        network = random_network(seed)
        p, q = parents_of(network), network.inverse()
        for z, given, others in assumed(q):
            assert all(separated(p, z, n, given) for n in others), (seed, z, given)
            left = given | set(others)  # on these alone z depends by the chain rule: no parent is one too many
            assert not any(separated(p, z, n, left - {n}) for n in given), (seed, z, given)
            edges += len(given)
        assert q.unfaithful(network) == []
        wrong += bool(network.inverse(faithful=False).unfaithful(network))
    assert edges > 1000 and wrong > 50  # the networks are no trivial ones


@pytest.mark.parametrize("seed", range(40))
def test_what_a_graph_wrongly_assumes(seed):
    """The lists of Alg. 2 and of a mean field are those of the definition."""
    network = random_network(seed)
    p = parents_of(network)
    for q in (network.inverse(faithful=False), network.mean_field()):
        listed = {(i.variable, other) for i in q.unfaithful(network) for other in i.others}
        brute = {(z, n) for z, given, others in assumed(q) for n in others if not separated(p, z, n, given)}
        assert listed == brute


def test_tree_with_two_leaves():
    assert TREE.inverse().text("q") == "q(b|x,y) q(a|b,x) q(r|a,b)"
    unfaithful = TREE.inverse(faithful=False).unfaithful(TREE)
    assert [str(i) for i in unfaithful] == [
        "a is independent of y given x",
        "b is independent of x, a given y",
    ]


def test_of_a_chain_and_of_two_causes_both_inverses_are_the_same():
    for network in (GMGAN, V_STRUCTURE):
        assert network.inverse().text("q") == network.inverse(faithful=False).text("q")


@pytest.mark.parametrize("nodes", list(itertools.permutations(M_SHAPE)))
def test_the_order_of_declaration_makes_no_inverse_unfaithful(nodes):
    network = BayesianNetwork(nodes)
    q = network.inverse()
    assert not q.unfaithful(network) and sum(len(q.parents[z]) for z in q.latent) == 6


def test_a_hidden_markov_model_looks_at_all_the_past():
    q = HIDDEN_MARKOV.inverse()
    assert q.text("q") == "q(past[1]|x[1]) q(past[t]|past[t-1],x[t]) q(k[T]|past[T]) q(k[t]|k[t+1],past[t])"
    parents = parents_of(q, 5)
    assert all(parents[f"k[{t}]"] == {f"k[{t + 1}]"} | {f"x[{s}]" for s in range(1, t + 1)} for t in range(1, 5))
    assert parents["k[5]"] == {f"x[{s}]" for s in range(1, 6)}
    wrong = HIDDEN_MARKOV.inverse(faithful=False).unfaithful(HIDDEN_MARKOV)
    assert str(wrong[1]) == "k[3] is independent of x[1], x[2] given k[4], x[3]"


COUPLED = [
    Node("y", observed=True),
    Node("a", ["a[t-1]", "b[t-1]"], plate=True),
    Node("b", ["b[t-1]", "a"], plate=True),
    Node("x", ["a", "b", "y"], plate=True, observed=True),
]
FACTORIAL = [
    Node("a", ["a[t-1]"], plate=True),
    Node("b", ["b[t-1]"], plate=True),
    Node("x", ["a", "b"], plate=True, observed=True),
]
CONTROLLED = [
    Node("u", observed=True, plate=True, input=True),
    Node("v", ["v[t-1]", "u"], plate=True),
    Node("x", ["v"], plate=True, observed=True),
]
LABELLED = [
    Node("v", ["v[t-1]"], plate=True),
    Node("x", ["v"], plate=True, observed=True),
    Node("y", ["v[1:T]"], observed=True),
]
SUMMARY = [Node("v", ["v[t-1]"], plate=True), Node("h", ["v[1:T]"]), Node("x", ["v", "h"], True, True)]
GROUPS = [Node("g"), Node("v", ["g"], plate=True), Node("x", ["v"], plate=True, observed=True)]
FEEDBACK = [Node("v", ["v[t-1]"], plate=True), Node("x", ["x[t-1]", "v"], plate=True, observed=True)]
AHEAD = [Node("v", ["v[t-1]"], plate=True), Node("x", ["v", "v[t-1]"], plate=True, observed=True)]
SECOND = [Node("v", ["v[t-1]", "v[t-2]"], plate=True), Node("x", ["v"], plate=True, observed=True)]
SKIPPING = [Node("v", ["v[t-2]"], plate=True), Node("x", ["v", "v[t-1]"], plate=True, observed=True)]
CONTROLLED_LATE = [
    Node("u", observed=True, plate=True, input=True),
    Node("v", ["v[t-1]", "u[t-2]"], plate=True),
    Node("x", ["v"], plate=True, observed=True),
]
PAST = [Node("past", ["past[t-1]"], plate=True), Node("x", ["past"], plate=True, observed=True)]


@pytest.mark.parametrize(
    "nodes",
    [
        list(STATE_SPACE.nodes.values()),
        COUPLED,
        FACTORIAL,
        CONTROLLED,
        LABELLED,
        SUMMARY,
        GROUPS,
        FEEDBACK,
        AHEAD,
        PAST,
        M_SHAPE,
    ],
)
@pytest.mark.parametrize("length", [2, 3, 5])
def test_the_faithful_inverse_of_a_plate(nodes, length):
    """By the definition on the unrolled network; its longer cousins by the product's own list."""
    plate = any(node.plate for node in nodes)
    check_faithful(nodes, length if plate else None, 3 if plate else None)


@pytest.mark.parametrize("nodes", [SECOND, SKIPPING, CONTROLLED_LATE])
@pytest.mark.parametrize("length", [3, 4, 7])
def test_the_faithful_inverse_of_longer_lags(nodes, length):
    check_faithful(nodes, length, 4)


def check_faithful(nodes, length, steps):
    """By the definition on the network unrolled to so many steps."""
    network = BayesianNetwork(nodes, length)
    q = network.inverse()
    assert not q.unfaithful(network)
    p = parents_of(BayesianNetwork(nodes, steps).unroll())
    for z, given, others in assumed(Graph(q.nodes.values(), length).unroll(steps)):
        assert all(separated(p, z, n, given) for n in others), z


def test_the_inverse_of_a_second_order_chain():
    network = BayesianNetwork(SECOND, 5)
    assert network.text("p") == "p(v[1]) p(v[2]|v[1]) p(v[t]|v[t-1],v[t-2]) p(x[t]|v[t])"
    ends = "q(v[T]|past[T]) q(v[T-1]|v[T],past[T-1])"
    assert network.inverse().text("q").endswith(f"{ends} q(v[t]|v[t+1],v[t+2],past[t])")
    assert network.inverse(False).text("q") == "q(v[T]|x[T]) q(v[T-1]|v[T],x[T-1]) q(v[t]|v[t+1],v[t+2],x[t])"


def test_groups_share_what_is_inferred_first():
    network = BayesianNetwork(GROUPS, 3)
    assert network.inverse().text("q") == "q(g|x[1:T]) q(v[t]|g,x[t])"
    assert network.inverse(faithful=False).text("q") == "q(v[t]|x[t]) q(g|v[1:T])"


def test_a_label_of_a_whole_sequence_makes_all_steps_dependent():
    network = BayesianNetwork(LABELLED, 4)
    past = "q(past[1]|x[1],y) q(past[t]|past[t-1],x[t],y)"
    v = "q(v[T]|y,past[T]) q(v[t]|y,past[t],future[t+1])"
    future = "q(future[T]|v[T]) q(future[t]|future[t+1],v[t])"
    assert sorted(network.inverse().text("q").split()) == sorted(f"{past} {v} {future}".split())
    factors = {str(f) for f in families_of_both(network, network.inverse())}
    assert factors == {"(y, x[1:t], v[t], v[1:T])"}


@pytest.mark.parametrize(("below", "faithful"), [("h", False), ("w", True), ("w", False)])
def test_a_plate_without_one_rule_is_refused(below, faithful):
    nodes = [Node("v", ["v[t-1]"], plate=True), Node("x", ["v"], True, True)]
    nodes += {"h": [Node("h", ["v[1:T]"]), Node("y", ["h"], True)], "w": [Node("w", ["v[1:T]"], True, True)]}[below]
    with pytest.raises(ValueError, match="The inverse of 'v'.*one rule for all steps.*graph of your own"):
        BayesianNetwork(nodes, 3).inverse(faithful)
