"""Factors: which variables each discriminator looks at, with which weight, and what the game costs (Eqs. 12 and 13)."""

import functools
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import keras
import tensorflow as tf

from graphical_gan.common.choices import chosen
from graphical_gan.engine import plate
from graphical_gan.engine.checks import check_discriminators, checked_samples
from graphical_gan.engine.model import GraphicalGAN, size
from graphical_gan.engine.randomness import Stream, Streams, make_stream
from graphical_gan.engine.sampling import Sample
from graphical_gan.game.losses import DIVERGENCES, Costs, gradient_penalty, score_function_cost
from graphical_gan.graph.bayesian_network import BayesianNetwork, Family
from graphical_gan.graph.dag import LAGS, Ref
from graphical_gan.layers.images import normalisations

CERTAIN = 20.0  # a logit beyond which the slope of a saturating cost is 0 or 1 to the last digit of float32


class Outcome(NamedTuple):
    """What a pass of all discriminators gives: the cost to minimise, and by factor what to watch."""

    cost: tf.Tensor
    watched: dict[str, tf.Tensor]


class Verdict(NamedTuple):
    """What the discriminators say of a sample of p and of one of q: the logits of each factor, [B, m]."""

    p: Sample
    q: Sample
    logits_p: list[tf.Tensor]
    logits_q: list[tf.Tensor]


def local_families(network: BayesianNetwork) -> tuple[Family, ...]:
    """One factor a maximal family: the local algorithm (Alg. 1, Eq. 12)."""
    return network.maximal_families()


def global_family(network: BayesianNetwork) -> tuple[Family, ...]:
    """One factor over all variables: the global baseline (Alg. 3, Eq. 13); with the network h -> x it is ALI."""
    scope = tuple(Ref(n, "1:T" if network[n].plate else "") for n in reversed(network.variables))
    return (Family(scope, 1),)


def latent_family(network: BayesianNetwork) -> tuple[Family, ...]:
    """One factor over all latent variables: an adversarial match of the aggregated posterior (VEGAN)."""
    scope = tuple(Ref(n, "1:T" if network[n].plate else "") for n in reversed(network.latent))
    return (Family(scope, 1),)


class Term(Protocol):
    """What the players minimise besides the factors, such as a reconstruction (see `terms`).

    Attributes:
        name: under which it is watched.
        weight: that its costs are multiplied by.
    """

    name: str
    weight: float

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream, training: bool) -> Costs:
        """Costs [B] of the samples of p and of q."""


class Factors(keras.Model):
    """A discriminator for each factor; owns the variables of the discriminators' player.

    The weight of a factor is its share m / sum(m) of all factors when steps are counted one by one, so that the
    objective is the plain average of Eq. 12.

    Args:
        families: the factors.
        discriminators: a layer for each, from a tuple of variables (of the family's order) and a stream to logits.
        length: number of steps T of the plate, None without one.
        divergence: a key of `losses.DIVERGENCES`.
        gradient_penalty: weight of the penalty that keeps the logits 1-Lipschitz in all inputs of a factor together,
            0 for none; it wants discriminators without batch normalisation (WGAN-GP).
    """

    def __init__(
        self,
        families: Iterable[Family],
        discriminators: Iterable[keras.layers.Layer],
        length: int | None = None,
        divergence: str = "js",
        gradient_penalty: float = 0.0,
    ):
        super().__init__()
        self.families = tuple(families)
        self.discriminators = list(discriminators)
        if len(self.families) != len(self.discriminators):
            raise ValueError(
                f"{len(self.discriminators)} discriminators for the {len(self.families)} factors "
                f"{', '.join(map(str, self.families))}; each factor has one. Add or remove discriminators."
            )
        self.length = length
        self.divergence = chosen(DIVERGENCES, divergence=divergence)
        self.gradient_penalty = gradient_penalty
        total = sum(f.multiplicity for f in self.families)
        self.shares = [f.multiplicity / total for f in self.families]

    @property
    def watched(self) -> list[str]:
        """Names of what `discriminators_outcome` watches."""
        names = ["cost_on_p", "cost_on_q"]
        names += ["accuracy_on_p", "accuracy_on_q"] if self.divergence.classifies else []
        names += ["gradient_penalty"] if self.gradient_penalty else []
        return [f"{name}/{family}" for family in self.families for name in names]

    def inputs(self, values: dict[str, tf.Tensor]) -> list[tuple[tf.Tensor, ...]]:
        """What each discriminator sees of a sample, [B*m, ...]; values on the plate have the network's T steps."""
        lengths = [self.length if any(r.step in LAGS for r in family.scope) else None for family in self.families]
        return [
            tuple(plate.project(values, family.scope, length))
            for family, length in zip(self.families, lengths, strict=True)
        ]

    def logits(self, inputs: list[tuple[tf.Tensor, ...]], stream: Stream, training=False) -> list[tf.Tensor]:
        """Logits of every factor, [B, m]."""
        logits = []
        for family, discriminator, seen in zip(self.families, self.discriminators, inputs, strict=True):
            flat = discriminator(seen, stream=stream and stream.at(str(family)), training=training)
            logits.append(tf.reshape(tf.cast(flat, tf.float32), [-1, family.multiplicity]))
        return logits

    def logits_on_both(self, inputs_p, inputs_q, stream: Stream, training=True, together=True):
        """Logits on p and on q, from the `inputs` of each.

        Args:
            inputs_p, inputs_q: see `inputs`.
            stream: where randomness comes from.
            training: passed on to the discriminators.
            together: one pass over the rows of both, if no discriminator normalises over its rows: the same numbers,
                from fewer and larger operations. Two passes save work where only p and q need gradients, as none is
                needed with respect to the data.
        """
        streams = [stream and stream.at(side) for side in "pq"]
        if not together or normalisations(self):
            sides = zip((inputs_p, inputs_q), streams, strict=True)
            return tuple(self.logits(inputs, side, training) for inputs, side in sides)
        both = tf.nest.map_structure(lambda a, b: tf.concat([a, b], 0), inputs_p, inputs_q)
        logits = self.logits(both, stream and Streams(streams), training)
        return tuple(list(side) for side in zip(*(tf.split(a, 2) for a in logits), strict=True))

    def judge(self, p: Sample, q: Sample, stream: Stream, training=True, together=True) -> Verdict:
        """What the discriminators say of a sample of p and of one of q; see `logits_on_both`."""
        inputs = self.inputs(p.values), self.inputs(q.values)
        return Verdict(p, q, *self.logits_on_both(*inputs, stream, training, together))

    def discriminators_outcome(self, verdict: Verdict, stream: Stream) -> Outcome:
        """What the discriminators minimise: Eq. 12 with the sign turned, and the gradient penalties."""
        watched = {}
        costs = self._costs(self.divergence.discriminator, verdict)
        for family, cost, a, b in zip(self.families, costs, verdict.logits_p, verdict.logits_q, strict=True):
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
            return Outcome(self._mean(costs), watched)
        penalties = self._penalties(verdict, stream)
        penalty = tf.add_n([share * value for share, value in zip(self.shares, penalties, strict=True)])
        watched |= {f"gradient_penalty/{f}": value for f, value in zip(self.families, penalties, strict=True)}
        return Outcome(self._mean(costs) + self.gradient_penalty * penalty, watched)

    def _penalties(self, verdict, stream):
        """By factor, the penalty on lines between samples of p and of q, one share for all inputs of a row."""
        between = []
        inputs_p, inputs_q = self.inputs(verdict.p.values), self.inputs(verdict.q.values)
        for family, a, b in zip(self.families, inputs_p, inputs_q, strict=True):
            share = stream.at(f"between {family}").uniform([size(a[0], 0)])
            shares = [tf.reshape(share, [-1] + [1] * (x.shape.rank - 1)) for x in a]
            between.append(tuple(s * x + (1 - s) * y for s, x, y in zip(shares, a, b, strict=True)))
        with tf.GradientTape() as tape:
            tape.watch(between)
            logits = self.logits(between, stream.at("between"), training=True)
        gradients = tape.gradient(logits, between, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return [tf.reduce_mean(gradient_penalty(g)) for g in gradients]

    def players_cost(self, verdict: Verdict) -> tf.Tensor:
        """What p and q minimise of the divergence."""
        return self._mean(self._costs(self.divergence.players, verdict))

    def score_terms(self, verdict: Verdict, further: Iterable[Costs]) -> list[tf.Tensor]:
        """For each sample without a gradient its score-function cost, by its costs here and further ones [B]."""
        costs = self._costs(self.divergence.players, verdict)
        terms = []
        for side, sample in enumerate((verdict.p, verdict.q)):
            by_row = [share * tf.reduce_mean(c[side], 1) for share, c in zip(self.shares, costs, strict=True)]
            by_row += [cost[side] for cost in further]
            terms += [score_function_cost(tf.add_n(by_row), score) for score in sample.scores.values()]
        return terms

    def slopes(self, verdict: Verdict) -> tuple[tuple[list[tf.Tensor], ...], ...]:
        """Derivatives of the cost of the discriminators, and of the players', in each logit on p and on q.

        They are taken at the logits clipped to +-`CERTAIN`, see `gradients.backward_once`.
        """
        clip = functools.partial(tf.clip_by_value, clip_value_min=-CERTAIN, clip_value_max=CERTAIN)
        logits = tf.nest.map_structure(clip, (verdict.logits_p, verdict.logits_q))
        slopes = []
        for divergence in (self.divergence.discriminator, self.divergence.players):
            with tf.GradientTape() as tape:
                tape.watch(logits)
                cost = self._mean(self._costs(divergence, verdict._replace(logits_p=logits[0], logits_q=logits[1])))
            slopes.append(tape.gradient(cost, logits))
        return tuple(slopes)

    def _costs(self, divergence, verdict):
        """By factor, its costs [B, m] on p and on q."""
        return [divergence(a, b) for a, b in zip(verdict.logits_p, verdict.logits_q, strict=True)]

    def _mean(self, costs):
        """The weighted mean of the factors (Eq. 12)."""
        pairs = zip(self.shares, costs, strict=True)
        return tf.add_n([tf.zeros([])] + [share * tf.reduce_mean(c) for share, pair in pairs for c in pair])


class Game(NamedTuple):
    """The two players, (p, q) and the discriminators, and what the former minimise besides the factors."""

    model: GraphicalGAN
    factors: Factors
    terms: tuple[Term, ...] = ()

    @property
    def watched(self) -> list[str]:
        """Names of what both outcomes watch."""
        return self.factors.watched + [term.name for term in self.terms]

    def discriminators_outcome(self, verdict: Verdict, stream: Stream) -> Outcome:
        """What the discriminators minimise."""
        return self.factors.discriminators_outcome(verdict, stream)

    def players_outcome(self, verdict: Verdict, stream: Stream) -> Outcome:
        """What p and q minimise."""
        beside = self.beside(verdict, stream)
        return beside._replace(cost=beside.cost + self.factors.players_cost(verdict))

    def beside(self, verdict: Verdict, stream: Stream) -> Outcome:
        """What p and q minimise beside the divergence: terms, and scores of samples without a gradient.

        It has no gradient through the discriminators.
        """
        p, q = verdict.p, verdict.q
        costs = {t: t.costs(self.model, p, q, stream and stream.at(t.name), training=True) for t in self.terms}
        weighted = [Costs(t.weight * c.p, t.weight * c.q) for t, c in costs.items()]
        means = [tf.reduce_mean(side) for c in weighted for side in c]
        cost = tf.add_n([tf.zeros([]), *means, *self.factors.score_terms(verdict, weighted)])
        return Outcome(cost, {t.name: tf.reduce_mean(c.p) + tf.reduce_mean(c.q) for t, c in costs.items()})

    def create_variables(self) -> None:
        """Creates the variables of all networks by sampling once; call it in the scope of a strategy.

        Raises:
            ValueError: if a network does not do what is declared, see `checks`.
        """
        stream = make_stream(0)
        p, _ = checked_samples(self.model, stream)
        check_discriminators(self.factors, p.values, stream)
