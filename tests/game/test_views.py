"""Two views of an image: the transformations against TensorFlow's own and numpy, the term against direct sums."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from graphical_gan.common.choices import chosen
from graphical_gan.engine.randomness import Stream, make_stream
from graphical_gan.game import view_terms, views
from graphical_gan.game.losses import info_nce, mutual_information
from graphical_gan.game.objective import Objective
from graphical_gan.graph.families import local_families
from graphical_gan.instances import gmgan
from graphical_gan.settings.recipes import GMGAN
from graphical_gan.settings.tables import VIEWS
from tests.game.test_terms import players_outcome, samples
from tests.helpers import TINY as NORMALISED
from tests.helpers import steps_down, tiny_state_space
from tests.training.test_updates import assert_equal, both

STREAM = make_stream(5)
TINY = dataclasses.replace(NORMALISED, batch_norm=False)
CHOICES = {
    "views": "affine",
    "views_strength": 1.0,
    "views_weight": 2.0,
    "views_temperature": 3.0,
    "views_k_weight": 0.5,
    "views_k_temperature": 4.0,
}


def images(rows=6, size=28, channels=1, seed=0):
    """Smooth ones, so that interpolation is not what differs."""
    noise = np.random.RandomState(seed).rand(rows, size // 4, size // 4, channels)
    return tf.image.resize(noise, [size, size], "bicubic")


def tiny(model="gmgan-l", **changes):
    return gmgan.build(model, TINY, 5, "concrete", 0.1, Objective(**(CHOICES | changes)))


def inferred(game, scale=1.0):
    """Samples of p and q of images that differ; the last layer of E is larger by a scale."""
    p, _ = samples(game)
    dense = game.model.recognition["h"].dense
    dense.kernel.assign(scale * dense.kernel)
    return p, game.model.infer({"x": images(6, 8)}, STREAM)


def cost(game, p, q):
    return tf.reduce_mean(game.terms[0].costs(game.model, p, q, STREAM).q)


def test_resampling_agrees_with_tensorflow():
    """ImageProjectiveTransformV3 maps (x, y) from the corner; here it is (row, column) from the centre."""
    x, random = images(5, 28, 3), np.random.RandomState(1)
    matrix = np.float32([[1, 0], [0, 1]] + 0.3 * random.randn(5, 2, 2))
    offset = np.float32(3 * random.randn(5, 2))
    ours = views.resample(x, [[matrix[:, i, j] for j in (0, 1)] for i in (0, 1)], [offset[:, 0], offset[:, 1]])
    at = matrix[:, ::-1, ::-1]  # of (x, y)
    centre = np.float32([13.5, 13.5])
    shift = centre + offset[:, ::-1] - at @ centre
    flat = np.concatenate([at[:, 0], shift[:, :1], at[:, 1], shift[:, 1:], np.zeros((5, 2))], 1)
    theirs = tf.raw_ops.ImageProjectiveTransformV3(
        images=x, transforms=np.float32(flat), output_shape=[28, 28], interpolation="BILINEAR", fill_mode="CONSTANT",
        fill_value=0.0,
    )  # fmt: skip
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("low", [0, -1])
def test_views_are_other_images_in_the_range_of_the_image(kind, low):
    x = low + (1 - low) * images(8, 32, 3)
    one, other = (chosen(VIEWS, views=kind)(x, 1.0, STREAM.at(i)) for i in (0, 1))
    assert one.shape == x.shape and np.abs(one - other).max() > 0.2 and np.abs(one - x).max() > 0.2
    axes = (1, 2, 3)
    assert (np.min(one, axes) >= np.min(x, axes) - 1e-5).all() and (np.max(one, axes) <= np.max(x, axes) + 1e-5).all()
    np.testing.assert_array_equal(one, chosen(VIEWS, views=kind)(x, 1.0, STREAM.at(0)))


def test_views_by_colour_are_affine_for_grey_images_and_photo_for_coloured_ones():
    grey, coloured = images(), images(channels=3)
    np.testing.assert_array_equal(views.by_colour(grey, 1.0, STREAM), views.affine(grey, 1.0, STREAM))
    np.testing.assert_array_equal(views.by_colour(coloured, 1.0, STREAM), views.photo(coloured, 1.0, STREAM))


def test_strength_counts():
    x = images()
    np.testing.assert_allclose(views.affine(x, 0.0, STREAM), x, atol=1e-5)
    far = [float(np.abs(views.affine(x, s, STREAM) - x).mean()) for s in (0.1, 0.5, 1.0)]
    assert 0 < far[0] < far[1] < far[2]
    assert not np.allclose(views.photo(x, 0.5, STREAM), views.photo(x, 1.0, STREAM), atol=1e-2)


def test_affine_views_move_and_turn_as_far_as_they_say():
    """The centre of a dot moves by up to 3 pixels of 28; a dot away from the centre turns by up to 20 degrees."""
    dots = np.zeros((400, 28, 28, 1), np.float32)
    dots[:, 13:15, 13:15] = 1
    moved = centre(views.affine(dots, 1.0, STREAM))
    assert 2.9 < np.abs(moved).max() < 3.05 and np.abs(moved.mean(0)).max() < 0.3
    bars = np.zeros((400, 28, 28, 1), np.float32)
    bars[:, 13:15, 8:20] = 1
    view = views.affine(bars, 1.0, STREAM).numpy()[..., 0]
    angles = np.degrees([direction(v) for v in view])
    assert 15 < np.abs(angles).max() < 36  # a shear of 0.2 turns by up to 11 degrees more


def centre(x):
    weights = np.asarray(x)[..., 0]
    at = np.arange(weights.shape[1]) - (weights.shape[1] - 1) / 2
    total = weights.sum((1, 2))
    return np.stack([(weights.sum(2) * at).sum(1), (weights.sum(1) * at).sum(1)], 1) / total[:, None]


def direction(picture):
    """The angle of the longest axis of a picture, in radians."""
    rows, columns = np.nonzero(picture > 0.5)
    _, vectors = np.linalg.eigh(np.cov(rows, columns))
    return np.arctan(vectors[0, 1] / vectors[1, 1])


def test_photographs_are_cropped_mirrored_and_turn_grey():
    shades = np.linspace(0, 1, 32, dtype=np.float32)[None, None, :, None]
    ramp = np.broadcast_to(shades, (400, 32, 32, 3)) * [1, 0.8, 0.5]
    view = views.photo(tf.constant(ramp, tf.float32), 1.0, STREAM).numpy()
    slope = view[:, :, -1].mean((1, 2)) - view[:, :, 0].mean((1, 2))
    assert 0.4 < (slope > 0).mean() < 0.6  # half are mirrored
    grey = np.ptp(view, 3).max((1, 2)) < 1e-5
    assert 0.12 < grey.mean() < 0.28
    np.testing.assert_allclose(views.photo(tf.zeros([2, 32, 32, 3]) + 0.3, 1.0, STREAM), 0.3, atol=1e-5)


def test_views_of_replicas_are_those_of_one_device():
    x = images(8)
    alone = views.affine(x, 1.0, STREAM)
    for shard in (0, 1):
        stream = Stream(STREAM.seed, shard, 2)
        np.testing.assert_allclose(views.affine(stream.part_of(x), 1.0, stream), stream.part_of(alone), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", VIEWS)
def test_views_are_compiled_by_xla(kind):
    x = images(4, 32, 3)
    compiled = tf.function(lambda x, s: chosen(VIEWS, views=kind)(x, s, STREAM), jit_compile=True)
    np.testing.assert_array_equal(compiled(x, 1.0), compiled(x, 1.0))
    assert np.abs(compiled(x, 1.0) - x).max() > 0.2
    if kind == "affine":
        np.testing.assert_allclose(compiled(x, 0.0), x, atol=1e-5)


def numpy_info_nce(a, b, temperature):
    logits = -((a[:, None] - b[None]) ** 2).sum(-1) / 2 / temperature
    return -(np.diag(log_softmax(logits, 1)) + np.diag(log_softmax(logits, 0))) / 2


def numpy_information(a, b):
    joint = np.mean([np.outer(x, y) for x, y in zip(a, b, strict=True)], 0)
    joint = (joint + joint.T) / 2
    return (joint * np.log(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()


def test_info_nce():
    a, b = np.random.RandomState(0).randn(2, 7, 3).astype(np.float32)
    np.testing.assert_allclose(info_nce(a, b, 2.0), numpy_info_nce(a, b, 2.0), rtol=1e-5)
    np.testing.assert_allclose(info_nce(a, a, 1e-3), 0, atol=1e-5)  # each finds itself
    np.testing.assert_allclose(info_nce(0 * a, 0 * b, 1.0), np.log(7), rtol=1e-5)  # nothing is told


def test_mutual_information():
    random = np.random.RandomState(0)
    a, b = softmax(2 * random.randn(2, 9, 4), -1).astype(np.float32)
    assert float(tf.reduce_mean(mutual_information(a, b))) == pytest.approx(numpy_information(a, b), rel=1e-4)
    sure = np.eye(4, dtype=np.float32)
    assert float(tf.reduce_mean(mutual_information(sure, sure))) == pytest.approx(np.log(4), rel=1e-4)
    shared = np.full((4, 4), 0.25, np.float32)  # one cluster says nothing of the other
    assert float(tf.reduce_mean(mutual_information(sure, shared))) == pytest.approx(0, abs=1e-5)


def test_gradient_of_the_mutual_information():
    """The costs [B] have the gradient of I(P), P and its margins included."""
    random = np.random.RandomState(0)
    logits = random.randn(2, 5, 3)
    watched = tf.constant(logits, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        value = tf.reduce_mean(mutual_information(*tf.unstack(tf.nn.softmax(watched))))
    found = tape.gradient(value, watched)[0].numpy()
    for index in np.ndindex(5, 3):
        step = np.zeros((5, 3))
        step[index] = 1e-4
        sides = [numpy_information(softmax(logits[0] + s, 1), softmax(logits[1], 1)) for s in (step, -step)]
        assert found[index] == pytest.approx((sides[0] - sides[1]) / 2e-4, abs=1e-5)


def test_parts_of_replicas_are_those_of_the_whole_batch(monkeypatch):
    a, b = np.random.RandomState(0).randn(2, 8, 3).astype(np.float32)
    p, r = tf.nn.softmax(a), tf.nn.softmax(b)
    whole = info_nce(a, b, 2.0), mutual_information(p, r)
    others = iter([b, a, b, a])  # in the order in which they are asked for
    monkeypatch.setattr("graphical_gan.game.losses.gathered", lambda value, shards: next(others))
    parts = [info_nce(a[i * 4 : i * 4 + 4], b[i * 4 : i * 4 + 4], 2.0, i, 2) for i in (0, 1)]
    np.testing.assert_allclose(tf.concat(parts, 0), whole[0], rtol=1e-5)
    each = [tf.einsum("bk,bl->kl", p[s], r[s]) / 4 for s in (slice(0, 4), slice(4, 8))]
    both_parts = tf.stack([(m + tf.transpose(m)) / 2 for m in each])
    monkeypatch.setattr("graphical_gan.game.losses.gathered", lambda value, shards: both_parts)
    parts = [mutual_information(p[s], r[s], 2) for s in (slice(0, 4), slice(4, 8))]
    np.testing.assert_allclose(tf.concat(parts, 0), whole[1], atol=1e-6)


def expected_cost(game, q):
    """The term from its parts in numpy."""
    model, stream = game.model, STREAM.at("views")
    view = views.affine(q.values["x"], 1.0, stream.at("view"))
    h, other = q.values["h"].numpy(), model.recognition["h"](view).numpy()
    means = model.generative["h"].means.numpy()
    k = [softmax((z @ means.T - (means**2).sum(1) / 2) / 4.0, 1) for z in (h, other)]
    return 2.0 * numpy_info_nce(h, other, 3.0).mean() - 0.5 * numpy_information(*k)


def test_term_is_the_sum_of_its_parts():
    game = tiny()
    p, q = inferred(game, 10.0)
    outcome = players_outcome(game, p, q)
    assert float(outcome.watched["views"]) == pytest.approx(expected_cost(game, q), rel=1e-3)
    plain = players_outcome(game._replace(terms=()), p, q).cost
    assert float(outcome.cost - plain) == pytest.approx(expected_cost(game, q), rel=1e-2)
    assert game.watched[-1] == "views"


@pytest.mark.parametrize(("name", "value"), [(n, 0.25) for n in CHOICES if n != "views"] + [("views", "photo")])
def test_each_knob_changes_the_cost(name, value):
    def cost_with(**changed):
        keras.utils.set_random_seed(0)
        game = tiny(**changed)
        return float(cost(game, *inferred(game, 10.0)))

    assert cost_with() == cost_with() != pytest.approx(cost_with(**{name: value}), rel=1e-3)


def test_gradients_reach_q_and_the_means_alone():
    game = tiny()
    p, q = inferred(game)
    groups = game.model.recognition["h"], game.model.generative["h"], game.model.generative["x"]
    weights = [[v.value for v in group.trainable_variables] for group in groups]
    with tf.GradientTape() as tape:
        value = cost(game, p, game.model.infer({"x": q.values["x"]}, STREAM))
    to_extractor, to_means, to_generator = tape.gradient(value, weights)
    assert all(np.abs(g).max() > 0 for g in to_extractor + to_means)
    assert all(g is None for g in to_generator)


def test_steps_down_the_gradient_bring_views_together():
    """And apart from those of other images: the sign is right, of each part alone."""
    of_k = {"views_weight": 0.0, "views_k_temperature": 1.0}

    def costs_of_steps(game, p, q, rate):
        variables = [v.value for v in game.model.recognition["h"].trainable_variables]
        return steps_down(lambda: cost(game, p, game.model.infer({"x": q.values["x"]}, STREAM)), variables, rate, 40)

    for weights, scale, rate in (({"views_k_weight": 0.0}, 10.0, 0.02), (of_k, 3.0, 0.2)):
        game = tiny(**weights)
        costs = costs_of_steps(game, *inferred(game, scale), rate)
        assert costs[-1] < costs[0] - 0.02


def test_the_term_takes_part_in_one_backward_pass():
    game = tiny()
    once, twice = both(game)
    assert "views" in once.watched
    assert_equal(once, twice)


def test_other_networks_have_views_of_their_vectors():
    """Without k the part of k falls away; a vector is found by q's graph, whatever its name."""
    game = tiny("gan-g", views_k_weight=None, views_k_temperature=None)
    p, q = samples(game)
    assert np.isfinite(float(players_outcome(game, p, q).watched["views"]))
    assert view_terms.seen(game.model, q.values) == ("x", ["h"], [])
    game = tiny()
    _, q = samples(game)
    assert view_terms.seen(game.model, q.values) == ("x", ["h"], ["k"])


def test_networks_without_an_image_or_a_vector_are_refused():
    model = tiny_state_space().model
    with pytest.raises(ValueError, match=r"--views.*images \(none\).*expected one image.*Give --views=none"):
        Objective(**CHOICES).game(model, local_families(model.network), TINY)


def test_views_are_off_where_the_paper_has_none():
    for recipe in ("released", "paper"):
        settings = GMGAN.resolve({"recipe": recipe})
        assert settings["views"] == "none" and settings["views_weight"] is None
        assert not Objective.from_settings(settings)._views(None, {})
    with pytest.raises(ValueError, match="--views_weight=2.0 has no effect with --views=none"):
        GMGAN.resolve({"views": "none", "views_weight": 2.0})
    with pytest.raises(ValueError, match="--views_k_weight=1.0 has no effect with --model=gan-g"):
        GMGAN.resolve({"views": "affine", "model": "gan-g", "views_k_weight": 1.0})
