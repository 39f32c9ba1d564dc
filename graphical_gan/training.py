"""The game between (p, q) and the factors: update steps, many in one `tf.function`, over the replicas of a strategy."""

import keras
import tensorflow as tf

from graphical_gan.factors import Factors, Game
from graphical_gan.randomness import Stream, make_stream

PLAYERS, DISCRIMINATORS = "players", "discriminators"
UPDATE_ORDERS = {
    "discriminators_first": (DISCRIMINATORS, PLAYERS),  # Alg. 1
    "players_first": (PLAYERS, DISCRIMINATORS),  # released code
}


class NonFiniteError(FloatingPointError):
    """A cost or a gradient is not finite; the message says where."""


class Trainer(tf.Module):
    """Updates both players in turn, each on a minibatch of its own (Alg. 1 and Alg. 3).

    Args:
        game: the two players.
        learning_rate: of both Adam optimizers.
        update_order: a key of `UPDATE_ORDERS`. With "players_first" step 0 updates the discriminators only, as in
            the released code.
        seed: of all draws; the draws of step s are a function of (seed, s).
        strategy: over whose replicas a minibatch is split; the game was made in its scope.
    """

    def __init__(
        self,
        game: Game,
        learning_rate: float,
        update_order: str,
        seed: int,
        strategy: tf.distribute.Strategy,
    ):
        super().__init__()
        self.model, self.factors = game
        self.strategy = strategy
        self.order = UPDATE_ORDERS[update_order]
        self.stream = make_stream(seed)
        self.step = tf.Variable(0, dtype=tf.int64)
        self.optimizers = {}
        with strategy.scope():
            for player, owner in ((PLAYERS, self.model), (DISCRIMINATORS, self.factors)):
                # The released code's epsilon; Keras' default is 1e-7.
                adam = keras.optimizers.Adam(learning_rate, beta_1=0.5, beta_2=0.999, epsilon=1e-8)
                adam.build(owner.trainable_variables)
                self.optimizers[player] = adam
        self._watched = [f"{name}/{family}" for family in self.factors.families for name in Factors.WATCHED]
        self._watched += [f"gradient_norm/{player}" for player in (PLAYERS, DISCRIMINATORS)]
        self._run = tf.function(self._run_steps)

    def run(self, minibatches, steps: int) -> dict[str, float]:
        """Runs some steps in one call.

        Args:
            minibatches: iterator over the data, of the global batch size; each step takes two, at step s the numbers
                2s (for the player that moves first) and 2s + 1.
            steps: how many.

        Returns:
            What was watched, averaged over the steps: cost and accuracy of each factor's discriminator on p and on q,
            and gradient norms (of each replica's own gradient).

        Raises:
            NonFiniteError: if one of these is not finite; naming step and factor. The update was done.
        """
        if self.order[0] == PLAYERS and int(self.step) == 0:
            next(minibatches)
            first = tf.function(self._update_all)(next(minibatches), player=DISCRIMINATORS)
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
            for player in self.order:
                watched |= self._update_all(next(minibatches), player)
            self.step.assign_add(1)
            done += 1
            sums = {name: sums[name] + watched[name] for name in sums}
            if not tf.math.is_finite(tf.add_n(list(sums.values()))):
                break
        return sums, done

    def _update_all(self, data, player):
        """One update of one player on all replicas; what is watched, averaged over them."""
        per_replica = self.strategy.run(self._update, args=(data, player))
        mean = tf.distribute.ReduceOp.MEAN
        return {name: self.strategy.reduce(mean, value, axis=None) for name, value in per_replica.items()}

    def _update(self, data, player):
        """One update of one player on this replica's part of the minibatch."""
        context = tf.distribute.get_replica_context()
        part = Stream(self.stream.seed, context.replica_id_in_sync_group, context.num_replicas_in_sync)
        data = {name: part.part_of(value) for name, value in data.items()}
        draws = part.at(player).at(self.step)
        owner, outcome_of = (
            (self.model, self.factors.players_outcome)
            if player == PLAYERS
            else (self.factors, self.factors.discriminators_outcome)
        )
        variables = owner.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in variables])
            q = self.model.infer(data, draws, training=True)
            p = self.model.generate(draws, rows=len(next(iter(data.values()))), training=True)
            outcome = outcome_of(p, q, draws, training=True)
            # Keras optimizers sum the gradients of the replicas: this is the one place where the mean over the
            # global batch is made of them.
            cost = outcome.cost / context.num_replicas_in_sync
        gradients = tape.gradient(cost, [v.value for v in variables])
        self.optimizers[player].apply(gradients, variables)
        norm = tf.linalg.global_norm(gradients) * context.num_replicas_in_sync
        return (outcome.watched if player == DISCRIMINATORS else {}) | {f"gradient_norm/{player}": norm}
