"""The optimizers of the two players."""

from graphical_gan.game.factors import Game
from graphical_gan.training.adam import Adam
from graphical_gan.training.gradients import BOTH, PLAYERS, owner
from graphical_gan.training.precision import scaled


def adams(game: Game, learning_rate: float, precision: str, average: float | None = None) -> dict:
    """Adam for each player (the paper, appendix D), with its variables; make them in the scope of the strategy.

    Args:
        game: the two players.
        learning_rate: of both.
        precision: a key of `precision.POLICIES`, which the game was made with.
        average: momentum of the exponential average of the model's weights, which its optimizer keeps; None: without.

    Returns:
        The optimizers by player.
    """
    optimizers = {}
    for player in BOTH:
        averaged = player == PLAYERS and average is not None
        ema = {"use_ema": True, "ema_momentum": average} if averaged else {}
        # The released code's epsilon; Keras' default is 1e-7.
        adam = Adam(learning_rate, beta_1=0.5, beta_2=0.999, epsilon=1e-8, **ema)
        optimizers[player] = scaled(adam, precision)
        optimizers[player].build(owner(game, player).trainable_variables)
    return optimizers
