"""A network of one's own on arrays: given as a model, a game or a program; mistakes."""

import json
import math
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data, fit, report
from graphical_gan.data import npy, variables
from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.families import local_families
from graphical_gan.layers.dense import dense_networks
from graphical_gan.layers.networks import image_networks
from graphical_gan.runs import programs, reopen, scoring
from tests.helpers import TINY as NETWORKS
from tests.helpers import Dense, hidden_markov

RANDOM = np.random.default_rng(0)
X, W = RANDOM.normal(3, 2, (60, 3)), RANDOM.normal(0, 1, (60, 2))
TINY = {"steps": 3, "batch_size": 8, "log_every": 3, "evaluate_every": 3, "save_every": 3}
SIZES = TINY | {"width": 1, "units": 4}


def network(partly=False):
    """k -> x, k -> w: a class and two things that are seen of it."""
    nodes = [Node("k", partly=partly), Node("x", ["k"], observed=True), Node("w", ["k"], observed=True)]
    return BayesianNetwork(nodes)


def model(partly=False):
    p = {"k": priors.uniform_one_hot(4), "x": Dense(3), "w": Dense(2)}
    return GraphicalGAN(network(partly), p, {"k": Relaxed(Dense(4), "straight_through_concrete", 0.1)})


def build(settings, data_spec):
    networks = dense_networks(settings)
    p = {"k": priors.uniform_one_hot(settings["K"])}
    p |= {name: networks.extractor(shape[0]) for name, shape in data_spec.shapes.items()}
    q = {"k": Relaxed(networks.extractor(settings["K"]), settings["relaxation"], settings["temperature"])}
    made = GraphicalGAN(network(), p, q)
    return Objective.from_settings(settings).game(made, local_families(network()), networks)


PROGRAM = programs.of_variables("mine", build)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    return fit(PROGRAM, {"x": X, "w": W}, run_dir=path, **SIZES, K=4)


def test_a_program_leaves_a_run_of_the_commands(done, monkeypatch):
    path = done.run_dir
    saved = json.loads((path / "settings.json").read_text())
    assert saved["program"] == saved["model"] == "mine" and saved["dataset"] == "variables" and saved["K"] == 4
    monkeypatch.setattr(reopen, "named", lambda name, file: PROGRAM)
    program, settings = reopen.settings_of(path, {})
    opened = reopen.open_run(path, program, settings)
    assert scoring.score(opened.run, opened.study) == pytest.approx(done.scores, rel=1e-4)
    assert set(done.scores) == {"mse", "mse_random_pair"}
    assert "mine on variables, K = 4" in report.page(path, settings, [])
    assert list((path / "pictures").glob("samples-*.png"))


def test_the_score_is_that_of_numpy(done):
    rows = variables.split(variables.checked({"x": X, "w": W}), None)
    both = {name: (part.values["x"], part.values["w"]) for name, part in rows.items()}
    again = done.model.reconstruct({n: tf.constant(v) for n, v in rows["test"].values.items()}, _stream())
    deviations = [array.std(0) for array in both["train"]]
    errors = [((a - again[n].numpy()) / d) ** 2 for a, n, d in zip(both["test"], ("x", "w"), deviations, strict=True)]
    assert done.scores["mse"] == pytest.approx(np.concatenate(errors, 1).mean(), rel=1e-4)


def _stream():
    from graphical_gan.engine.randomness import make_stream

    return make_stream(0).at("evaluation")


def test_the_export(done):
    exported = tf.saved_model.load(str(done.run_dir / "saved_model"))
    drawn = exported.sample(5, 1)
    assert {n: v.shape for n, v in drawn.items()} == {"k": (5, 4), "x": (5, 3), "w": (5, 2)}
    data_of = tf.constant(X[:3], tf.float32), tf.constant(W[:3], tf.float32)
    found = exported.infer(*data_of)
    assert set(found) == {"k", "k_probabilities"} and found["k"].shape == (3,)
    np.testing.assert_array_equal(found["k"], np.argmax(found["k_probabilities"], 1))
    assert {n: v.shape for n, v in exported.reconstruct(*data_of).items()} == {"x": (3, 3), "w": (3, 2)}
    assert exported.infer(data_of[0][:0], data_of[1][:0])["k"].shape == (0,)


def test_memory_a_folder_and_tensorflow_give_the_same_data(tmp_path, done):
    values = {"x": X, "w": W}
    npy.write(tmp_path / "data", values)
    own = data.load_variables(tmp_path / "data", holdout=5)
    spec = data.describe_variables(tmp_path / "data", holdout=5)
    assert (len(own.train), len(own.validation), len(own.test)) == (49, 5, 6)
    assert (spec.training_examples, spec.validation_examples, spec.test_examples) == (49, 5, 6)
    assert spec.shapes == {"x": (3,), "w": (2,)} and not spec.missing
    place = {x.astype(np.float32).tobytes(): w for x, w in zip(X, W, strict=True)}
    for part in own.splits.values():
        for x, w in zip(part.values["x"], part.values["w"], strict=True):
            np.testing.assert_allclose(place[x.tobytes()], w, rtol=1e-6)
    a, b = (next(iter(own.minibatches(7, seed=3, start=n)))["x"].numpy() for n in (4, 4))
    np.testing.assert_array_equal(a, b)
    dataset = tf.data.Dataset.from_tensor_slices({"x": X, "w": W})
    again = fit(PROGRAM, dataset, run_dir=done.run_dir, **SIZES, K=4)  # it has made all its steps
    assert again.scores == pytest.approx(done.scores, rel=1e-4)
    with pytest.raises(ValueError, match="holds a run on other data"):
        fit(PROGRAM, {"x": X + 1, "w": W}, run_dir=done.run_dir, **SIZES, K=4)


def test_a_model_and_values_that_are_known_of_some(tmp_path):
    k = np.where(np.arange(60)[:, None] % 2, np.eye(4)[np.arange(60) % 4], np.nan)
    found = fit(model(partly=True), {"x": X, "w": W, "k": k}, run_dir=tmp_path / "run", **TINY, units=4)
    assert "known_values" in json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[0])
    assert found.model.infer({"x": tf.zeros([2, 3]), "w": tf.zeros([2, 2])}, _stream()).values["k"].shape == (2, 4)
    with pytest.raises(ValueError, match="k is NaN for some examples.*partly=True"):
        data_of = {"x": X, "w": W, "k": k}
        fit(_observed_k(), data_of, run_dir=tmp_path / "other", **TINY)


def _observed_k():
    nodes = [Node("k", observed=True), Node("h"), Node("x", ["k", "h"], observed=True), Node("w", ["h"], observed=True)]
    p = {"k": priors.uniform_one_hot(4), "h": priors.standard_normal(2), "x": Dense(3), "w": Dense(2)}
    return GraphicalGAN(BayesianNetwork(nodes), p, {"h": Dense(2)})


def test_a_game_over_sequences(tmp_path):
    chain = hidden_markov()
    game = Objective().game(chain, local_families(chain.network), NETWORKS)
    found = fit(game, {"x": RANDOM.normal(size=(30, 4, 2))}, run_dir=tmp_path / "run", **TINY)
    exported = tf.saved_model.load(str(found.run_dir / "saved_model"))
    assert exported.sample(3)["x"].shape == (3, 4, 2)
    assert exported.infer(tf.zeros([2, 4, 2]))["z_probabilities"].shape == (2, 4, 3)
    with pytest.raises(TypeError, match="fit got the keyword 'units'; expected one of recipe, steps"):
        fit(game, {"x": X}, run_dir=tmp_path / "other", units=3)


def test_a_program_of_images_takes_them_as_gmgan_does(tmp_path):
    def of_images(settings, data_spec):
        networks = image_networks(settings, data_spec)
        chain = BayesianNetwork([Node("h"), Node("x", ["h"], observed=True)])
        p = {"h": priors.standard_normal(networks.latent), "x": networks.generator()}
        made = GraphicalGAN(chain, p, {"h": networks.extractor(networks.latent)})
        return Objective.from_settings(settings).game(made, local_families(chain), networks)

    images = RANDOM.integers(0, 256, (40, 8, 8), np.uint8)
    program = programs.of_images("pictures", of_images)
    found = fit(program, {"x": images, "y": np.arange(40) % 2}, run_dir=tmp_path / "run", **SIZES, latent=3, K=4)
    assert "nmi" in found.scores and pathlib.Path(found.run_dir, "data", "y.npy").is_file()
    with pytest.raises(ValueError, match="The data holds w; expected x and, if there are classes, y"):
        fit(program, {"w": images}, run_dir=tmp_path / "other")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x": X}, "The data holds x, and the network observes w, x; expected the same names"),
        ({"x": X, "w": W[:, :1]}, r"p draws w of shape \[2\], the data holds \[1\]"),
        ({"x": X, "w": W[:9]}, r"The data is w float64 \[9, 2\], x float64 \[60, 3\]; expected as many"),
        ({"x": X[:5], "w": W[:5]}, "at least 10"),
        ({"x": X, "w": W[:, 0]}, r"w float64 \[60\].*Write x\[:, None\]"),
        ({"x": X, "w": W.astype(str)}, "expected numbers"),
        ({}, "The data is nothing; expected numbers"),
        ({"x": X, "w": np.where(W > 1, np.nan, W)}, "w holds infinity, or examples of which only a part is NaN"),
        ({"x": X, "w": np.where(W[:, :1] > 1, np.nan, W)}, "w is NaN for some examples; expected NaN in a latent"),
    ],
)
def test_data_that_is_refused(tmp_path, values, message):
    with pytest.raises(ValueError, match=message):
        fit(model(), values, run_dir=tmp_path / "run", **TINY)


def test_what_else_is_refused(tmp_path):
    with pytest.raises(TypeError, match="fit was given ndarray as data; expected a dictionary"):
        fit(model(), X, run_dir=tmp_path / "run")
    with pytest.raises(ValueError, match="w is a masked array, and 1 of its values are masked"):
        fit(model(), {"x": X, "w": np.ma.masked_equal(W, W[0, 0])}, run_dir=tmp_path / "run")
    with pytest.raises(ValueError, match="run_dir=None; expected the folder of the run"):
        fit(model(), {"x": X, "w": W}, run_dir=None)
    with pytest.raises(TypeError, match="fit was given str; expected a GraphicalGAN, a Game or a Program"):
        fit("gmgan", {"x": X}, run_dir=tmp_path / "run")
    with pytest.raises(TypeError, match="keyword 'lr'; .* Did you mean learning_rate"):
        fit(model(), {"x": X, "w": W}, run_dir=tmp_path / "run", lr=3)
    endless = tf.data.Dataset.from_tensor_slices({"x": X, "w": W}).repeat()
    with pytest.raises(ValueError, match="has no end"):
        fit(model(), endless, run_dir=tmp_path / "run")
    with pytest.raises(ValueError, match="batch_size=99 is more than the 48 training examples"):
        fit(model(), {"x": X, "w": W}, run_dir=tmp_path / "run", batch_size=99)
    with pytest.raises(ValueError, match="dataset=variables came without a folder"):
        data.load_variables(None)
    assert not (tmp_path / "run").exists()


class Image(Dense):
    """Images [B, 4, 6, 1] of vectors."""

    def call(self, parents, training=False):
        return tf.reshape(super().call(parents), [-1, 4, 6, 1])


class Flat(Dense):
    """A vector of images and vectors."""

    def call(self, parents, training=False):
        return super().call(tuple(tf.reshape(p, [-1, math.prod(p.shape[1:])]) for p in parents))


def test_an_input_and_two_views_of_different_shapes(tmp_path):
    nodes = [Node("u", observed=True, input=True), Node("h", ["u"])]
    nodes += [Node("image", ["h"], observed=True), Node("numbers", ["h"], observed=True)]
    p = {"u": priors.standard_normal(2), "h": Dense(3), "image": Image(24), "numbers": Dense(2)}
    viewed = GraphicalGAN(BayesianNetwork(nodes), p, {"h": Flat(3)})
    arrays = {"u": W, "image": RANDOM.normal(size=(60, 4, 6, 1)), "numbers": W}
    done = fit(viewed, arrays, run_dir=tmp_path / "run", **TINY, units=4)
    assert done.scores["mse"] > 0 and list((tmp_path / "run").glob("pictures/samples-*.png"))
    loaded = tf.saved_model.load(str(tmp_path / "run" / "saved_model"))
    sampled = loaded.sample(0, tf.constant(W[:5], tf.float32))
    np.testing.assert_allclose(sampled["u"], W[:5], rtol=1e-6)
    assert sampled["image"].shape == (5, 4, 6, 1) and sampled["numbers"].shape == (5, 2)
