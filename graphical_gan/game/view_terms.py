"""The term of two views: what q infers of an image is to be nearer to what it infers of another view of it."""

import tensorflow as tf

from graphical_gan.common.choices import chosen
from graphical_gan.engine import GraphicalGAN, Sample, Stream
from graphical_gan.game.losses import Costs, info_nce, mutual_information
from graphical_gan.settings.tables import VIEWS


class Views:
    """x -> h and another view x' -> h': h and h' are told apart from those of other images; k and k' agree.

    A choice of ours that the paper does not have: components then form around what shifts and rotations leave alone.
    Latent vectors: InfoNCE (van den Oord et al. 2018, Eq. 4), both ways as in SimCLR (Chen et al. 2020), with a
    Gaussian kernel, as the mixture has one. Discrete variables: the mutual information of the posteriors of both views
    (IIC, Ji et al. 2019, Eq. 3), which wants every value used, alike often, and none shared out among the views.

    Args:
        vectors: weight of the part of latent vectors.
        temperature: of its kernel exp(-|h - h'|^2 / 2 temperature).
        discrete: weight of the part of discrete variables.
        softening: what the logits of their posteriors are divided by.
    """

    name, weight = "views", 1.0

    def __init__(
        self, views: str, strength: float, vectors: float, temperature: float, discrete: float, softening: float
    ):
        self.views, self.strength = chosen(VIEWS, views=views), strength
        self.vectors, self.temperature = vectors, temperature
        self.discrete, self.softening = discrete, softening

    def costs(self, model: GraphicalGAN, p: Sample, q: Sample, stream: Stream) -> Costs:
        """Both parts of each image on q [B], times their weights; 0 on p."""
        image, vectors, discrete = seen(model, q.values)
        # No gradient: the data is given.
        view = tf.stop_gradient(self.views(q.values[image], self.strength, stream.at("view")))
        data = {name: q.values[name] for name in model.network.observed} | {image: view}
        again = model.infer(data, stream, training=True)
        h, other = (tf.concat([sample.values[name] for name in vectors], -1) for sample in (q, again))
        cost = self.vectors * info_nce(h, other, self.temperature, stream.shard, stream.shards)
        for name in discrete if self.discrete else ():
            k, other = (tf.nn.softmax(sample.logits[name] / self.softening) for sample in (q, again))
            cost -= self.discrete * mutual_information(k, other, stream.shards)
        return Costs(tf.zeros(tf.shape(h)[:1]), cost)


def seen(model: GraphicalGAN, values: dict[str, tf.Tensor]) -> tuple[str, list[str], list[str]]:
    """The image of a model, and which latent vectors and discrete variables q infers from it.

    Raises:
        ValueError: if there is no image, or no vector that is inferred from it.
    """
    network, graph = model.network, model.recognition_graph
    images = [n for n in network.observed if not network[n].plate and values[n].shape.rank == 4]
    found = [n for n in network.latent if images and images[0] in graph.ancestors(n) and not network[n].plate]
    vectors = [n for n in model.vectors if n in found and values[n].shape.rank == 2]
    if len(images) != 1 or not vectors:
        raise ValueError(
            f"--views with a network that observes the images {', '.join(images) or '(none)'} and infers the vectors "
            f"{', '.join(vectors) or '(none)'} from them; expected one image [H, W, C] outside a plate, and a latent "
            "vector that it is an ancestor of in q. Give --views=none."
        )
    return images[0], vectors, [n for n in model.discrete if n in found]
