"""Terms on the latents that q infers of a clip: they are to be distributed as p's, and to go on as p's go on.

Where the discriminators win at once nothing brings q's latents to those that p samples, and p's samples are made of
latents that nothing was trained for. Both terms ask it directly, of minibatches alone: the first of the marginals, the
second of one step of the transition, never of a roll-out. If both hold, p's chain stays where q's latents are.
"""

import dataclasses

import tensorflow as tf

from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import Stream
from graphical_gan.engine.sampling import Sample
from graphical_gan.game.losses import Costs, energy_score, normal_discrepancy


@dataclasses.dataclass(eq=False)
class PriorMatch:
    """Content h and motion v[t] of q, at every step, are to be N(0, I), and independent of each other; v[t] of p too.

    The maximum mean discrepancy of h alone, of v[t] alone and of both side by side, as of Wasserstein autoencoders
    (Tolstikhin et al. 2018, section 3); see `losses.normal_discrepancy`. Of p it keeps the chain where it began.
    """

    weight: float
    name = "prior"

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """The discrepancy of v on p, and the sum of the three on q, as shares of the clips [B]."""
        content, motion = ([n for n in model.vectors if model.network[n].plate == on] for on in (False, True))
        h, v, of_p = (
            tf.concat([sample.values[n] for n in names], -1)
            for sample, names in ((q, content), (q, motion), (p, motion))
        )
        h = h[:, None]
        both = tf.concat([tf.repeat(h, v.shape[1], axis=1), v], -1)
        on_p, *parts = (normal_discrepancy(z, stream.shard, stream.shards) for z in (of_p, h, v, both))
        return Costs(on_p, tf.add_n(parts))


@dataclasses.dataclass(eq=False)
class TransitionScore:
    """What p's transition draws from the motion that q infers at a step is to be distributed as that of the next step.

    The energy score of two draws (Gneiting and Raftery 2007, Eq. 21), which the right conditional distribution makes
    least, noise included; a squared error would teach the mean alone, and a chain of means comes to rest.
    """

    weight: float
    name = "transition"

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """The mean score of the steps of each clip of q [B], in units of an element of v; 0 on p."""
        first, second = (model.ahead(q.values, stream.at(draw), training=True) for draw in ("first", "second"))
        scores = [energy_score(drawn, second[name][0], given) for name, (drawn, given) in first.items()]
        rows = tf.shape(next(iter(q.values.values())))[0]
        cost = tf.add_n([tf.reduce_mean(tf.reshape(score, [rows, -1]), 1) for score in scores])
        return Costs(tf.zeros_like(cost), cost)


def latent_terms(settings: dict) -> list:
    """The terms that the settings of a run give a weight."""
    kinds = {"prior_weight": PriorMatch, "transition_weight": TransitionScore}
    return [kind(settings[name]) for name, kind in kinds.items() if settings[name]]
