"""The game between (p, q) and the factors: update steps, many in one `tf.function`, over the replicas of a strategy."""

import functools
import math
from collections.abc import Iterable

import keras
import tensorflow as tf

from graphical_gan.engine import Stream, make_stream
from graphical_gan.game import Game
from graphical_gan.training.gradients import (
    BOTH,
    DISCRIMINATORS,
    PLAYERS,
    backward_by_player,
    backward_once,
    owner,
    supports_single_backward,
)
from graphical_gan.training.precision import mask_overflow, share_overflow

# Who moves on each minibatch of a step, by `update` and `update_order`.
MOVES = {
    ("alternating", "discriminators_first"): ((DISCRIMINATORS,), (PLAYERS,)),  # Alg. 1
    ("alternating", "players_first"): ((PLAYERS,), (DISCRIMINATORS,)),  # released code
    ("simultaneous", None): (BOTH,),
}


def seed_after(seed: int, rollbacks: int) -> int:
    """The seed of all draws and of the order of the data, another one after each rollback."""
    return (seed + 7919 * rollbacks) % 2**31


class NonFiniteError(FloatingPointError):
    """A cost or a gradient is not finite; the message says where."""


class Means(tf.Module):
    """Means of what is watched, over the steps since `reset`.

    Part of a checkpoint, and added up step by step: a row is the same wherever the run was stopped on the way to it.
    """

    def __init__(self, names: Iterable[str]):
        super().__init__()
        self._names = list(names)
        self._sums, self._counts = (tf.Variable(tf.zeros(len(self._names))) for _ in range(2))

    def add(self, watched: dict[str, tf.Tensor]) -> None:
        """Adds what is watched of one update."""
        self._sums.assign_add(tf.stack([watched.get(name, tf.zeros([])) for name in self._names]))
        self._counts.assign_add(tf.constant([float(name in watched) for name in self._names]))

    def finite(self) -> tf.Tensor:
        """Whether every mean is finite."""
        return tf.math.is_finite(tf.reduce_sum(self._sums))

    def read(self) -> dict[str, float]:
        """The means, without names that were never watched."""
        numbers = zip(self._names, self._sums.numpy().tolist(), self._counts.numpy().tolist(), strict=True)
        return {name: total / count for name, total, count in numbers if count}

    def reset(self) -> None:
        """Sets all sums to zero."""
        for variable in (self._sums, self._counts):
            variable.assign(tf.zeros_like(variable))


class Trainer(tf.Module):
    """Updates both players: in turn, each on a minibatch of its own (Alg. 1 and Alg. 3), or at once.

    Args:
        optimizers: by player, made in the scope of the strategy.
        update: "alternating", or "simultaneous": both players from one minibatch and one forward pass, a different and
            faster algorithm.
        update_order: of alternating ones, "discriminators_first" or "players_first", with which step 0 updates the
            discriminators only, as in the released code; None for simultaneous ones.
        precision: a key of `precision.POLICIES`, which the game was made with.
        seed: of all draws; the draws of step s are a function of (seed, s).
        strategy: over whose replicas a minibatch is split; the game was made in its scope.

    Attributes:
        moves: who moves on each of the minibatches of a step; step s takes len(moves) of them, from number
            len(moves) * s on.
        step: number of steps done.
        jit: whether XLA compiles what a step computes; set it before the first one.
        rollbacks: how often the run went back to an earlier step; each time the draws that follow are others.
        means: of what was watched.
    """

    def __init__(
        self,
        game: Game,
        optimizers: dict[str, keras.optimizers.Optimizer],
        update: str,
        update_order: str | None,
        precision: str,
        seed: int,
        strategy: tf.distribute.Strategy,
    ):
        super().__init__()
        self.game = game
        self.strategy = strategy
        # A game without discriminators has one player.
        able = [[p for p in movers if owner(game, p).trainable_variables] for movers in MOVES[update, update_order]]
        self.moves = tuple(tuple(movers) for movers in able if movers)
        self.seed = seed
        self.jit = False
        self.step = tf.Variable(0, dtype=tf.int64)
        self.rollbacks = tf.Variable(0, dtype=tf.int64)
        self.optimizers = optimizers
        once = self.moves == (BOTH,) and supports_single_backward(game, precision)
        self._backward = backward_once if once else backward_by_player
        self.means = Means(game.watched + [f"gradient_norm/{player}" for player in BOTH])
        self._late = (PLAYERS,) if self.moves == MOVES["alternating", "players_first"] else None  # from step 1 on
        self._run = tf.function(self._run_steps)

    def trace(self, minibatches) -> None:
        """Builds the graph of a step before the first one, which takes seconds."""
        if not tf.config.functions_run_eagerly():
            self._run.get_concrete_function(minibatches, tf.constant(1))

    def repeat_discriminators(self, times: int) -> None:
        """Lets the discriminators move on so many minibatches of each step where they move alone.

        Args:
            times: how many; call it before the first step.
        """
        self.moves = tuple(move for move in self.moves for _ in range(times if move == (DISCRIMINATORS,) else 1))

    def run(self, minibatches, steps: int) -> dict[str, float]:
        """Runs some steps in one call.

        Args:
            minibatches: iterator over the data, of the global batch size; each step takes the next `len(moves)`.

        Returns:
            What the game watches, averaged over the steps since `means` was reset, such as cost and accuracy of each
            factor's discriminator on p and on q, and gradient norms (of each replica's own gradient).

        Raises:
            NonFiniteError: if one of these is not finite; it names the step, the values and the weights that are not.
                The weights have already been updated.
        """
        self._run(minibatches, tf.constant(steps))
        return self._check(self.means.read())

    def _check(self, watched):
        bad = sorted(name for name, value in watched.items() if not math.isfinite(value))
        if not bad:
            return watched
        variables = [v for player in BOTH for v in owner(self.game, player).trainable_variables]
        tensors = [v.path for v in variables if not tf.reduce_all(tf.math.is_finite(v.value))]
        further = f" and {len(tensors) - 5} more" if len(tensors) > 5 else ""
        raise NonFiniteError(
            f"step {int(self.step) - 1}: not finite: {', '.join(bad)}; then, in the weights: "
            f"{', '.join(tensors[:5]) or 'none'}{further}"
        )

    def _run_steps(self, minibatches, steps):
        for _ in tf.range(steps):
            for movers in self.moves:
                data = next(minibatches)
                if movers != self._late or self.step > 0:
                    self.means.add(self._update_all(data, movers))
            self.step.assign_add(1)
            if not self.means.finite():
                break

    @tf.autograph.experimental.do_not_convert  # no branch depends on a tensor: it would only take time
    def _update_all(self, data, movers):
        """One update of those who move, on all replicas; what is watched, averaged over them."""
        per_replica = self.strategy.run(self._update, args=(data, movers))
        mean = tf.distribute.ReduceOp.MEAN
        return {name: self.strategy.reduce(mean, value, axis=None) for name, value in per_replica.items()}

    def _update(self, data, movers):
        """One update of those who move, on this replica's part of the minibatch."""
        context = tf.distribute.get_replica_context()
        stream = make_stream(seed_after(self.seed, self.rollbacks))
        part = Stream(stream.seed, context.replica_id_in_sync_group, context.num_replicas_in_sync)
        data = {name: part.part_of(value) for name, value in data.items()}
        draws = part.at("+".join(movers)).at(self.step)
        # Keras optimizers sum the gradients of the replicas: this is the one place where the mean over the global
        # batch is made of them.
        scales = {player: self.optimizers[player].scale_loss(1 / part.shards) for player in movers}
        compute = functools.partial(self._backward, self.game, data, draws, scales)
        gradients, watched = tf.function(compute, autograph=False, jit_compile=True)() if self.jit else compute()
        for player, values in gradients.items():
            optimizer = self.optimizers[player]
            norm = tf.linalg.global_norm(values) / scales[player]
            watched[f"gradient_norm/{player}"] = mask_overflow(norm, optimizer)
            optimizer.apply(share_overflow(values, optimizer), owner(self.game, player).trainable_variables)
        return watched
