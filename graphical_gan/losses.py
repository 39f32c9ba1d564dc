"""Losses of a discriminator and of the players (p, q), as pure functions of its logits.

The logit of a discriminator is log q(A)/p(A) at its optimum: samples of q are labelled 1, samples of p 0 (Eq. 12).
Every function maps logits to one cost a sample; averages are taken by `factors`.
"""

from typing import NamedTuple

import tensorflow as tf


class Costs(NamedTuple):
    """Costs a sample, of the shape of the logits they were made from."""

    p: tf.Tensor
    q: tf.Tensor


class Divergence(NamedTuple):
    """A divergence estimated by a game: what the discriminator minimises, and what p and q minimise.

    Attributes:
        discriminator: from the logits on p and on q to its `Costs`.
        players: likewise.
        saturates: whether the slopes of both settle at 0 and +-1 for large logits.
    """

    discriminator: callable
    players: callable
    saturates: bool = False


def js_discriminator(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """Cross-entropy of telling q (1) from p (0): -log(1 - D) on p, -log D on q (Eq. 12). 2 log 2 at logits 0."""
    return Costs(tf.nn.softplus(logits_p), tf.nn.softplus(-logits_q))


def js_players(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """The same with the labels exchanged, the non-saturating form that the released code minimises."""
    return Costs(tf.nn.softplus(-logits_p), tf.nn.softplus(logits_q))


DIVERGENCES = {"js": Divergence(js_discriminator, js_players, saturates=True)}


def score_function_cost(costs: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
    """Cost whose gradient is the score-function estimate (REINFORCE) of the gradient of E_q[costs].

    The baseline of a sample is the mean cost of the others in the batch: it lowers the variance without a bias.

    Args:
        costs: [B], what the sample costs the players; no gradient is taken through it.
        log_q: [B], log-probability of the discrete samples.

    Returns:
        Scalar, the mean over the batch.
    """
    size = tf.cast(tf.shape(costs)[0], costs.dtype)
    baseline = (tf.reduce_sum(costs) - costs) / tf.maximum(size - 1, 1)
    return tf.reduce_mean(tf.stop_gradient(costs - baseline) * log_q)
