"""Both players can be saved by what people reach for first: checkpoints of TensorFlow, and weights of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.engine.randomness import make_stream
from tests.helpers import GAMES, tiny_gmgan, tiny_state_space

# Keras turns its variables to arrays in a way that NumPy 2 is about to leave behind.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def players(name, seed):
    keras.utils.set_random_seed(seed)
    game = GAMES[name]()
    return game.model, game.factors


@pytest.mark.parametrize("name", ["gmgan-l", "state_space"])
def test_a_checkpoint_holds_every_variable(name, tmp_path):
    for saved, other in zip(players(name, 0), players(name, 1), strict=True):
        path = tf.train.Checkpoint(model=saved).write(str(tmp_path / "checkpoint"))
        held = [key for key, _ in tf.train.list_variables(path) if key.startswith("model")]
        assert len(held) == len(saved.variables) > 0
        tf.train.Checkpoint(model=other).read(path).assert_consumed()
        for a, b in zip(saved.variables, other.variables, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["gmgan-l", "state_space"])
def test_weights_hold_every_variable(name, tmp_path):
    for saved, other in zip(players(name, 0), players(name, 1), strict=True):
        saved.save_weights(tmp_path / "x.weights.h5")
        assert not all(np.array_equal(a, b) for a, b in zip(saved.variables, other.variables, strict=True))
        other.load_weights(tmp_path / "x.weights.h5")
        for a, b in zip(saved.variables, other.variables, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_model_without_a_game_is_built_before_it_reads_weights(tmp_path):
    saved = tiny_state_space().model
    saved.save_weights(tmp_path / "x.weights.h5")
    alone = type(saved)(saved.network, *_copies(), saved.recognition_graph)
    alone.build()
    alone.load_weights(tmp_path / "x.weights.h5")
    for a, b in zip(*(m.generate(make_stream(0), 3).values.values() for m in (saved, alone)), strict=True):
        np.testing.assert_array_equal(a, b)


def _copies():
    other = tiny_state_space().model
    return other.generative, other.recognition


def test_a_whole_model_is_not_saved_and_says_what_to_call():
    with pytest.raises(NotImplementedError, match=r"GraphicalGAN.save was called.*save_weights\('name.weights.h5'\)"):
        tiny_gmgan().model.save("x.keras")
