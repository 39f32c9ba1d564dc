"""The game between (p, q) and the factors: update steps, many in one `tf.function`, over the replicas of a strategy."""

import keras
import tensorflow as tf

from graphical_gan.factors import Game
from graphical_gan.precision import agree, forgive, scaled
from graphical_gan.randomness import Stream, make_stream
from graphical_gan.updates import BOTH, DISCRIMINATORS, PLAYERS, backward_by_player, backward_once, goes_once, owner

# Who moves on each minibatch of a step, by `update` and `update_order`.
MOVES = {
    ("alternating", "discriminators_first"): ((DISCRIMINATORS,), (PLAYERS,)),  # Alg. 1
    ("alternating", "players_first"): ((PLAYERS,), (DISCRIMINATORS,)),  # released code
    ("simultaneous", None): (BOTH,),
}


class NonFiniteError(FloatingPointError):
    """A cost or a gradient is not finite; the message says where."""


class Trainer(tf.Module):
    """Updates both players: in turn, each on a minibatch of its own (Alg. 1 and Alg. 3), or at once.

    Args:
        game: the two players.
        learning_rate: of both Adam optimizers.
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
    """

    def __init__(
        self,
        game: Game,
        learning_rate: float,
        update: str,
        update_order: str | None,
        precision: str,
        seed: int,
        strategy: tf.distribute.Strategy,
    ):
        super().__init__()
        self.game = game
        self.strategy = strategy
        self.moves = MOVES[update, update_order]
        self.stream = make_stream(seed)
        self.step = tf.Variable(0, dtype=tf.int64)
        self.optimizers = {}
        with strategy.scope():
            for player in BOTH:
                # The released code's epsilon; Keras' default is 1e-7.
                adam = keras.optimizers.Adam(learning_rate, beta_1=0.5, beta_2=0.999, epsilon=1e-8)
                self.optimizers[player] = scaled(adam, precision)
                self.optimizers[player].build(owner(game, player).trainable_variables)
        once = self.moves == (BOTH,) and goes_once(game, precision)
        self._backward = backward_once if once else backward_by_player
        self._watched = game.watched + [f"gradient_norm/{player}" for player in BOTH]
        self._run = tf.function(self._run_steps)

    def run(self, minibatches, steps: int) -> dict[str, float]:
        """Runs some steps in one call.

        Args:
            minibatches: iterator over the data, of the global batch size; each step takes the next `len(moves)`.
            steps: how many.

        Returns:
            What the game watches, averaged over the steps, such as cost and accuracy of each factor's discriminator on
            p and on q, and gradient norms (of each replica's own gradient).

        Raises:
            NonFiniteError: if one of these is not finite; naming step and factor. The update was done.
        """
        if self.moves[0] == (PLAYERS,) and int(self.step) == 0:
            next(minibatches)
            first = tf.function(self._update_all)(next(minibatches), movers=(DISCRIMINATORS,))
            self.step.assign_add(1)
            steps -= 1
            if steps == 0:
                return self._check({name: float(value) for name, value in first.items()})
        sums, done = self._run(minibatches, tf.constant(steps))
        return self._check({n: float(v) / int(done) for n, v in sums.items()})

    def _check(self, watched):
        bad = sorted(name for name, value in watched.items() if not abs(value) < float("inf"))
        if bad:
            raise NonFiniteError(f"step {int(self.step) - 1}: not finite: {', '.join(bad)}")
        return watched

    def _run_steps(self, minibatches, steps):
        sums, done = dict.fromkeys(self._watched, tf.zeros([])), 0
        for _ in tf.range(steps):
            watched = {}
            for movers in self.moves:
                watched |= self._update_all(next(minibatches), movers)
            self.step.assign_add(1)
            done += 1
            sums = {name: sums[name] + watched[name] for name in sums}
            if not tf.math.is_finite(tf.add_n(list(sums.values()))):
                break
        return sums, done

    def _update_all(self, data, movers):
        """One update of those who move, on all replicas; what is watched, averaged over them."""
        per_replica = self.strategy.run(self._update, args=(data, movers))
        mean = tf.distribute.ReduceOp.MEAN
        return {name: self.strategy.reduce(mean, value, axis=None) for name, value in per_replica.items()}

    def _update(self, data, movers):
        """One update of those who move, on this replica's part of the minibatch."""
        context = tf.distribute.get_replica_context()
        part = Stream(self.stream.seed, context.replica_id_in_sync_group, context.num_replicas_in_sync)
        data = {name: part.part_of(value) for name, value in data.items()}
        draws = part.at("+".join(movers)).at(self.step)
        # Keras optimizers sum the gradients of the replicas: this is the one place where the mean over the global
        # batch is made of them.
        scales = {player: self.optimizers[player].scale_loss(1 / part.shards) for player in movers}
        gradients, watched = self._backward(self.game, data, draws, scales)
        for player, values in gradients.items():
            optimizer = self.optimizers[player]
            norm = tf.linalg.global_norm(values) / scales[player]
            watched[f"gradient_norm/{player}"] = forgive(norm, optimizer)
            optimizer.apply(agree(values, optimizer), owner(self.game, player).trainable_variables)
        return watched
