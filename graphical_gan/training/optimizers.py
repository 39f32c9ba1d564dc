"""The optimizers of the two players."""

import keras

from graphical_gan.common.choices import chosen
from graphical_gan.game import Game
from graphical_gan.settings.tables import DECAYS
from graphical_gan.training.adam import Adam
from graphical_gan.training.gradients import BOTH, PLAYERS, owner
from graphical_gan.training.precision import scaled


def constant(rate: float, steps: int) -> float:
    """The same rate at all steps."""
    del steps
    return rate


def linear(rate: float, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """A rate that falls to 0 on a straight line."""
    return keras.optimizers.schedules.PolynomialDecay(rate, steps, end_learning_rate=0.0)


def cosine(rate: float, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """A rate that falls to 0 on half a cosine."""
    return keras.optimizers.schedules.CosineDecay(rate, steps)


def adams(
    game: Game,
    learning_rate: float,
    precision: str,
    average: float | None = None,
    learning_rate_decay: str = "none",
    steps: int | None = None,
) -> dict:
    """Adam for each player (the paper, appendix D), with its variables; make them in the scope of the strategy.

    Args:
        precision: a key of `precision.POLICIES`, which the game was made with.
        average: momentum of the exponential average of the model's weights, which its optimizer keeps; None: without.
        learning_rate_decay: a key of `tables.DECAYS`: how the rate falls to 0 over the run.
        steps: of the run, for a rate that falls.

    Returns:
        The optimizers by player.
    """
    optimizers, decay = {}, chosen(DECAYS, learning_rate_decay=learning_rate_decay)
    for player in BOTH:
        averaged = player == PLAYERS and average is not None
        ema = {"use_ema": True, "ema_momentum": average} if averaged else {}
        # The released code's epsilon; Keras' default is 1e-7.
        adam = Adam(decay(learning_rate, steps), beta_1=0.5, beta_2=0.999, epsilon=1e-8, **ema)
        optimizers[player] = scaled(adam, precision)
        optimizers[player].build(owner(game, player).trainable_variables)
    return optimizers
