"""The game: who moves, what a step is a function of, replicas, and numbers that blow up."""

import json
import time
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import profile
from graphical_gan.instances import gmgan
from graphical_gan.settings import recipes
from graphical_gan.training.optimizers import adams
from graphical_gan.training.precision import compute_in
from graphical_gan.training.trainer import DISCRIMINATORS, PLAYERS, NonFiniteError, Trainer
from tests.helpers import GAMES, SHAPE, tiny_gmgan
from tests.system.forks import command


def minibatches(start=0, batch=8, shape=SHAPE):
    """Endless minibatches, number n a function of n."""
    numbers = tf.data.Dataset.counter(start)
    return iter(numbers.map(lambda n: {"x": tf.random.stateless_uniform([batch, *shape], tf.stack([7, n]))}))


def trainer(make=tiny_gmgan, order="discriminators_first", strategy=None, precision="float32"):
    """Of alternating updates in an order; of simultaneous ones if it is None."""
    strategy = strategy or tf.distribute.MirroredStrategy(["CPU:0"])
    keras.utils.set_random_seed(1)
    with strategy.scope(), compute_in(precision):
        game = make()
        optimizers = adams(game, 1e-3, precision)
    update = "alternating" if order else "simultaneous"
    return Trainer(game, optimizers, update, order, precision, seed=0, strategy=strategy)


def weights(owner):
    return [v.numpy() for v in owner.trainable_variables]


def moved(before, after):
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


@pytest.mark.parametrize("player", [PLAYERS, DISCRIMINATORS])
def test_a_step_of_one_player_moves_no_variable_of_the_other(player):
    run = trainer()
    owners = {PLAYERS: run.game.model, DISCRIMINATORS: run.game.factors}
    before = {name: weights(owner) for name, owner in owners.items()}
    tf.function(run._update_all)(next(minibatches()), movers=(player,))
    for name, owner in owners.items():
        changes = moved(before[name], weights(owner))
        assert np.mean(changes) > 0.7 if name == player else not any(changes)


def test_the_graph_of_a_step_is_built_once_and_no_minibatch_is_taken_for_it():
    run, untouched = trainer(), trainer()
    before, data = weights(run.game.model), minibatches()
    run.trace(data)
    assert run.step == 0 and not any(moved(before, weights(run.game.model)))
    assert run.run(data, 2) == untouched.run(minibatches(), 2)
    run.run(data, 3)
    assert run._run.experimental_get_tracing_count() == 1


def test_players_first_begins_with_the_discriminators_only():
    """Released code: iteration 0 has no step of generator and extractor."""
    run = trainer(order="players_first")
    before = weights(run.game.model)
    watched = run.run(minibatches(), 1)
    assert not any(moved(before, weights(run.game.model)))
    assert "gradient_norm/players" not in watched and int(run.step) == 1
    run.run(minibatches(2), 1)
    assert np.mean(moved(before, weights(run.game.model))) > 0.7


@pytest.mark.parametrize("order", ["players_first", "discriminators_first"])
def test_discriminators_take_several_minibatches_of_a_step(order):
    """Three updates of theirs and one of the players a step, each on a minibatch of its own."""
    once, thrice = trainer(order=order), trainer(order=order)
    thrice.repeat_discriminators(3)
    assert thrice.moves.count((DISCRIMINATORS,)) == 3 and thrice.moves.count((PLAYERS,)) == 1
    players, discriminators = weights(thrice.game.model), weights(thrice.game.factors)
    data = minibatches()
    thrice.run(data, 2)
    np.testing.assert_array_equal(next(data)["x"], next(minibatches(8))["x"])  # after four of each step
    updates = [int(thrice.optimizers[p].iterations.numpy()) for p in (PLAYERS, DISCRIMINATORS)]
    assert updates == ([1, 6] if order == "players_first" else [2, 6])  # step 0 leaves the players out there
    assert all(moved(discriminators, weights(thrice.game.factors))) and any(moved(players, weights(thrice.game.model)))
    once.repeat_discriminators(1)
    assert len(once.moves) == 2


def test_the_profile_tells_how_long_a_step_waits_for_data(monkeypatch):
    monkeypatch.setattr(profile, "STEPS", 5)

    def batches(pause):
        for batch in minibatches():
            time.sleep(pause)
            yield batch

    run, specs = trainer(order=None), {"x": tf.TensorSpec([8, *SHAPE])}
    waits = []
    for pause in (0, 0.3):
        data = iter(tf.data.Dataset.from_generator(lambda p=pause: batches(p), output_signature=specs).prefetch(2))
        run.run(data, 3)
        recorded = profile.record(run, data)
        waits.append(recorded[profile.WAITING] / profile.STEPS)
        assert profile.by_kind(recorded)["ResourceApplyAdam"] > 0
    assert waits[0] < 0.1 < waits[1]


@pytest.mark.parametrize("name", ["gmgan-g", "dropout", "reinforce", "gan-g"])
def test_every_game_trains(name):
    run = trainer(GAMES[name])
    watched = run.run(minibatches(), 3)
    assert int(run.step) == 3 and all(np.isfinite(v) for v in watched.values())
    assert set(watched) == {*run.game.watched} | {f"gradient_norm/{player}" for player in (PLAYERS, DISCRIMINATORS)}


def test_steps_in_one_call_equal_single_calls():
    one, many = trainer(), trainer()
    many.run(minibatches(), 4)
    data = minibatches()
    for _ in range(4):
        one.run(data, 1)
    for a, b in zip(weights(one.game.model), weights(many.game.model), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_adam_is_that_of_the_released_code():
    adam = trainer().optimizers[PLAYERS]
    assert (adam.beta_1, adam.beta_2, adam.epsilon) == (0.5, 0.999, 1e-8)


def test_a_game_that_can_be_won_is_won():
    """The discriminators learn to tell noise images from generated ones when the players are held still."""
    run = trainer()
    update = tf.function(run._update_all)
    data = minibatches()
    costs = [float(update(next(data), movers=(DISCRIMINATORS,))["cost_on_q/(x, h)"]) for _ in range(60)]
    assert np.mean(costs[-5:]) < 0.8 * costs[0]


@pytest.mark.parametrize("owner", ["model", "factors"])
def test_non_finite_numbers_stop_at_the_step_and_name_the_factor(owner):
    run = trainer()
    run.run(minibatches(), 2)
    broken = getattr(run.game, owner).trainable_variables[0]
    broken.assign(tf.fill(broken.shape, float("nan")))
    with pytest.raises(NonFiniteError, match=r"step 2: not finite: .*cost_on_p/\(.*in the weights: \w+/"):
        run.run(minibatches(4), 10)
    assert int(run.step) == 3  # the loop stopped at once


REPLICAS = """
import json, sys
import tensorflow as tf
count = int(sys.argv[1])
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
from graphical_gan.training.strategies import make_strategy
from tests.training.test_training import REPLICATED, minibatches, trainer
run = trainer(REPLICATED[sys.argv[2]], order="players_first", strategy=make_strategy("mirrored", 8))
assert run.strategy.num_replicas_in_sync == count
watched = run.run(minibatches(), 3)
variables = run.game.model.trainable_variables + run.game.factors.trainable_variables
print(json.dumps([watched, [v.numpy().tolist() for v in variables]]))
"""


def vegan(match):
    """A tiny VEGAN whose latents are matched without a discriminator."""
    given = {"recipe": "released", "model": "vegan", "match": match, "width": 2, "latent": 4, "K": 5}
    description = types.SimpleNamespace(image_shape=SHAPE, value_range=(0.0, 1.0))
    return gmgan.from_settings(recipes.GMGAN.resolve(given), description)


REPLICATED = {
    "gmgan": lambda: tiny_gmgan(dropout=0.1),
    "mmd": lambda: vegan("mmd"),
    "kl": lambda: vegan("kl"),
}


@pytest.mark.parametrize("game", REPLICATED)
def test_one_replica_equals_two_on_the_same_global_batch(tmp_path, game):
    script = tmp_path / "replicas.py"
    script.write_text(REPLICAS)

    def result(count):
        status, out, err = command(script, count, game)
        assert status == 0, err
        return json.loads(out.splitlines()[-1])

    (one, one_weights), (two, two_weights) = result(1), result(2)
    assert one.keys() == two.keys()
    for name in one:
        if "norm" not in name:  # the norm is of each replica's gradient
            assert one[name] == pytest.approx(two[name], rel=1e-3), name
    for a, b in zip(one_weights, two_weights, strict=True):
        # Adam's first steps are of the size of the learning rate whatever the gradient: where a gradient is
        # zero up to rounding (biases before batch normalisation), its sign decides.
        assert np.quantile(np.abs(np.array(a) - np.array(b)), 0.9) < 1e-3
