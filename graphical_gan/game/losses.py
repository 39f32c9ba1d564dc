"""What a factor costs: divergences as games, for its discriminator and for (p, q), as pure functions of its logits.

Samples of q are labelled 1, samples of p 0 (Eq. 12). For every divergence but the Wasserstein distance the logit is
log q(A)/p(A) at the discriminator's optimum, so that logits mean the same whatever is chosen. An f-divergence
D_f(q||p) = E_p[f(q/p)] is the largest value of E_q[T] - E_p[f*(T)] (f-GAN, Nowozin et al. 2016, Eq. 4), reached at
T = f'(q/p): with T = f'(exp(logit)) the discriminator minimises -T on q and f*(T) on p. At its optimum the sum of both
costs is minus the divergence. Every function maps logits to one cost a sample; averages are taken by `game`.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

WIDTHS = (0.25, 0.5, 1.0, 2.0)  # squared ones of kernels, in squared units of a vector's expected length
STEEPEST = 20.0  # beyond it exponentials go on as straight lines, so that no logit is too large for a cost


class Costs(NamedTuple):
    """Costs a sample, of the shape of the logits they were made from."""

    p: tf.Tensor
    q: tf.Tensor


class Divergence(NamedTuple):
    """A divergence estimated by a game.

    Attributes:
        discriminator: what it minimises, from logits on p and on q to `Costs`.
        players: what p and q minimise, likewise.
        saturates: whether the slopes of both settle at 0 and +-1 for large logits.
        classifies: whether the sign of the logit tells q from p.
    """

    discriminator: Callable[[tf.Tensor, tf.Tensor], Costs]
    players: Callable[[tf.Tensor, tf.Tensor], Costs]
    saturates: bool = False
    classifies: bool = True


def js_discriminator(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """Cross-entropy of telling q (1) from p (0): -log(1 - D) on p, -log D on q (Eq. 12); log 4 - 2 JS at its best."""
    return Costs(tf.nn.softplus(logits_p), tf.nn.softplus(-logits_q))


def js_players(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """The same with the labels exchanged, the non-saturating form that the released code minimises."""
    return Costs(tf.nn.softplus(-logits_p), tf.nn.softplus(logits_q))


def kl_discriminator(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """KL(q||p): f = u log u, T = 1 + logit, f*(T) = exp(T - 1) (f-GAN, Table 2)."""
    return Costs(_exp(logits_p), -1 - logits_q)


def reverse_kl_discriminator(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """KL(p||q): f = -log u, T = -exp(-logit), f*(T) = -1 - log(-T) (f-GAN, Table 2)."""
    return Costs(logits_p - 1, _exp(-logits_q))


def reverse_kl_players(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """-f*(T) on p; on q, where T has no gradient once the discriminator wins, the cost with the labels exchanged,
    as f-GAN does (3.2). At the optimum it is KL(p||q) + KL(q||p)."""
    return Costs(1 - logits_p, logits_q - 1)


def hellinger_discriminator(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """Squared Hellinger distance, int (sqrt q - sqrt p)^2: f = (sqrt u - 1)^2, T = 1 - exp(-logit / 2),
    f*(T) = T / (1 - T) (f-GAN, Table 2)."""
    return Costs(_exp(logits_p / 2) - 1, _exp(-logits_q / 2) - 1)


def wasserstein_discriminator(logits_p: tf.Tensor, logits_q: tf.Tensor) -> Costs:
    """Earth mover's distance: E_p - E_q of a critic that the gradient penalty of `game` keeps 1-Lipschitz (WGAN-GP,
    Gulrajani et al. 2017, Eq. 3); at its optimum the logit is the Kantorovich potential, up to a constant."""
    return Costs(logits_p, -logits_q)


def opposed(discriminator: Callable) -> Callable:
    """What p and q minimise if it is the divergence itself: the discriminator's cost with the sign turned."""

    def players(logits_p, logits_q):
        costs = discriminator(logits_p, logits_q)
        return Costs(-costs.p, -costs.q)

    return players


def non_saturating(divergence: Divergence) -> Divergence:
    """Players that minimise the divergence's own cost for them, as in the released code.

    Of `js` that is the non-saturating cost; of `kl`, `hellinger` and `wasserstein_gp` it equals `minimax`.
    """
    return divergence


def minimax(divergence: Divergence) -> Divergence:
    """Players that minimise what the discriminators maximise: the min-max of Eq. 12.

    Where a discriminator is sure of a sample the slope of that sample's cost goes to 0.
    """
    return divergence._replace(players=opposed(divergence.discriminator))


def _exp(x):
    return tf.exp(tf.minimum(x, STEEPEST)) * (1 + tf.nn.relu(x - STEEPEST))


JS = Divergence(js_discriminator, js_players, saturates=True)
KL = Divergence(kl_discriminator, opposed(kl_discriminator))
REVERSE_KL = Divergence(reverse_kl_discriminator, reverse_kl_players)
HELLINGER = Divergence(hellinger_discriminator, opposed(hellinger_discriminator))
WASSERSTEIN_GP = Divergence(wasserstein_discriminator, opposed(wasserstein_discriminator), classifies=False)


def gradient_penalty(gradients: list[tf.Tensor]) -> tf.Tensor:
    """(|gradient| - 1)^2 a sample, the norm over all inputs of a discriminator together (WGAN-GP, Eq. 3).

    Returns:
        [B].
    """
    squares = tf.add_n([tf.reduce_sum(g**2, list(range(1, g.shape.rank))) for g in gradients])
    return (tf.sqrt(squares + 1e-12) - 1) ** 2  # the square root has no gradient at 0


def l1(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference an element, [B, ...] -> [B]."""
    return _mean(tf.abs(a - b))


def l2(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Mean squared difference an element, [B, ...] -> [B]."""
    return _mean(tf.square(a - b))


def energy_score(first: tf.Tensor, second: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
    """(|a - v| + |b - v| - |a - b|) / 2 of two draws a, b and a value v, [B, ...] -> [B], in units of an element.

    Its mean is least where draws have the distribution of the values (Gneiting and Raftery 2007, Eq. 21).
    """
    return (_distance(first, truth) + _distance(second, truth) - _distance(first, second)) / 2


def _distance(a, b):
    return tf.sqrt(l2(a, b) + 1e-12)  # the square root has no gradient at 0


def _mean(values):
    return tf.reduce_mean(values, list(range(1, values.shape.rank)))


def score_function_cost(costs: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
    """Cost whose gradient is the score-function estimate (REINFORCE) of the gradient of E_q[costs].

    The baseline of a sample is the mean cost of the others in the batch: it lowers the variance without a bias.

    Args:
        costs: [B], what the sample costs the players; no gradient is taken through it.

    Returns:
        Scalar, the mean over the batch.
    """
    size = tf.cast(tf.shape(costs)[0], costs.dtype)
    baseline = (tf.reduce_sum(costs) - costs) / tf.maximum(size - 1, 1)
    return tf.reduce_mean(tf.stop_gradient(costs - baseline) * log_q)


def info_nce(a: tf.Tensor, b: tf.Tensor, temperature: float, shard=0, shards: int = 1) -> tf.Tensor:
    """How badly the rows of a and b find each other among the batch: InfoNCE with a Gaussian kernel, both ways.

    The mean of -log softmax of -|a_i - b_j|^2 / 2 temperature at j = i over all j, and of that at i = j over all i (van
    den Oord et al. 2018, Eq. 4; both ways as in SimCLR, Chen et al. 2020). 0 at its best, log B where nothing is told.

    Args:
        a, b: [B, D], a pair a row.
        temperature: of the kernel, in squared units of a.
        shard, shards: which part of the global batch the rows are, and of how many; others come from all of it.

    Returns:
        [B].
    """
    to_b, to_a = (
        -squared_distances(one, gathered(other, shards)) / (2 * temperature) for one, other in ((a, b), (b, a))
    )  # [B, B of all shards]
    rows = tf.shape(a)[0]
    own = shard * rows + tf.range(rows)
    costs = [tf.nn.sparse_softmax_cross_entropy_with_logits(own, logits) for logits in (to_b, to_a)]
    return tf.add_n(costs) / 2


def mutual_information(a: tf.Tensor, b: tf.Tensor, shards: int = 1) -> tf.Tensor:
    """What two classifications of the same rows tell of each other: shares of the mutual information, in nats.

    P = mean over the batch of a_i b_i', made symmetric; their mean is I(P) (IIC, Ji et al. 2019, Eqs. 2 and 3), at most
    log K.

    Args:
        a, b: probabilities [B, K].
        shards: number of parts of the global batch, over which P is a mean.

    Returns:
        [B].
    """
    each = a[:, :, None] * b[:, None, :]
    each = (each + tf.transpose(each, [0, 2, 1])) / 2  # [B, K, K]
    joint = tf.reduce_mean(gathered(tf.reduce_mean(each, 0, keepdims=True), shards), 0)
    margin = tf.reduce_sum(joint, 0)
    log_ratio = _log(joint) - _log(margin[:, None]) - _log(margin[None])
    return tf.reduce_sum(each * log_ratio, [1, 2])


def normal_discrepancy(z: tf.Tensor, shard=0, shards: int = 1) -> tf.Tensor:
    """How far vectors are from N(0, I): shares of the squared maximum mean discrepancy, without bias.

    For the kernel exp(-d^2 / 2 s^2) its expectations under N(0, I) are known (Rustamov 2019, section 3), so that no
    prior is sampled; of pairs of z those of different rows count (Gretton et al. 2012, Eq. 3). The mean over several s.

    Args:
        z: [B, T, D]; the vectors of a row depend on each other.
        shard, shards: as of `info_nce`.

    Returns:
        [B], whose mean over the global batch is the estimate; it may be below 0.
    """
    rows, steps, size = tf.shape(z)[0], z.shape[1], z.shape[2]
    others = gathered(z, shards)
    own, other = tf.range(rows) + shard * rows, tf.range(tf.shape(others)[0])
    apart = tf.cast(own[:, None] != other, tf.float32)[:, None, :, None]  # [B, 1, B of all shards, 1]
    norms, of_others = tf.reduce_sum(z**2, -1), tf.reduce_sum(others**2, -1)
    products = tf.einsum("bte,cue->btcu", z, others)  # no tensor of all differences, which would be large
    squares = norms[:, :, None, None] + of_others - 2 * products  # [B, T, B of all shards, T]
    found = []
    for share in WIDTHS:
        s = share * size  # s^2
        pairs = tf.reduce_sum(apart * tf.exp(-squares / (2 * s)), [2, 3]) / tf.reduce_sum(apart[0])  # sums over steps
        to_normal = (s / (1 + s)) ** (size / 2) * tf.exp(-norms / (2 * (1 + s)))
        found.append(tf.reduce_mean(pairs / steps - 2 * to_normal, 1) + (s / (2 + s)) ** (size / 2))
    return tf.add_n(found) / len(found)


def gathered(value: tf.Tensor, shards: int) -> tf.Tensor:
    """The rows of all replicas, in their order; the rows themselves if there is one."""
    return value if shards == 1 else tf.distribute.get_replica_context().all_gather(value, 0)


def squared_distances(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """[N, D], [M, D] -> [N, M]; differences first, which keep digits that products would lose."""
    return tf.reduce_sum((a[:, None] - b[None]) ** 2, -1)


def _log(x):
    return tf.math.log(tf.maximum(x, 1e-12))
