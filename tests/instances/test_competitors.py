"""GMVAE and CatGAN: their objectives in numpy, what their gradients reach, and both through the code of all runs."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp, softmax
from scipy.stats import entropy, norm

from graphical_gan import data
from graphical_gan.engine.randomness import make_stream
from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.export.images import ImageFunctions
from graphical_gan.instances import catgan, gmvae
from graphical_gan.settings import recipes
from tests.training.test_training import minibatches, trainer

STREAM = make_stream(4)
ABOUT = data.DESCRIPTIONS["digits"]
K, D = 6, 4


def settings_of(model, **changes):
    return recipes.GMGAN.resolve({"recipe": "released", "model": model, "width": 2, "latent": D, "K": K} | changes)


@pytest.fixture(scope="module", params=["gmvae", "catgan"])
def game(request):
    return {"gmvae": gmvae, "catgan": catgan}[request.param].from_settings(settings_of(request.param), ABOUT)


def made(instance, name, **changes):
    game = instance.from_settings(settings_of(name, **changes), ABOUT)
    return game.model, game.terms[-1]


def images(count=9, low=0.0):
    drawn = np.random.default_rng(1).uniform(low, 1, (count, *ABOUT.image_shape))
    return {"x": tf.constant(drawn, tf.float32)}


def parts_of(q, model):
    """Of each image, in float64: h, w, means and deviations of q(h|x) and q(w|x), and those of p(h|k,w) for each k."""
    found = [q.values["h"], q.values["w"]]
    for name in ("h", "w"):
        of = model.conditional(name, q.values)
        found += [of.mean(), of.stddev()]
    return [np.asarray(v, np.float64) for v in (*found, *model.generative["h"].of_each(q.values["w"]))]


def divergence(m, s, mean, scale):
    """KL of two Gaussians with diagonal covariances."""
    return (np.log(scale / s) + (s**2 + (m - mean) ** 2) / 2 / scale**2 - 0.5).sum(-1)


def log_likelihood(model, q, x):
    """Of each image, as Bernoulli pixels, in float64."""
    again = model.regenerate(q.values, STREAM)["x"].numpy().astype(np.float64)
    x = x.numpy().astype(np.float64)
    return (x * np.log(again) + (1 - x) * np.log1p(-again)).sum((1, 2, 3))


def test_the_elbo_in_numpy():
    model, term = made(gmvae, "gmvae", batch_norm=False)
    assert model.network.text("p") == "p(k) p(w) p(h|k,w) p(x|h)"
    q = model.infer(images(), STREAM)
    h, w, mean_h, scale_h, mean_w, scale_w, means, scales = parts_of(q, model)
    log_h_k = norm.logpdf(h[:, None], means, scales).sum(-1)
    log_p = log_likelihood(model, q, images()["x"]) + logsumexp(log_h_k, 1) - np.log(K) + norm.logpdf(w).sum(1)
    log_q = norm.logpdf(h, mean_h, scale_h).sum(1) + norm.logpdf(w, mean_w, scale_w).sum(1)
    costs = term.costs(model, q, q, STREAM)
    np.testing.assert_allclose(costs.q, log_q - log_p, rtol=1e-4)
    assert not np.any(costs.p)
    np.testing.assert_allclose(softmax(model.posteriors(q.values)["k"], 1), softmax(log_h_k, 1), atol=1e-4)


def test_the_elbo_lies_between_its_authors_estimate_and_the_likelihood():
    """Eq. 4 of Dilokthanakul et al. (2016) in numpy, and log p(x) by importance sampling (Burda et al. 2016, Eq. 8)."""
    model, term = made(gmvae, "gmvae", batch_norm=False)
    one = {"x": tf.repeat(images(1)["x"], 4000, 0)}
    q = model.infer(one, STREAM)
    ours = -term.costs(model, q, q, STREAM).q.numpy().astype(np.float64)
    h, w, mean_h, scale_h, mean_w, scale_w, means, scales = parts_of(q, model)
    of_k = softmax(norm.logpdf(h[:, None], means, scales).sum(-1), 1)
    theirs = log_likelihood(model, q, one["x"]) - divergence(mean_w, scale_w, 0, 1)
    theirs -= (of_k * divergence(mean_h[:, None], scale_h[:, None], means, scales)).sum(1)
    theirs -= entropy(of_k, np.full(of_k.shape, 1 / K), axis=1)
    error = np.sqrt((ours.var() + theirs.var()) / len(ours))
    assert theirs.mean() < ours.mean() + 5 * error
    assert ours.mean() < logsumexp(ours) - np.log(len(ours)) < 0


def test_pixels_between_minus_one_and_one_count_as_those_between_zero_and_one():
    unit, symmetric = gmvae.NegativeElbo(0.0, 1.0), gmvae.NegativeElbo(-1.0, 1.0)
    x, mean = (tf.constant(np.random.default_rng(s).uniform(0, 1, (3, 4, 4, 1))) for s in (1, 2))
    np.testing.assert_allclose(symmetric._log_likelihood(2 * x - 1, 2 * mean - 1), unit._log_likelihood(x, mean))
    assert np.isfinite(unit._log_likelihood(x, tf.zeros_like(x))).all()


def test_entropies_are_scipys():
    logits = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32) * 5
    each, mean = catgan.entropies(tf.constant(logits))
    shares = softmax(logits.astype(np.float64), 1)
    np.testing.assert_allclose(each, entropy(shares, axis=1), rtol=1e-4, atol=1e-5)
    assert float(mean) == pytest.approx(entropy(shares.mean(0)), rel=1e-5)
    certain, spread = catgan.entropies(1000 * tf.eye(4))  # sure, and of all classes alike
    assert np.max(certain) == 0 and float(spread) == pytest.approx(np.log(4))


def test_each_player_of_catgan_minimises_its_own_part():
    model, term = made(catgan, "catgan", batch_norm=False)
    generator, classifier, extractor = model.generative["x"], term.classifier, term.extractor
    p, q = model.generate(STREAM, 9), model.infer(images(), STREAM)

    def gradients(cost, layer):
        return [g.numpy() for g in tape.gradient(cost, [v.value for v in layer.trainable_variables])]

    with tf.GradientTape(persistent=True) as tape:
        p, q = model.generate(STREAM, 9, training=True), model.infer(images(), STREAM, training=True)
        costs = term.costs(model, p, q, STREAM)
        whole = tf.reduce_mean(costs.p) + tf.reduce_mean(costs.q)
        shares = [tf.nn.softmax(classifier(x)) for x in (p.values["x"], images()["x"])]
        each = [-tf.reduce_mean(tf.reduce_sum(s * tf.math.log(s), 1)) for s in shares]
        mean = [-tf.reduce_sum(tf.reduce_mean(s, 0) * tf.math.log(tf.reduce_mean(s, 0))) for s in shares]
        fake, real = zip(each, mean, strict=True)
        of_classifier, of_generator = real[0] - real[1] - fake[0], fake[0] - fake[1]
        of_extractor = tf.reduce_mean((extractor(tf.stop_gradient(p.values["x"])) - p.values["h"]) ** 2)
    for layer, own in ((classifier, of_classifier), (generator, of_generator), (extractor, of_extractor)):
        for found, expected in zip(gradients(whole, layer), gradients(own, layer), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)
            assert np.abs(expected).max() > 0


@pytest.mark.parametrize(("name", "watched"), [("gmvae", "negative_elbo"), ("catgan", "categories")])
def test_both_train_without_discriminators(name, watched):
    instance = {"gmvae": gmvae, "catgan": catgan}[name]
    train = trainer(lambda: instance.from_settings(settings_of(name), ABOUT))
    model = train.game.model
    assert not train.game.factors.families and train.game.watched == [watched]
    before = [v.numpy() for v in model.trainable_variables]
    assert train.moves == (("players",),)
    watched = train.run(minibatches(0, 7, ABOUT.image_shape), 3)
    assert np.isfinite(list(watched.values())).all()
    moved = [not np.array_equal(a, v) for a, v in zip(before, model.trainable_variables, strict=True)]
    assert np.mean(moved) > 0.9


def test_both_are_scored_drawn_and_exported(game):
    name = "gmvae" if "w" in game.model.network.latent else "catgan"
    study = ImageStudy.from_settings(game.model, data.load("digits"), settings_of(name))
    scores = study.scores("test")
    assert {"acc_nearest", "acc_top_posterior", "nmi", "mse"} <= set(scores) and "acc_nearest_mu" not in scores
    assert set(study.pictures()) == {"samples", "reconstructions"}
    # Images of CatGAN are not drawn by their class.
    assert ("variety_component" in study.final_scores()) == (name == "gmvae")
    functions = ImageFunctions(game.model, ABOUT.image_shape, study.dataset.scaling)
    assert int(functions.components) == (K if name == "gmvae" else 0)
    found = functions.infer(images()["x"])
    assert found["k_probabilities"].shape == (9, K) and found["h"].shape == (9, D)


@pytest.mark.parametrize("name", ["gmvae", "catgan"])
def test_choices_that_change_nothing_are_refused(name):
    choices = {"divergence": "kl", "players_cost": "minimax", "gradient_penalty": 1.0, "dropout": 0.5}
    for flag, value in (choices | {"discriminator_batch_norm": True, "relaxation": "reinforce"}).items():
        with pytest.raises(ValueError, match=f"--{flag}={value} has no effect with --model={name}"):
            settings_of(name, **{flag: value})


def test_gmvae_is_for_images():
    with pytest.raises(ValueError, match="--model=gmvae with --dataset=digits; its pixels are shades between"):
        gmvae.from_settings(settings_of("gmvae"), dataclasses.replace(ABOUT, value_range=(-3.0, 4.0)))
