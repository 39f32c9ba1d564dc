"""Networks of one's own over clips: what the data must fit, and what a SavedModel of any such network can do."""

import dataclasses
import math
import types

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data
from graphical_gan.common import scaling
from graphical_gan.data.clips import bouncing, dataset, splits
from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.evaluation.clip_study import ClipStudy, check_data
from graphical_gan.export.clips import ClipFunctions
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import local_families
from graphical_gan.runs import programs
from tests.helpers import TINY, Dense

T, SHAPE = 4, (2, 3, 1)
H, V = Node("h"), Node("v", plate=True)
X = Node("x", ["h"], plate=True, observed=True)
Y = Node("y", observed=True)
MOVING_DIGITS, MOVING_MNIST = (data.CLIP_DESCRIPTIONS[n] for n in ("moving_digits", "moving_mnist"))


class Frame(Dense):
    """A frame of its parents side by side, frames among them."""

    def __init__(self, shape=SHAPE):
        super().__init__(math.prod(shape))
        self.shape = shape

    def call(self, parents, training=False):
        parents = parents if isinstance(parents, tuple) else (parents,)
        flat = tuple(tf.reshape(p, [-1, math.prod(p.shape[1:])]) for p in parents)
        return tf.reshape(super().call(flat), [-1, *self.shape])


class Whole(Dense):
    """A vector of a clip."""

    def call(self, clip, training=False):
        return self.dense(tf.reshape(clip, [-1, math.prod(clip.shape[1:])]))


def model(*nodes, length=T, shape=SHAPE):
    """Any network of h, v, y and x, with q that sees the clip alone."""
    network = BayesianNetwork(nodes, length=length)
    p = {"h": priors.standard_normal(2), "v": priors.standard_normal(2), "y": priors.uniform_one_hot(10)}
    p |= {"x": Frame(shape), "x[1]": Frame(shape), "image": Frame(shape)}
    (image,) = [n for n in ("x", "image") if n in network.nodes]
    given = {"h": [f"{image}[1:T]"], "v": [image]}
    latents = [Node(n, given[n], plate=network[n].plate, partly=network[n].partly) for n in network.latent]
    graph = Graph([*(dataclasses.replace(network[n], parents=()) for n in network.observed), *latents], length)
    needed = {c for n in network.order for c in (n, *network.borders(n))}
    q = {n: {"h": Whole, "v": Whole}[n](2) for n in network.latent}
    made = GraphicalGAN(network, {n: c for n, c in p.items() if n in needed}, q, graph)
    made.infer(made.generate(make_stream(0), 1).values, make_stream(0))  # all variables are there
    return made


@pytest.mark.parametrize(
    ("nodes", "data_spec", "settings", "message"),
    [
        (
            (H, dataclasses.replace(X, name="image")),
            MOVING_DIGITS,
            {},
            'observes image; .* Name the node of the frames "x"',
        ),
        ((H, Y, X), MOVING_DIGITS, {}, "observes y, x; --dataset=moving_digits holds x. .*declare others latent"),
        ((dataclasses.replace(H, partly=True), X), MOVING_DIGITS, {}, "declares h partly=True.*Leave partly out"),
        ((H, X), MOVING_DIGITS, {"T": 8}, "plate of length 4 with x .* the length --T=8"),
        ((H, dataclasses.replace(Y, plate=True), X), MOVING_MNIST, {}, "length 4 with y, x .* expected x alone"),
        ((H, X), MOVING_DIGITS, {}, r"p draws x of shape \[4, 2, 3, 1\], the data holds \[4, 32, 32, 1\]"),
    ],
)
def test_a_network_that_the_clips_do_not_fit(nodes, data_spec, settings, message):
    with pytest.raises(ValueError, match=message):
        check_data(model(*nodes), {"T": T, "dataset": "moving_digits"} | settings, data_spec)


def test_the_data_is_compared_before_training():
    own = programs.of_clips("mine", lambda settings, data_spec: types.SimpleNamespace(model=model(H, X)))
    with pytest.raises(ValueError, match="p draws x of shape"):
        own.build({"T": T, "dataset": "moving_digits"}, MOVING_DIGITS)
    for name in ("ssgan", "a/b", ""):
        with pytest.raises(ValueError, match="Give it another name"):
            programs.of_clips(name, None)


def test_discriminators_of_frames_that_follow_frames():
    made = model(H, V, dataclasses.replace(X, parents=["x[t-1]", "h", "v"]), shape=TINY.image_shape)
    families = local_families(made.network)
    own = {"(x[t], x[t-1], h, v[t])": Two()}
    Objective().game(made, families, TINY, own)


class Two(Dense):
    """Logit of two frames and vectors."""

    def __init__(self):
        super().__init__(1)

    def call(self, variables, stream=None, training=False):
        return super().call(tuple(tf.reshape(v, [-1, math.prod(v.shape[1:])]) for v in variables))[:, 0]


@pytest.mark.parametrize("nodes", [(H, X), (H, Y, X)])
def test_a_network_may_leave_out_the_labels(nodes):
    settings = {"T": T, "dataset": "moving_mnist"}
    check_data(model(*nodes, shape=(64, 64, 1)), settings, MOVING_MNIST)
    digits = bouncing.Bouncing(np.random.RandomState(0).randint(0, 256, (20, 4, 4, 1), np.uint8), 8)
    split = splits.ClipSplit(digits, T, np.arange(20) % 10)
    parts = {name: split for name in ("train", "validation", "test")}
    clips = dataset.ClipDataset(
        name="m",
        length=T,
        splits=parts,
        label_names=tuple("0123456789"),
        conditioned=True,
        scaling=scaling.SYMMETRIC,
    )
    study = ClipStudy(model(*nodes, shape=(8, 8, 1)), clips)
    assert {"samples", "reconstructions", "analogies", "film"} == set(study.pictures())
    assert study.scores("validation")["analogy_mse"] > 0


@pytest.mark.parametrize(
    "nodes",
    [(H, X), (V, dataclasses.replace(X, parents=["v"])), (H, V, dataclasses.replace(X, parents=["x[t-1]", "h", "v"]))],
    ids=["content alone", "motion alone", "frames that follow frames"],
)
def test_functions_of_any_clip(nodes):
    made = model(*nodes)
    functions = ClipFunctions(made, SHAPE, scaling.SYMMETRIC)
    clip, other = functions.sample(3, 2 * T, 0)[:, :T], functions.sample(3, T, 1)
    for found in (functions.reconstruct(clip), functions.motion_analogy(clip, other)):
        assert found.shape == (3, T, *SHAPE)
    further = functions.continue_(5, clip)
    assert further.shape == (3, 5, *SHAPE)
    if made.network.borders("x"):
        # With the same draws, only the last frame tells two clips apart.
        changed = tf.concat([clip[:, :-1], 1 - clip[:, -1:]], 1)
        h = functions.infer(clip)["h"]
        start = {"x": 2 * clip[:, -1] - 1}
        assert np.abs(functions.continue_(5, changed) - further).max() > 1e-3
        rolled = made.generate(make_stream(0), 3, {"h": h}, 6, start=start).values["x"][:, 1:]
        np.testing.assert_allclose(further, np.clip((rolled + 1) / 2, 0, 1), atol=1e-5)


def test_clips_go_on_from_where_they_are():
    """a has the lag, b alone tells where it is."""
    x = dataclasses.replace(X, parents=["b"])
    network = BayesianNetwork([Node("a", ["b[t-1]"], plate=True), Node("b", ["a"], plate=True), x], length=T)
    p = {"a[1]": priors.standard_normal(2), "a": Dense(2), "b": Dense(2), "x": Frame()}
    graph = Graph([dataclasses.replace(x, parents=()), *(Node(n, ["x"], plate=True) for n in "ab")], T)
    made = GraphicalGAN(network, p, {"a": Whole(2), "b": Whole(2)}, graph)
    made.infer(made.generate(make_stream(0), 1).values, make_stream(0))
    functions = ClipFunctions(made, SHAPE, scaling.SYMMETRIC)
    one, other = (functions.continue_(3, functions.sample(1, T, seed)) for seed in (0, 1))
    assert np.abs(one - other).max() > 1e-3
