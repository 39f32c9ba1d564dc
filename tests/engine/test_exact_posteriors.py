"""Networks of many kinds, as docs/networks.md shows them: their exact posteriors, and q trained by the defaults."""

import inspect
import itertools

import numpy as np
import pytest

from benchmarks import exact, networks
from benchmarks.exact import Moments, Probabilities, ground_name
from benchmarks.networks import ROWS
from benchmarks.posteriors import LEAVES

NAMED = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.declare.__name__)
RANDOM = np.random.default_rng(0)


def named(name):
    return next(row for row in ROWS if row.declare.__name__ == name)


@NAMED
def test_declarations_are_short_and_faithful(row):
    assert len(inspect.getsource(row.declare).splitlines()) <= 40
    network = row.declare().network
    assert network.inverse().unfaithful(network) == []


def test_the_moments_of_two_leaves_are_those_of_another_computation():
    data = {n: RANDOM.normal(size=[5, 1]) for n in "xy"}
    found, other = exact.gaussian(named("two_leaves").declare(), data), LEAVES.exact()
    order = [found.names.index(n) for n in "abc"]
    np.testing.assert_allclose(found.covariance[np.ix_(order, order)], other.covariance, rtol=1e-6)
    np.testing.assert_allclose(found.means[:, order], np.concatenate(list(data.values()), 1) @ other.slopes, rtol=1e-6)


@pytest.mark.parametrize("name", ["coupled_chains", "driven", "second_order", "labelled_sequence", "groups", "nested"])
def test_the_moments_of_a_plate_are_those_of_its_samples(name):
    """Latents drawn from p are to the exact means as their regression on the data, and so are their covariances."""
    declared = named(name).declare()
    values = {n: v.numpy() for n, v in networks.true(declared).generate(networks.make_stream(0), 40_000).values.items()}
    found = exact.gaussian(declared, values)
    z = np.concatenate([exact.step(values[n.partition("[")[0]], n, 1) for n in found.names], 1)
    np.testing.assert_allclose(np.cov((z - found.means).T), found.covariance, atol=0.03)
    np.testing.assert_allclose((z - found.means).T @ found.means / len(z), 0, atol=0.03)


def test_the_ragged_posterior_is_that_of_its_samples():
    declared = named("ragged_groups").declare()
    values = {n: v.numpy() for n, v in networks.true(declared).generate(networks.make_stream(0), 40_000).values.items()}
    found = exact.ragged_groups(declared, values)
    standard = (values["g"] - found.means) / np.sqrt(found.covariance[:, :, 0])
    members = values["mask"].sum(1)[:, 0]
    for count in range(5):
        part = standard[members == count]
        assert part.mean() == pytest.approx(0, abs=0.05) and part.std() == pytest.approx(1, abs=0.05)


def test_forward_and_backward_are_the_sum_over_all_paths():
    declared, x = named("hidden_markov").declare(), RANDOM.normal(size=[6, 4, 1])
    transition, first = declared.p["k"].table, declared.truth["k[1]"].probs_parameter().numpy()
    paths = np.array(list(itertools.product((0, 1), repeat=4)))
    prior = first[paths[:, 0]] * transition[paths[:, :-1], paths[:, 1:]].prod(1)
    joint = prior * np.exp(-0.5 * (x[:, None, :, 0] - (2 * paths - 1)) ** 2).prod(-1)
    found = exact.hidden_markov(declared, {"x": x}).of[..., 1]
    np.testing.assert_allclose(found, joint @ paths / joint.sum(1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("name", ["experts", "table"])
def test_probabilities_are_the_shares_among_samples(name):
    """Of the samples that p gives one component a probability of, that share has it."""
    row, declared = named(name), named(name).declare()
    values = {n: v.numpy() for n, v in networks.true(declared).generate(networks.make_stream(0), 40_000).values.items()}
    found = row.posterior(declared, values).of
    for low in np.arange(0, 1, 0.2):
        chosen = (found >= low) & (found < low + 0.2)
        assert values["k"][chosen].mean() == pytest.approx(found[chosen].mean(), abs=0.03)


def test_errors_are_those_of_draws():
    """Draws of N(m, 1) beside a posterior of another mean, variance and covariance; shares beside probabilities."""
    draws = {"a": RANDOM.normal(size=[3, 20_000, 1]) + 0.5, "b": RANDOM.normal(size=[3, 20_000, 2, 1])}
    covariance = np.array([[1.0, 0.3, 0], [0.3, 1, 0], [0, 0, 1.2]])
    found = Moments(np.zeros([3, 3]), covariance, ("a", ground_name("b", 1), ground_name("b", 2))).errors(draws)
    assert found == pytest.approx({"mean": 0.5, "variance": 0.2, "covariance": 0.3}, abs=0.03)
    k = np.eye(2)[np.tile([0, 1, 1, 1], [5, 1])]
    assert Probabilities("k", np.full([5, 2], 0.5)).errors({"k": k}) == {"total variation": 0.25}


@pytest.mark.slow
@NAMED
def test_q_is_as_near_the_posterior_as_the_page_says(row):
    assert max(networks.errors(row, 0).values()) <= row.bound
