"""The gradients that a step takes on a minibatch: of one player, or of both from one forward pass."""

from typing import NamedTuple

import keras
import tensorflow as tf

from graphical_gan.engine import Stream
from graphical_gan.engine.shapes import axis_size, column
from graphical_gan.game import Game
from graphical_gan.game.factors import Verdict
from graphical_gan.layers.images import normalisations

PLAYERS, DISCRIMINATORS = "players", "discriminators"
BOTH = (PLAYERS, DISCRIMINATORS)


class Step(NamedTuple):
    """What a minibatch gives.

    Attributes:
        gradients: by player that moves, a list in the order of its trainable variables.
        watched: what the players that move watch, such as costs of each factor's discriminator on p and on q.
    """

    gradients: dict[str, list[tf.Tensor]]
    watched: dict[str, tf.Tensor]


def owner(game: Game, player: str) -> keras.Model:
    """Who owns the variables of a player."""
    return game.model if player == PLAYERS else game.factors


def backward_by_player(game: Game, data: dict, draws: Stream, scales: dict[str, tf.Tensor]) -> Step:
    """One forward pass, and a backward pass for each player that moves.

    Args:
        scales: what the cost of each player that moves is multiplied by.
    """
    variables = {player: _values(owner(game, player)) for player in scales}
    with tf.GradientTape(persistent=len(scales) > 1, watch_accessed_variables=False) as tape:
        tape.watch(variables)
        p, q = _samples(game, data, draws)
        verdict = game.factors.judge(p, q, draws, together=DISCRIMINATORS in scales)
        outcomes = {PLAYERS: game.players_outcome, DISCRIMINATORS: game.discriminators_outcome}
        outcomes = {player: outcomes[player](verdict, draws) for player in scales}
        costs = {player: outcome.cost * scales[player] for player, outcome in outcomes.items()}
    gradients = {player: tape.gradient(cost, variables[player]) for player, cost in costs.items()}
    return Step(gradients, {name: value for o in outcomes.values() for name, value in o.watched.items()})


def backward_once(game: Game, data: dict, draws: Stream, scales: dict[str, tf.Tensor]) -> Step:
    """One forward pass and one backward pass for both players.

    Let a be the logit of one row of a factor's batch, c(a) what it costs the discriminator, g(a) the players. Both
    gradients pass the discriminator's input z of that row, and no other row's, as the chain of a slope and da/dz:
    c'(a) da/dz and g'(a) da/dz. So one backward pass through the discriminators, with the slopes c' as its seed,
    gives the gradient of their weights, and a gradient of z that turns into the players' by the factor g'(a) / c'(a)
    of the row, from where it goes on to the variables of p and q. For the Jensen-Shannon game that is -exp(-a) on p
    and -exp(a) on q: a third of the work of two backward passes falls away, the second through the discriminators.

    Where a discriminator is sure of itself c'(a) goes to 0 and the factor to infinity. Therefore slopes are those at
    the logit clipped to +-`game.LARGEST_LOGIT`, which changes neither slope, both in [-1, 1], by more than
    exp(-20) = 2e-9, less than float32 can tell from 1; the factor stays below exp(20), and no seed underflows.

    It is exact only if a logit depends on the inputs of its own row, see `supports_single_backward`. Other terms of the
    players' cost, such as the score-function ones, which have no gradient through the discriminators, are added.
    """
    players, discriminators = _values(game.model), _values(game.factors)
    with tf.GradientTape(watch_accessed_variables=False) as to_players:
        to_players.watch(players)
        p, q = _samples(game, data, draws)
        # Of their own for each factor, which has its own rows to rescale.
        inputs = tf.nest.map_structure(tf.identity, tuple(game.factors.inputs(s.values) for s in (p, q)))
        with tf.GradientTape(watch_accessed_variables=False) as to_inputs:
            to_inputs.watch([discriminators, inputs])
            logits = game.factors.logits_on_both(inputs[0], inputs[1], draws)
        verdict = Verdict(p, q, *logits)
        other = game.other_costs(verdict, draws)
    ours, theirs = game.slopes(verdict)
    seeds = tf.nest.map_structure(lambda slope: slope * scales[DISCRIMINATORS], ours)
    through, to_weights = to_inputs.gradient(logits, [inputs, discriminators], seeds)
    factor = tf.nest.map_structure(lambda g, c: g / c * (scales[PLAYERS] / scales[DISCRIMINATORS]), theirs, ours)
    through = [[_rescale(*pair) for pair in zip(*side, strict=True)] for side in zip(through, factor, strict=True)]
    targets = [(z, g) for z, g in zip(*map(tf.nest.flatten, (inputs, through)), strict=True) if g is not None]
    targets.append((other.cost, scales[PLAYERS]))
    gradients = to_players.gradient([z for z, _ in targets], players, [g for _, g in targets])
    watched = game.discriminators_outcome(verdict, draws).watched | other.watched
    return Step({PLAYERS: gradients, DISCRIMINATORS: to_weights}, watched)


def supports_single_backward(game: Game, precision: str) -> bool:
    """Whether `backward_once` serves both players.

    Not if a discriminator normalises over its batch or has a gradient penalty, for a divergence whose slopes do not
    saturate, or in float16, in which a seed of exp(-20) is lost. Then a simultaneous step takes two backward passes.
    """
    one_seed = game.divergence.saturates and not game.gradient_penalty
    return one_seed and not normalisations(game.factors) and precision != "float16"


def _values(model):
    return [v.value for v in model.trainable_variables]


def _samples(game, data, draws):
    q = game.model.infer(data, draws, training=True)
    given = {name: data[name] for name in game.model.network.inputs}
    return game.model.generate(draws, axis_size(next(iter(data.values())), 0), given, training=True), q


def _rescale(gradients, factor):
    """Gradients of the inputs of one factor, [B*m, ...] each, times the factor [B, m] of their row."""
    rows = tf.reshape(factor, [-1])
    return tuple(g if g is None else g * column(rows, g) for g in gradients)
