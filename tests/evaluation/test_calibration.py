"""Simulation-based calibration finds what is wrong with q, and nothing where q is the exact posterior."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import chi2
from tensorflow_probability import distributions as tfd

from benchmarks.calibration import WRONG, chain
from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.evaluation.calibration import Calibration, check_inference
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node


def test_an_exact_posterior_is_calibrated():
    found = check_inference(chain())
    assert found.p_value > 0.05 and set(found.ranks) == {"z1.0", "z2.0", "z1.0 z2.0", "z1.0 x.0", "z2.0 x.0"}
    assert all(ranks.shape == (1000,) and ranks.min() >= 0 and ranks.max() <= 15 for ranks in found.ranks.values())


@pytest.mark.parametrize(("wrong", "where"), [*zip(WRONG, ["z2.0", "z2.0 x.0", "z1.0 z2.0"], strict=True)])
def test_a_wrong_posterior_is_found(wrong, where):
    found = check_inference(chain(wrong))
    assert found.p_value < 1e-4 and found.p_values[where] < 1e-4
    if wrong != "too certain":  # each variable alone looks right
        assert min(found.p_values["z1.0"], found.p_values["z2.0"]) > 0.001


class Mixture(keras.layers.Layer):
    """Logits of k given x of the mixture of N(-1, 1) and N(1, 1), times a certainty, of which 1 is right."""

    def __init__(self, certainty):
        super().__init__()
        self.certainty = certainty

    def call(self, x, training=False):
        return self.certainty * tf.concat([-x, x], -1)


@pytest.mark.parametrize("relaxation", ["concrete", "reinforce"])
@pytest.mark.parametrize(("certainty", "right"), [(1.0, True), (4.0, False)])
def test_a_discrete_posterior_that_is_too_certain_is_found(relaxation, certainty, right):
    network = BayesianNetwork([Node("k"), Node("x", ["k"], observed=True)])

    def x(k, training=False):
        return tfd.Independent(tfd.Normal(k[:, 1:] - k[:, :1], 1.0), 1)

    p = {"k": priors.uniform_one_hot(2), "x": x}
    found = check_inference(GraphicalGAN(network, p, {"k": Relaxed(Mixture(certainty), relaxation)}))
    assert (found.p_value > 0.01) == right


def test_p_values_and_words():
    even, cup = np.repeat(np.arange(4), 25), np.repeat([0, 1, 2, 3], [40, 10, 10, 40])
    found = Calibration({"a": even, "b": cup}, 3)
    assert found.p_values["a"] == 1 and found.p_values["b"] == pytest.approx(chi2.sf(4 * 15**2 / 25, 3))
    assert found.p_value == 2 * found.p_values["b"]
    assert "a                                1    0.50    1.00" in str(found) and found.picture().ndim == 3


def test_too_few_data_sets_are_refused():
    with pytest.raises(ValueError, match="datasets=50 with draws=15; .*Give datasets=80 or more"):
        check_inference(chain(), datasets=50)
