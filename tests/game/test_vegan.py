"""The VEGAN family: its terms against numpy, and that each match trains without a joint discriminator."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp
from scipy.stats import norm
from tensorflow_probability import distributions as tfd

from graphical_gan import data
from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.game.aggregated import (
    BANDWIDTHS,
    AggregatedKL,
    GaussianExtractor,
    MeanDiscrepancy,
    mixture_log_density,
)
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.instances import gmgan
from graphical_gan.settings import recipes
from tests.helpers import Dense
from tests.training.test_training import minibatches, trainer

STREAM = make_stream(6)
GIVEN = {"recipe": "released", "model": "vegan", "width": 2, "latent": 4, "K": 5}


def vegan(match, **changes):
    settings = recipes.GMGAN.resolve(GIVEN | {"match": match} | changes)
    return gmgan.from_settings(settings, data.DESCRIPTIONS["digits"])


def samples(model):
    p = model.generate(STREAM, 7)
    return p, model.infer(p.values, STREAM)


def test_mean_discrepancy():
    game = vegan("mmd")
    p, q = samples(game.model)
    a, b = p.values["h"].numpy().astype(float), q.values["h"].numpy().astype(float)

    def kernel(x, y):
        return np.mean([sum(np.exp(-np.sum((s - t) ** 2) / 2 / w**2) for w in BANDWIDTHS) for s in x for t in y])

    costs = MeanDiscrepancy().costs(game.model, p, q, STREAM)
    expected = kernel(a, a) + kernel(b, b) - 2 * kernel(a, b)
    assert float(tf.reduce_mean(costs.p) + tf.reduce_mean(costs.q)) == pytest.approx(expected, rel=1e-3)
    assert np.abs(MeanDiscrepancy().costs(game.model, p, p, STREAM).p).max() < 1e-5


def test_aggregated_kl():
    """log of the minibatch's mixture of q(h|x), less log p(h), in numpy; it is 0 on average only if they agree."""
    model = vegan("kl", batch_norm=False).model
    p, q = samples(model)
    each, h = model.recognition["h"](q.values["x"]), q.values["h"].numpy()
    means, scales = each.distribution.loc.numpy(), each.distribution.scale.numpy()
    log_each = norm.logpdf(h[:, None], means, scales).sum(-1)
    table = model.generative["h"]
    log_p = logsumexp(norm.logpdf(h[:, None], table.means.numpy()).sum(-1), axis=1) - np.log(5)
    costs = AggregatedKL(mixture_log_density(table)).costs(model, p, q, STREAM)
    np.testing.assert_allclose(costs.q, logsumexp(log_each, axis=1) - np.log(7) - log_p, rtol=1e-3, atol=1e-3)
    assert not np.any(costs.p) and isinstance(table, priors.GaussianTable)


def test_mixture_log_density():
    table = priors.GaussianTable(5, 4)
    components = tfd.Independent(tfd.Normal(tf.convert_to_tensor(table.means), 1.0), 1)
    mixture = tfd.MixtureSameFamily(tfd.Categorical(logits=tf.zeros([5])), components)
    h = tf.random.stateless_normal([7, 4], [1, 2])
    np.testing.assert_allclose(mixture_log_density(table)(h), mixture.log_prob(h), rtol=1e-4)


def test_aggregated_kl_of_other_names():
    network = BayesianNetwork([Node("z"), Node("y", ["z"], observed=True)])
    q = GaussianExtractor(Dense(6))
    model = GraphicalGAN(network, {"z": priors.standard_normal(3), "y": Dense(5)}, {"z": q})
    p, q = samples(model)
    costs = AggregatedKL(model.generative["z"].log_prob).costs(model, p, q, STREAM)
    assert costs.q.shape == (7,) and np.isfinite(costs.q).all()


@pytest.mark.parametrize("match", ["adversarial", "mmd", "kl"])
def test_every_match_trains(match):
    run = trainer(lambda: vegan(match), order="players_first")
    assert [str(f) for f in run.game.factors.families] == (["(h, k)"] if match == "adversarial" else [])
    before = [v.numpy() for v in run.game.model.trainable_variables]
    run.run(minibatches(shape=(16, 16, 1)), 2)
    after = run.game.model.trainable_variables
    assert np.mean([not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]) > 0.7
    watched = {"mmd": "mmd", "kl": "aggregated_kl"}
    assert {"reconstruction_x", *([watched[match]] if match in watched else [])} <= set(run.game.watched)


def test_the_match_is_for_vegan():
    assert recipes.GMGAN.resolve(GIVEN)["reconstruction"] == "x"
    with pytest.raises(ValueError, match="--match=mmd has no effect with --model=gmgan-l"):
        recipes.GMGAN.resolve({"match": "mmd"})
    with pytest.raises(ValueError, match="--divergence=kl has no effect with --match=mmd"):
        vegan("mmd", divergence="kl")
    for name, value in {"units": 7, "dropout": 0.5, "update": "simultaneous", "relaxation": "reinforce"}.items():
        assert recipes.GMGAN.resolve(GIVEN | {name: value})[name] == value
        with pytest.raises(ValueError, match=f"--{name}={value} has no effect with --match=kl. Leave one"):
            recipes.GMGAN.resolve(GIVEN | {"match": "kl", name: value})
    with pytest.raises(ValueError, match="--discriminator_dense_layers=2 has no effect with --model=vegan"):
        recipes.GMGAN.resolve(GIVEN | {"discriminator_dense_layers": 2})
    of_a_run = recipes.GMGAN.resolve(GIVEN | {"match": "mmd"})
    assert recipes.GMGAN.resolve({n: v for n, v in of_a_run.items() if v is not None}) == of_a_run  # as it is read back
    with pytest.raises(ValueError, match="--reconstruction=h with --model=vegan.*expected x or both"):
        vegan("mmd", reconstruction="h")
