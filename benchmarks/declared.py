"""Networks of one's own as a user declares them: a drawing, the conditionals of p, which are the truth, those of q.

Each function is a declaration. `benchmarks.networks` trains it from data alone, and compares q with exact posteriors.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from benchmarks.conditionals import (
    Chosen,
    Expert,
    Gate,
    Linear,
    LinearJoint,
    LinearNormal,
    Normal,
    Present,
    logits,
    memory,
    weights,
)
from graphical_gan.engine.priors import standard_normal
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node

NOISE = 0.19**0.5  # beside a slope of 0.9 it keeps a variance of 1
PATTERN = 0.4 * np.sin(np.arange(25) / 2.0)[None]  # of an image of 5 x 5 pixels


class Declared(NamedTuple):
    """A network with its conditionals; q is along the default, the faithful inverse.

    Attributes:
        network: the drawing.
        p: its conditionals: those that are held are the truth.
        q: those of the latent variables.
        truth: what the data is drawn from in place of conditionals of p that are learned.
    """

    network: BayesianNetwork
    p: Mapping[str, Any]
    q: Mapping[str, Any]
    truth: Mapping[str, Any] = {}


def explaining_away():
    network = BayesianNetwork([Node("a"), Node("b"), Node("x", ["a", "b"], observed=True)])
    p = {"a": standard_normal(1), "b": standard_normal(1), "x": Linear([1.0, 0.8], 0.6)}
    return Declared(network, p, {"a": LinearNormal(), "b": LinearNormal()})


def deep():
    nodes = [Node("a"), *(Node(n, [m]) for m, n in ("ab", "bc", "cd")), Node("x", ["d"], observed=True)]
    p = {"a": standard_normal(1), **{n: Linear([0.9], NOISE) for n in "bcd"}, "x": Linear([1.0], 0.7)}
    return Declared(BayesianNetwork(nodes), p, {n: LinearNormal() for n in "abcd"})


def diamond():
    nodes = [Node("a"), Node("b", ["a"]), Node("c", ["a"]), Node("x", ["b", "c"], observed=True)]
    p = {"a": standard_normal(1), "b": Linear([0.9], 0.5), "c": Linear([0.7], 0.7), "x": Linear([1.0, -0.8], 0.6)}
    return Declared(BayesianNetwork(nodes), p, {n: LinearNormal() for n in "abc"})


def two_leaves():
    nodes = [Node("a"), Node("b", ["a"]), Node("c", ["a"])]
    nodes += [Node("x", ["b"], observed=True), Node("y", ["c"], observed=True)]
    p = {"a": standard_normal(1), **{n: Linear([0.9], NOISE) for n in "bc"}, **{n: Linear([1.0], 1.0) for n in "xy"}}
    return Declared(BayesianNetwork(nodes), p, {n: LinearNormal() for n in "abc"})


def two_views():
    """An image and three numbers."""
    nodes = [Node("h"), Node("image", ["h"], observed=True), Node("numbers", ["h"], observed=True)]
    p = {
        "h": standard_normal(1),
        "image": Linear([PATTERN], 1.0, [5, 5, 1]),
        "numbers": Linear([[[1.0, -0.5, 0.8]]], 1.0),
    }
    return Declared(BayesianNetwork(nodes), p, {"h": LinearNormal()})


def conditional():
    """Given an input u of two numbers."""
    nodes = [Node("u", observed=True, input=True), Node("v", ["u"]), Node("x", ["v", "u"], observed=True)]
    p = {
        "u": standard_normal(2),
        "v": Linear([[[0.8], [-0.5]]], 0.6),
        "x": Linear([1.0, [[0.4], [0.0]]], 0.7),
    }
    return Declared(BayesianNetwork(nodes), p, {"v": LinearNormal()})


def experts():
    """Which expert k explains x given u; a gate chooses it by u."""
    nodes = [Node("u", observed=True, input=True), Node("k", ["u"]), Node("x", ["k", "u"], observed=True)]
    p = {
        "u": standard_normal(1),
        "k": Gate([[1.5, 0.0, -1.5]], [0.0, 0.5, 0.0]),
        "x": Expert([1.0, 0.0, -1.0], [-1.0, 0.0, 1.0], 0.7),
    }
    return Declared(BayesianNetwork(nodes), p, {"k": logits(3)})


def table():
    """A mixture of rows of a table, two numbers and a colour of four; the weights of the mixture are learned."""
    nodes = [Node("k"), Node("numbers", ["k"], observed=True), Node("colour", ["k"], observed=True)]
    p = {
        "k": weights(3),
        "numbers": Linear([[[-1.0, 0.5], [0.0, -1.0], [1.0, 0.5]]], 0.8),
        "colour": Chosen([[0.6, 0.2, 0.1, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.1, 0.2, 0.6]]),
    }
    truth = {"k": tfd.OneHotCategorical(probs=[0.5, 0.3, 0.2], dtype=tf.float32)}
    return Declared(BayesianNetwork(nodes), p, {"k": logits(3)}, truth)


def hidden_markov():
    """Two states, with the probabilities of the first one learned."""
    nodes = [Node("k", ["k[t-1]"], plate=True), Node("x", ["k"], plate=True, observed=True)]
    p = {"k[1]": weights(2), "k": Chosen([[0.85, 0.15], [0.15, 0.85]]), "x": Linear([[[-1.0], [1.0]]], 1.0)}
    q = {"past[1]": memory(), "past": memory(), "k[T]": logits(2), "k": logits(2)}
    truth = {"k[1]": tfd.OneHotCategorical(probs=[0.8, 0.2], dtype=tf.float32)}
    return Declared(BayesianNetwork(nodes, length=4), p, q, truth)


def coupled_chains():
    """Each drives the other; the data is their sum."""
    nodes = [
        Node("a", ["a[t-1]", "b[t-1]"], plate=True),
        Node("b", ["b[t-1]", "a[t-1]"], plate=True),
        Node("x", ["a", "b"], plate=True, observed=True),
    ]
    p = {
        "a[1]": standard_normal(1),
        "b[1]": standard_normal(1),
        "a": Linear([0.7, 0.4], 0.6),
        "b": Linear([0.7, -0.4], 0.6),
        "x": Linear([1.0, 1.0], 0.5),
    }
    q = {name: Normal() for name in ("a[T]", "b[T]", "a", "b")} | {"past[1]": memory(), "past": memory()}
    return Declared(BayesianNetwork(nodes, length=4), p, q)


def driven():
    """A chain with an input at each step."""
    nodes = [
        Node("u", observed=True, input=True, plate=True),
        Node("v", ["v[t-1]", "u"], plate=True),
        Node("x", ["v"], plate=True, observed=True),
    ]
    p = {
        "u": standard_normal(1),
        "v[1]": Linear([0.6], 0.8),
        "v": Linear([0.7, 0.6], 0.5),
        "x": Linear([1.0], 0.7),
    }
    q = {"v[T]": Normal(), "v": Normal(), "past[1]": memory(), "past": memory()}
    return Declared(BayesianNetwork(nodes, length=4), p, q)


def groups():
    """Three images that share g, each of a v[t] of its own."""
    nodes = [Node("g"), Node("v", ["g"], plate=True), Node("x", ["v"], plate=True, observed=True)]
    p = {"g": standard_normal(1), "v": Linear([0.8], 0.6), "x": Linear([PATTERN], 1.0, [5, 5, 1])}
    return Declared(BayesianNetwork(nodes, length=3), p, {"g": LinearNormal(), "v": LinearNormal()})


def nested():
    """Schools of two classes of three pupils who give two answers each: the classes are the plate, pupils a vector."""
    nodes = [Node("school"), Node("class", ["school"], plate=True), Node("pupils", ["class"], plate=True)]
    nodes.append(Node("answers", ["pupils"], plate=True, observed=True))
    p = {
        "school": standard_normal(1),
        "class": Linear([0.8], 0.6),
        "pupils": Linear([[[0.7] * 3]], 0.6),
        "answers": Linear([np.repeat(np.eye(3), 2, axis=1)], 0.8),
    }
    q = {"school": LinearNormal(), "class": LinearNormal(), "pupils": LinearJoint(3)}  # dependent given the answers
    return Declared(BayesianNetwork(nodes, length=2), p, q)


def ragged_groups():
    """Up to four numbers that share g; an input, the mask, says which of them a group has."""
    nodes = [
        Node("mask", observed=True, input=True, plate=True),
        Node("g"),
        Node("v", ["g"], plate=True),
        Node("x", ["v", "mask"], plate=True, observed=True),
    ]
    p = {
        "mask": tfd.Independent(tfd.Bernoulli(probs=[0.6], dtype=tf.float32), 1),
        "g": standard_normal(1),
        "v": Linear([0.8], 0.6),
        "x": Present(0.5),
    }
    return Declared(BayesianNetwork(nodes, length=4), p, {"g": Normal(), "v": Normal()})


def second_order():
    """What comes next depends on the last two steps."""
    nodes = [Node("v", ["v[t-1]", "v[t-2]"], plate=True), Node("x", ["v"], plate=True, observed=True)]
    p = {
        "v[1]": standard_normal(1),
        "v[2]": Linear([0.8], 0.6),
        "v": Linear([1.2, -0.6], 0.5),
        "x": Linear([1.0], 0.7),
    }
    q = {name: Normal() for name in ("v[T]", "v[T-1]", "v")} | {"past[1]": memory(), "past": memory()}
    return Declared(BayesianNetwork(nodes, length=5), p, q)


def labelled_sequence():
    """A chain, and a number that says how it went on the whole."""
    nodes = [
        Node("v", ["v[t-1]"], plate=True),
        Node("x", ["v"], plate=True, observed=True),
        Node("y", ["v[1:T]"], observed=True),
    ]
    p = {
        "v[1]": standard_normal(1),
        "v": Linear([0.8], 0.6),
        "x": Linear([1.0], 1.0),
        "y": Linear([[[0.5], [0.5], [0.5], [0.5]]], 0.5),
    }
    q = {
        "v[T]": Normal(),
        "v": Normal(),
        "past[1]": memory(),
        "past": memory(),
        "future[T]": memory(),
        "future": memory(),
    }
    return Declared(BayesianNetwork(nodes, length=4), p, q)
