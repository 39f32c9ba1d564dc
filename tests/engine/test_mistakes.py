"""Wrong networks: what a person is told who never saw the code. Each message says what is wrong, what to do."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan import data
from graphical_gan.engine import priors
from graphical_gan.engine.checks import checked_samples
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.evaluation.image_study import check_data
from graphical_gan.game.factors import Factors
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import local_families
from tests.helpers import TINY, Dense, coupled, hidden_markov

X = Node("x", ["k"], observed=True)
NODES = (Node("k"), Node("h", ["k"]), Node("x", ["h"], observed=True))


class Layer(keras.layers.Layer):
    """A layer from a function of its inputs."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, inputs, stream=None, training=False):
        return self.function(inputs)


class Gathered(priors.GaussianTable):
    """The table, indexed."""

    def call(self, k, training=False):
        return tf.gather(self.means, tf.argmax(k, -1))


def unowned(units, *column):
    """A function with a layer that no model can find."""
    dense = Dense(units)
    return lambda inputs, training=False: dense(inputs)[(slice(None), *column)]


def declare(*nodes, length=None):
    return lambda: BayesianNetwork(nodes, length)


def parts():
    """The conditionals of k -> h -> x, of 3 components and vectors of 4 and 5."""
    table = priors.GaussianTable(3, 4)
    p = {"k": priors.uniform_one_hot(3), "h": table, "x": Dense(5)}
    q = {"h": Dense(4), "k": Relaxed(priors.GaussianPosterior(table))}
    return p, q


def build(p=None, q=None, d=None, graph=None):
    """The game with some parts replaced; those that are None are left out."""

    def build():
        network = BayesianNetwork(NODES)
        generative, recognition = parts()
        generative, recognition = generative | (p or {}), recognition | (q or {})
        recognition = {n: c for n, c in recognition.items() if c is not None}
        generative = {n: c for n, c in generative.items() if c is not None}
        model = GraphicalGAN(network, generative, recognition, graph and graph())
        Objective().game(model, local_families(network), TINY, {"(h, k)": d} if d else {})
        return model

    return build


def whole_chain():
    """A chain v[t] -> x[t] below which h looks at all of v at once."""
    nodes = [Node("v", ["v[t-1]"], plate=True), Node("h", ["v[1:T]"])]
    return BayesianNetwork([*nodes, Node("x", ["v", "h"], plate=True, observed=True)], 3)


def plate(*, border, q=2):
    """A chain v[t] -> x[t] with a first step of a size, or none, and a recognition network of a size."""
    network = BayesianNetwork([Node("v", ["v[t-1]"], plate=True), Node("x", ["v"], plate=True, observed=True)], 3)
    p = {"v": Dense(2), "x": Dense(2)} | ({"v[1]": priors.standard_normal(border)} if border else {})
    model = GraphicalGAN(network, p, {"v": Dense(q), "v[T]": Dense(2)}, network.inverse(faithful=False))
    checked_samples(model, make_stream(0))
    return model


def half_relaxed():
    """A discrete chain whose last step is a plain network."""
    model = hidden_markov()
    q = model.recognition | {"z[T]": Dense(3)}
    checked_samples(GraphicalGAN(model.network, model.generative, q, model.recognition_graph), make_stream(0))


MISTAKES = {
    "a name that is no word": (declare(Node("my h"), NODES[2]), "'my h'.*a name is a word.*Rename"),
    "a name twice": (declare(Node("h"), Node("h"), NODES[2]), "'h' is declared twice.*Rename or remove"),
    "a parent that is not declared": (declare(NODES[1], NODES[2]), "'k', which is not declared.*Declare the parent"),
    "a cycle": (declare(Node("a", ["b"]), Node("b", ["a"]), Node("x", ["b"], observed=True)), "cycle.*Remove or turn"),
    "a plate without a length": (declare(Node("x", plate=True, observed=True)), "length=None.*Give length=T"),
    "a length without a plate": (declare(Node("x", observed=True), length=3), "length=3, but.*Remove it"),
    "a lag off the plate": (declare(Node("h"), Node("x", ["h[t-1]"], observed=True)), "outside the plate.*Declare"),
    "a lag ahead": (
        declare(Node("x", ["x[t+1]"], plate=True, observed=True), length=3),
        r"a step ahead; in p lags look back. Write \[t-1\]",
    ),
    "nothing observed": (declare(Node("h")), "No node is observed.*Declare one observed=True"),
    "data above a latent": (
        declare(Node("x", observed=True), Node("h", ["x"])),
        "observed parent 'x'.*Turn the edge, .*input=True",
    ),
    "a plate with a name": (lambda: Node("g", plate="groups"), "'g' has plate='groups'; expected True or"),
    "a step that is none": (
        declare(Node("x", ["x[t-10]"], plate=True, observed=True), length=30),
        r"parent 'x\[t-10\]'; expected a step such as x\[t\], x\[t-1\], .*at most 9 from t. Write one of these",
    ),
    "a lag as long as the plate": (
        declare(Node("x", ["x[t-3]"], plate=True, observed=True), length=3),
        "length=3 with the lags of 'x'; expected so many steps that one sees.*Give a larger length, or shorter lags",
    ),
    "an inverse that is no rule": (
        lambda: whole_chain().inverse(faithful=False),
        r"The inverse of 'v' differs from step to step.*'v\[t\+2\]'.*give a recognition graph of your own",
    ),
    "observed and partly": (declare(Node("x", observed=True, partly=True)), "'x' is partly=True.*Leave out one"),
    "no conditional": (build(p={"x": None}), r"p has no conditional for x.*Add p\['x'\]"),
    "no conditional in q": (build(q={"k": None}), r"q has no conditional for k.*Add q\['k'\]"),
    "no border": (
        lambda: plate(border=None),
        r"p has no conditional for v\[1\].*Add p\['v\[1\]'\]",
    ),
    "a first step of another size": (
        lambda: plate(border=3),
        r"p\['v'\] gives the shape \(2,\), p\['v\[1\]'\] gave \(3,\).*Give both the same size",
    ),
    "a last step of another size": (
        lambda: plate(border=2, q=3),
        r"q\['v'\] gives the shape \(3,\), q\['v\[T\]'\] gave \(2,\).*Give both the same size",
    ),
    "a conditional of nothing": (build(q={"z": Dense(2)}), "q has a conditional for z.*Remove it, or mend its name"),
    "a number for a root": (build(p={"k": 3}), r"p\['k'\] is 3; expected a tfp distribution, or a layer.*Replace"),
    "a distribution for a child": (build(p={"x": tfd.Normal(0.0, 1.0)}), r"p\['x'\] is .*expected a callable.*Replace"),
    "a graph of q that forgets": (
        build(graph=lambda: Graph([Node("x", observed=True), Node("h", ["x"])])),
        r"has the variables \['h', 'x'\], the network \['h', 'k', 'x'\].*Declare the missing",
    ),
    "a graph of q that samples the data": (
        build(graph=lambda: Graph(NODES)),
        "recognition graph gives the observed x parents.*Declare it without parents",
    ),
    "a latent blind to the data": (
        build(graph=lambda: Graph([Node("x", observed=True), Node("h", ["x"]), Node("k")])),
        "'k' depends on no data in the recognition graph.*Give it the parent 'x'",
    ),
    "parents as a word": (lambda: Node("x", "code"), r"'code', a word.*\['code'\]"),
    "a relaxation that is none": (
        lambda: Relaxed(Dense(3), "gumbel"),
        "relaxation='gumbel' is unknown; expected one of concrete, .*Choose",
    ),
    "a divergence that is none": (
        lambda: Objective("wgan"),
        "divergence='wgan' is unknown; expected one of js, .*Choose",
    ),
    "a reconstruction without weight": (
        lambda: Objective(reconstruction="x"),
        "reconstruction='x'.*reconstruction_weight=None.*Give both",
    ),
    "a reconstruction without distance": (
        lambda: Objective(reconstruction="x", reconstruction_weight=1.0),
        "reconstruction_distance=None.*Give both",
    ),
    "factors without discriminators": (
        lambda: Objective().game(None, local_families(BayesianNetwork(NODES))),
        r"The factors \(h, k\), \(x, h\) have no discriminator.*Give networks",
    ),
    "a critic without penalty": (
        lambda: Objective("wasserstein_gp"),
        "--gradient_penalty=0.0 with --divergence=wasserstein_gp.*Give --gradient_penalty=10",
    ),
    "shapes that don't fit": (
        build(p={"h": priors.GaussianTable(7, 4)}),
        r"p\['h'\] fails on inputs of shape \(2, 3\): Matrix size-incompatible: .*Make it accept",
    ),
    "a lambda without training": (build(p={"x": lambda h: h}), r"p\['x'\] fails.*keyword argument 'training'\. Make"),
    "no callable": (build(p={"h": 3}), r"p\['h'\] is 3; expected a callable of its parents.*Replace"),
    "nothing returned": (build(p={"x": Layer(lambda h: None)}), r"p\['x'\] fails.*returns NoneType, expected a tensor"),
    "an array returned": (build(p={"x": Layer(np.array)}), r"p\['x'\] fails.*returns ndarray, expected a tensor or"),
    "a pair returned": (build(p={"x": Layer(lambda h: (h, h))}), r"p\['x'\] fails.*returns tuple, expected a tensor"),
    "sizes of p and q": (
        build(p={"h": Dense(6)}, q={"h": Dense(6), "k": Relaxed(Dense(4))}),
        r"'k' has the shape \(3,\) in p and \(4,\) in q.*Give the last layer",
    ),
    "a parent ignored": (
        build(p={"x": Layer(lambda h: tf.zeros([2, 5]))}),
        r"p\['x'\] ignores its parent 'h'.*Use the parent's value, or remove the edge",
    ),
    "a discrete variable without relaxation": (
        build(q={"k": Dense(3)}),
        r"'k' is discrete in p, one-hot, but q\['k'\].*Wrap its logits: Relaxed",
    ),
    "a soft discrete variable without relaxation": (
        build(q={"k": keras.Sequential([Dense(3), keras.layers.Softmax()])}),
        r"'k' is discrete in p, one-hot, but q\['k'\].*Wrap its logits: Relaxed",
    ),
    "an implicit discrete variable without relaxation": (
        build(p={"h": Layer(lambda k: 1.0 * k)}, q={"h": Dense(3), "k": Relaxed(Dense(3))}),
        r"'h' is discrete in p, one-hot, but q\['h'\].*Wrap its logits: Relaxed",
    ),
    "a relaxation of a continuous variable": (
        build(p={"k": priors.standard_normal(3)}),
        r"q\['k'\] is Relaxed.*p\['k'\] draws from MultivariateNormalDiag.*Give p a OneHotCategorical",
    ),
    "scores of each entry": (
        build(p={"h": Layer(lambda k: tfd.Bernoulli(logits=tf.concat([k, k], -1)[:, :4]))}),
        r"p\['h'\] gives log-probabilities of the shape \(2, 4\) for 2 rows.*tfd.Independent\(\.\.\., 1\)",
    ),
    "a network that nobody owns": (
        build(p={"x": unowned(5)}),
        r"p\['x'\] uses variables that the model doesn't own.*expected a Keras layer.*Make it one",
    ),
    "a table that nobody owns": (
        build(q={"h": Relaxed(unowned(4))}),
        r"q\['h'\] uses variables that the model doesn't own.*expected a Keras layer",
    ),
    "a discriminator that nobody owns": (
        build(d=Layer(unowned(1, 0))),
        r"discriminator of \(h, k\) uses variables that the model doesn't own",
    ),
    "a prior with something to learn": (
        build(p={"k": tfd.OneHotCategorical(logits=tf.Variable(tf.zeros([3])))}),
        r"p\['k'\] uses variables that the model doesn't own.*of a node without parents it gets ones",
    ),
    "a gradient cut": (
        build(q={"k": Relaxed(Layer(lambda h: tf.one_hot(tf.argmax(h, -1), 3)))}),
        r"q\['k'\] passes no gradient to its parent 'h', which has something to learn.*Multiply",
    ),
    "integers": (
        build(q={"k": Layer(lambda h: tf.argmax(h, -1))}),
        r"q\['k'\] gives the shape \(2,\) for 2 rows.*one-hot vectors",
    ),
    "rows lost": (
        build(p={"x": Layer(lambda h: tf.reduce_mean(h, 0, keepdims=True))}),
        r"p\['x'\] gives the shape \(1, 4\) for 2 rows.*Keep the first axis",
    ),
    "many logits": (
        build(d=Layer(lambda v: tf.concat(v, -1))),
        r"discriminator of \(h, k\) gives the shape \(2, 7\) for 2 rows.*End it with Dense\(1\)",
    ),
    "a variable unseen": (
        build(d=Layer(lambda v: v[0][:, 0])),
        r"discriminator of \(h, k\) ignores k.*Use the value, or leave the edge out",
    ),
    "too few discriminators": (
        lambda: Factors(local_families(BayesianNetwork(NODES)), []),
        r"0 discriminators for the 2 factors \(h, k\), \(x, h\).*Add or remove",
    ),
    "a given name that is none": (
        lambda: build()().generate(make_stream(0), 2, {"kk": tf.eye(3)[:2]}),
        r"generate\(given=\.\.\.\) names 'kk'; expected names among k, h, x\. Use one of these",
    ),
    "a start without a lag": (
        lambda: build()().generate(make_stream(0), 2, start={"h": tf.zeros([2, 4])}),
        r"generate\(start=\.\.\.\) names 'h'; expected names among \(none\)\. Use one of these",
    ),
    "a start of one of two that drive each other": (
        lambda: coupled().generate(make_stream(0), 2, start={"a": tf.zeros([2, 2])}),
        r"generate\(start=\.\.\.\) names a without b; they drive each other, .*Give start\['b'\]",
    ),
    "an end without relaxation": (
        half_relaxed,
        r"q\['z'\] is Relaxed, and not q\['z\[T\]'\].*Wrap both in Relaxed",
    ),
    "data without x": (
        lambda: build()().infer({"image": tf.zeros([2, 5])}, make_stream(0)),
        r"data holds image; the observed x is missing.*not trained for. Give data\['x'\] without NaN.*partly=True",
    ),
    "data with a hole": (
        lambda: build()().infer({"x": np.array([[1, 2, 3, 4, np.nan]] * 2)}, make_stream(0)),
        r"data holds x; the observed x is missing, or NaN.*Give data\['x'\] without NaN",
    ),
    "an input with parents": (
        declare(Node("k"), Node("u", ["k"], observed=True, input=True)),
        "'u' is input=True, and has parents; .*Declare it observed=True without parents, or leave input out",
    ),
    "an input that is latent": (declare(Node("u", input=True), NODES[0], X), "'u' is input=True, and not observed"),
    "a root that draws nothing": (build(p={"k": Dense(3)}), r"p\['k'\] fails.*no parents and returns a tensor"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_explained(mistake):
    wrong, message = MISTAKES[mistake]
    with pytest.raises(ValueError, match=message):
        wrong()


@pytest.mark.parametrize("seed", [2, 18, 39])
def test_a_discrete_value_that_is_the_same_by_chance_is_not_taken_for_one_that_ignores_its_parent(seed):
    wrong, message = MISTAKES["a gradient cut"]
    keras.utils.set_random_seed(seed)
    with pytest.raises(ValueError, match=message):
        wrong()


def test_a_parent_without_a_gradient_that_has_nothing_to_learn():
    assert build(p={"h": Gathered(3, 4)})().discrete == ("k",)


def test_unusual_types_become_float32():
    k = tfd.OneHotCategorical(logits=tf.zeros([3]))  # of integers
    h = Layer(lambda k: tfd.Independent(tfd.Bernoulli(logits=tf.cast(tf.concat([k, k], -1)[:, :4], tf.float64)), 1))
    sample = build(p={"k": k, "h": h})().generate(make_stream(0), 2)
    assert {v.dtype for v in [*sample.values.values(), *sample.scores.values()]} == {tf.float32}


def test_vectors_of_bernoullis_are_not_discrete():
    bits = tfd.Independent(tfd.Bernoulli(logits=tf.zeros([3]), dtype=tf.float32), 1)
    model = build(p={"k": bits, "h": Layer(lambda k: 1.0 * k)}, q={"h": Dense(3), "k": Dense(3)})()
    assert not model.discrete


def test_the_right_network_passes():
    assert build()().discrete == ("k",)
    assert plate(border=2).network.has_plate


@pytest.mark.parametrize(
    ("network", "labels", "labelled", "message"),
    [
        ([Node("k"), Node("image", ["k"], True)], 0, None, 'observes image;.*Name the node of the images "x"'),
        ([Node("k"), Node("y", (), True), X], 0, None, "observes y, x;.*declare the others latent"),
        ([Node("k", partly=True), X], 0, "k", "--labels=0 with the partly observed nodes k.*Give"),
        ([Node("k"), X], 9, None, r"--labels=9 with .* nodes \(none\); labels are for no node"),
        ([Node("k", partly=True), X], 9, "k", r"p draws k of shape \[3\], the data holds \[10\]"),
        ([Node("k"), X], 0, None, r"p draws x of shape \[5\], the data holds \[16, 16, 1\]"),
    ],
)
def test_a_network_that_the_data_does_not_fit(network, labels, labelled, message):
    network = BayesianNetwork(network)
    conditionals = {"k": priors.uniform_one_hot(3), "x": Dense(5), "image": Dense(5), "y": priors.uniform_one_hot(3)}
    model = GraphicalGAN(network, {n: conditionals[n] for n in network.order}, {"k": Relaxed(Dense(3))})
    with pytest.raises(ValueError, match=message):
        check_data(model, {"labels": labels}, data.DESCRIPTIONS["digits"], labelled)
