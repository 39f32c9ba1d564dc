"""The game between (p, q) and the discriminators: what each of the two players minimises (Eqs. 12 and 13)."""

import functools
from typing import NamedTuple

import tensorflow as tf

from graphical_gan.engine import GraphicalGAN, Stream
from graphical_gan.engine.shapes import axis_size, column
from graphical_gan.game.factors import Factors, Verdict
from graphical_gan.game.losses import JS, Costs, Divergence, gradient_penalty, score_function_cost
from graphical_gan.game.terms import Term

LARGEST_LOGIT = 20.0  # beyond it the slope of a saturating cost is 0 or 1 to the last digit of float32


class Outcome(NamedTuple):
    """What a player minimises, and by name what to watch."""

    cost: tf.Tensor
    watched: dict[str, tf.Tensor]


class Game(NamedTuple):
    """The two players, (p, q) and the discriminators of the factors, and what they play for; see `objective`.

    Attributes:
        model: p and q.
        factors: with their discriminators.
        divergence: that the factors estimate.
        gradient_penalty: weight of the penalty that keeps the logits 1-Lipschitz in all inputs of a factor together, 0
            for none; it wants discriminators without batch normalisation (WGAN-GP).
        terms: what p and q minimise besides.
    """

    model: GraphicalGAN
    factors: Factors
    divergence: Divergence = JS
    gradient_penalty: float = 0.0
    terms: tuple[Term, ...] = ()

    @property
    def watched(self) -> list[str]:
        """Names of what both outcomes watch."""
        names = ["cost_on_p", "cost_on_q"]
        names += ["accuracy_on_p", "accuracy_on_q"] if self.divergence.classifies else []
        names += ["gradient_penalty"] if self.gradient_penalty else []
        return [f"{n}/{family}" for family in self.factors.families for n in names] + [term.name for term in self.terms]

    def discriminators_outcome(self, verdict: Verdict, stream: Stream) -> Outcome:
        """What the discriminators minimise: Eq. 12 with the sign turned, and the gradient penalties."""
        watched = {}
        costs = self._costs(self.divergence.discriminator, verdict)
        for family, cost, a, b in zip(self.factors.families, costs, verdict.logits_p, verdict.logits_q, strict=True):
            watched |= {
                f"cost_on_p/{family}": tf.reduce_mean(cost.p),
                f"cost_on_q/{family}": tf.reduce_mean(cost.q),
            }
            if self.divergence.classifies:
                watched |= {
                    f"accuracy_on_p/{family}": tf.reduce_mean(tf.cast(a < 0, tf.float32)),
                    f"accuracy_on_q/{family}": tf.reduce_mean(tf.cast(b > 0, tf.float32)),
                }
        if not self.gradient_penalty:
            return Outcome(self.factors.mean(costs), watched)
        penalties = self._penalties(verdict, stream)
        watched |= {f"gradient_penalty/{f}": value for f, value in zip(self.factors.families, penalties, strict=True)}
        penalty = tf.add_n([share * value for share, value in zip(self.factors.shares, penalties, strict=True)])
        return Outcome(self.factors.mean(costs) + self.gradient_penalty * penalty, watched)

    def players_outcome(self, verdict: Verdict, stream: Stream) -> Outcome:
        """What p and q minimise: their side of the divergence, and the other costs."""
        other = self.other_costs(verdict, stream)
        return other._replace(cost=other.cost + self.factors.mean(self._costs(self.divergence.players, verdict)))

    def other_costs(self, verdict: Verdict, stream: Stream) -> Outcome:
        """What p and q minimise besides the divergence: the terms, and score-function costs.

        It has no gradient through the discriminators.
        """
        p, q = verdict.p, verdict.q
        costs = {t: t.costs(self.model, p, q, stream.at(t.name)) for t in self.terms}
        weighted = [Costs(t.weight * c.p, t.weight * c.q) for t, c in costs.items()]
        means = [tf.reduce_mean(side) for c in weighted for side in c]
        cost = tf.add_n([tf.zeros([]), *means, *self._score_function_costs(verdict, weighted)])
        return Outcome(cost, {t.name: tf.reduce_mean(c.p) + tf.reduce_mean(c.q) for t, c in costs.items()})

    def slopes(self, verdict: Verdict) -> tuple[tuple[list[tf.Tensor], ...], ...]:
        """Derivatives of the cost of the discriminators, and of the players', in each logit on p and on q.

        They are taken at the logits clipped to +-`LARGEST_LOGIT`, see `gradients.backward_once`.
        """
        clip = functools.partial(tf.clip_by_value, clip_value_min=-LARGEST_LOGIT, clip_value_max=LARGEST_LOGIT)
        logits = tf.nest.map_structure(clip, (verdict.logits_p, verdict.logits_q))
        slopes = []
        for cost_of in (self.divergence.discriminator, self.divergence.players):
            with tf.GradientTape() as tape:
                tape.watch(logits)
                cost = self.factors.mean(self._costs(cost_of, verdict._replace(logits_p=logits[0], logits_q=logits[1])))
            slopes.append(tape.gradient(cost, logits))
        return tuple(slopes)

    def _costs(self, cost_of, verdict):
        """By factor, its costs [B, m] on p and on q."""
        return [cost_of(a, b) for a, b in zip(verdict.logits_p, verdict.logits_q, strict=True)]

    def _score_function_costs(self, verdict, further):
        """For each sample without a gradient its score-function cost, by all that it costs p and q."""
        costs = self._costs(self.divergence.players, verdict)
        found = []
        for side, sample in enumerate((verdict.p, verdict.q)):
            by_row = [share * tf.reduce_mean(c[side], 1) for share, c in zip(self.factors.shares, costs, strict=True)]
            by_row += [cost[side] for cost in further]
            found += [score_function_cost(tf.add_n(by_row), score) for score in sample.scores.values()]
        return found

    def _penalties(self, verdict, stream):
        """By factor, the penalty on lines between samples of p and of q, one share for all inputs of a row."""
        factors, between = self.factors, []
        inputs_p, inputs_q = factors.inputs(verdict.p.values), factors.inputs(verdict.q.values)
        for family, a, b in zip(factors.families, inputs_p, inputs_q, strict=True):
            share = stream.at(f"between {family}").uniform([axis_size(a[0], 0)])
            shares = [column(share, x) for x in a]
            between.append(tuple(s * x + (1 - s) * y for s, x, y in zip(shares, a, b, strict=True)))
        with tf.GradientTape() as tape:
            tape.watch(between)
            logits = factors.logits(between, stream.at("between"), training=True)
        gradients = tape.gradient(logits, between, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        in_variables = [g[: len(f.scope)] for g, f in zip(gradients, factors.families, strict=True)]  # not in the step
        return [tf.reduce_mean(gradient_penalty(g)) for g in in_variables]
