"""Inference statistics of batch normalisation: what is scored and exported is what was trained."""

import types

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data
from graphical_gan.common import scaling
from graphical_gan.engine.randomness import make_stream
from graphical_gan.evaluation.clip_study import ClipStudy
from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.evaluation.scores import reconstruction_scores
from graphical_gan.export.clips import ClipFunctions
from graphical_gan.export.images import ImageFunctions
from graphical_gan.instances import catgan, gmgan
from graphical_gan.layers.images import normalisations
from graphical_gan.runs import scoring
from graphical_gan.runs.experiment import Experiment
from graphical_gan.settings.recipes import GMGAN
from graphical_gan.training.recalibration import Recalibration
from tests.helpers import SHAPE, tiny_gmgan
from tests.instances import test_ssgan

STREAM = make_stream(0)
SETTINGS = {
    "recipe": "released", "width": 4, "units": 16, "latent": 8, "K": 5, "batch_size": 16,
    "update": "simultaneous", "steps": 200,
}  # fmt: skip
RECONSTRUCTED = {"reconstruction": "x", "reconstruction_weight": 300.0, "learning_rate": 1e-3}
IMAGES = tf.random.stateless_uniform([6, *SHAPE], [1, 2])
CLIPS = tf.random.stateless_uniform([6, *test_ssgan.SHAPE], [1, 2])


def of_images():
    """The functions of a model of images: those of p's samples, and those of latents that q infers."""
    functions = ImageFunctions(tiny_gmgan().model, SHAPE, scaling.UNIT)
    inferred = {
        "reconstruct": lambda x: functions.reconstruct(x),
        "interpolate": lambda x: functions.interpolate(x, x[::-1], 2)[:, 0],
    }
    return functions, lambda: functions.sample(5), inferred, IMAGES


def of_clips():
    functions = ClipFunctions(test_ssgan.tiny(batch_norm=True).model, test_ssgan.SHAPE[1:], scaling.SYMMETRIC)
    inferred = {
        "reconstruct": lambda x: functions.reconstruct(x),
        "motion_analogy": lambda x: functions.motion_analogy(x, x),
        "continue": lambda x: functions.continue_(3, x),
    }
    return functions, lambda: functions.sample(5, 4), inferred, CLIPS


def test_an_error_in_training_is_that_of_the_exported_model(tmp_path):
    """With a reconstruction term the latents of q are not yet those of p: p's statistics would hide what is learned."""
    run = Experiment(GMGAN.resolve(SETTINGS | RECONSTRUCTED), gmgan.from_settings, data.DESCRIPTIONS["digits"])
    dataset = data.load("digits")
    run.trainer.run(iter(dataset.minibatches(16, 0)), SETTINGS["steps"])
    study = ImageStudy.from_settings(run.game.model, dataset, run.settings)
    scores = scoring.score(run, study, "validation")
    assert scores["mse_batch_statistics"] < 0.8 * scores["mse_random_pair"]  # something was learned
    study.export(tmp_path / "saved_model")
    exported, x = tf.saved_model.load(str(tmp_path / "saved_model")), dataset.validation.images / np.float32(255)
    error = reconstruction_scores(x, exported.reconstruct(x))["mse"]
    assert error == pytest.approx(scores["mse"], rel=1e-3)
    assert error == pytest.approx(scores["mse_batch_statistics"], rel=0.1)
    values = run.game.model.infer({"x": dataset.to_network(dataset.validation.images, 0)}, STREAM).values
    by_p = run.game.model.generate(STREAM, len(x), {n: values[n] for n in ("k", "h")}).values["x"]
    assert reconstruction_scores(x, dataset.from_network(by_p))["mse"] > 1.2 * error


@pytest.mark.parametrize("make", [of_images, of_clips])
def test_each_use_of_p_has_statistics_of_its_own(make):
    functions, sample, inferred, x = make()
    model, seen = functions._model, {"x": functions._to_network(x)}
    again = functions._from_network(model.reconstruct(seen, STREAM, training=True)["x"])
    Recalibration(model)([seen] * 2, STREAM)  # by the batch that is looked at: no approximation
    for name in set(inferred) - {"continue"}:
        np.testing.assert_allclose(inferred[name](x), again, atol=1e-3, err_msg=name)
    np.testing.assert_allclose(functions.reconstruct(x[2:3]), again[2:3], atol=1e-3)

    before = [sample(), *(f(x) for f in inferred.values())]
    for layer in normalisations(model.generative["x"]):
        if not layer.scale:  # that of the latents of q
            layer.moving_mean.assign_add(tf.ones_like(layer.moving_mean))
    after = [sample(), *(f(x) for f in inferred.values())]
    changed = [not np.allclose(a, b, atol=1e-4) for a, b in zip(before, after, strict=True)]
    assert changed == [False] + [True] * len(inferred)


def test_reconstructions_and_analogies_of_clips_are_scored_as_in_training_too():
    dataset = data.load_clips("moving_digits", T=4)
    model = test_ssgan.tiny(batch_norm=True, image_shape=dataset.image_shape).model
    clips = dataset.to_network(dataset.held_out("validation", 200)["x"])
    again = [model.reconstruct({"x": clips[i : i + 100]}, STREAM, training=True)["x"] for i in (0, 100)]
    scores = ClipStudy(model, dataset, 100).batch_scores("validation")

    found = dataset.analogies("validation", 200)
    found = {name: dataset.to_network(found[name]) for name in ("content", "motion", "truth")}
    lent = []
    for part in (slice(0, 100), slice(100, 200)):
        h, v = (model.infer({"x": found[n][part]}, STREAM).values[z] for n, z in (("content", "h"), ("motion", "v")))
        drawn = model.generate(STREAM, len(h), {"h": h, "v": v}, training=True, inferred=True)
        lent.append(drawn.values["x"])
    pairs = {"mse": (clips, np.concatenate(again)), "analogy_mse": (found["truth"], np.concatenate(lent))}
    assert scores.keys() == {f"{name}_batch_statistics" for name in pairs}
    for name, (truth, drawn) in pairs.items():
        error = np.mean((dataset.from_network(truth) - dataset.from_network(drawn)) ** 2)
        assert scores[f"{name}_batch_statistics"] == pytest.approx(error, rel=1e-4)


def test_inference_is_independent_of_the_batch():
    game = tiny_gmgan()
    batches = [{"x": tf.random.stateless_uniform([8, *SHAPE], [3, n])} for n in range(4)]
    Recalibration(game.model)(batches, STREAM)
    x = batches[0]["x"]
    together = game.model.infer({"x": x}, STREAM).values["h"]
    alone = game.model.infer({"x": x[3:4]}, STREAM).values["h"]
    np.testing.assert_allclose(together[3:4], alone, rtol=1e-4, atol=1e-5)
    dense, layer = game.model.generative["x"].dense, game.model.generative["x"].normalisations[0]
    latents = [game.model.generate(STREAM.at(n), 8).values["h"] for n in range(4)]
    np.testing.assert_allclose(layer.moving_mean, np.mean([dense(h) for h in latents], (0, 1)), rtol=1e-3, atol=1e-4)
    assert layer.momentum == 0.99


def test_a_classifier_is_scored_with_the_statistics_of_the_data_alone():
    """CatGAN's k is a class that p tells of its samples: they are dark here, and the data is bright."""
    given = {"model": "catgan", "networks": "paper", "width": 4, "latent": 3, "K": 4}
    description = types.SimpleNamespace(image_shape=(16, 16, 1), value_range=(0.0, 1.0))
    model = catgan.from_settings(GMGAN.resolve(given | {"recipe": "released"}), description).model
    classify, bright = model.recognition["k"].logits, tf.random.stateless_uniform([50, 16, 16, 1], [1, 2], 0.8, 1.0)
    assert normalisations(classify)
    Recalibration(model)([{"x": bright}] * 3, STREAM)
    alone, in_training = (classify(bright, training=training) for training in (False, True))
    np.testing.assert_allclose(alone, in_training, rtol=0.05, atol=0.02)  # the variances are with and without bias
