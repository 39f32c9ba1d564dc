"""Terms of the VEGAN family: the latents that q infers of a minibatch are to be distributed as those of p.

Without a joint discriminator the data enters by a reconstruction alone, and this match keeps the latents to the prior.
An adversarial match is no term but a factor over the latents, `graph.families.latent_family`.
"""

import math

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan.engine import GraphicalGAN, Sample, Stream
from graphical_gan.engine.priors import GaussianPosterior, GaussianTable
from graphical_gan.game.losses import Costs, gathered, squared_distances
from graphical_gan.layers.images import Extractor

BANDWIDTHS = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0)  # released code


class MeanDiscrepancy:
    """Squared maximum mean discrepancy of the latent vectors of p and q (Gretton et al. 2012, Eq. 5, biased).

    The kernel is the sum of exp(-d^2 / 2 s^2) over `BANDWIDTHS`.
    """

    name, weight = "mmd", 1.0

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """The parts [B] of the samples of p and of q; the sum of their means is MMD^2."""
        a, b = (tf.concat([s.values[n] for n in model.vectors], -1) for s in (p, q))
        all_a, all_b = (gathered(vectors, stream.shards) for vectors in (a, b))
        on_p, on_q = (
            tf.reduce_mean(_kernel(own, alike), 1) - tf.reduce_mean(_kernel(own, other), 1)
            for own, alike, other in ((a, all_a, all_b), (b, all_b, all_a))
        )
        return Costs(on_p, on_q)


class AggregatedKL:
    """KL(q(h) || p(h)) with q(h) the mixture of q(h|x) over the minibatch, as the released code estimates it.

    Args:
        prior: log p(h), from [B, D] to [B], of the one latent variable that is a vector.
    """

    name, weight = "aggregated_kl", 1.0

    def __init__(self, prior):
        self.prior = prior

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """log q(h) - log p(h) of the samples of q [B]; 0 on p."""
        (name,) = model.vectors
        h, each = q.values[name], model.conditional(name, q.values, training=True)
        all_h = gathered(h, stream.shards)
        by_own = tf.reduce_logsumexp(each.log_prob(all_h[:, None]), 1)  # [B of all], of this replica's components
        of_all = tf.reduce_logsumexp(gathered(by_own[None], stream.shards), 0)
        log_count = tf.math.log(tf.cast(tf.shape(all_h)[0], tf.float32))
        log_q = tf.reshape(of_all, [stream.shards, -1])[stream.shard] - log_count
        return Costs(tf.zeros_like(log_q), log_q - self.prior(h))


class GaussianExtractor(keras.Model):
    """q(h|x) = N(h; m(x), s(x)^2), which has the density that `AggregatedKL` needs.

    Args:
        extractor: from x to vectors of twice the length of h.
    """

    def __init__(self, extractor: Extractor):
        super().__init__()
        self.extractor = extractor

    def call(self, x, training=False):
        # [B, H, W, C] -> batch [B], event [D]
        mean, log_scale = tf.split(self.extractor(x, training=training), 2, -1)
        return tfd.Independent(tfd.Normal(mean, tf.exp(log_scale)), 1)


def mixture_log_density(table: GaussianTable):
    """log p(h) of equally likely components, as a function of h [B, D]."""
    components, latent = table.means.shape
    posterior = GaussianPosterior(table)  # -|h - mu_k|^2 / 2, without a tensor [B, K, D]
    constant = math.log(components) + latent / 2 * math.log(2 * math.pi)
    return lambda h: tf.reduce_logsumexp(posterior(h), -1) - constant


def _kernel(a, b):
    """[N, D], [M, D] -> [N, M]."""
    squares = squared_distances(a, b)
    return tf.add_n([tf.exp(-squares / (2 * s**2)) for s in BANDWIDTHS])
