"""Inference statistics of batch normalisation, set by a pass over fresh samples instead of a decaying average."""

import contextlib
from collections.abc import Iterable, Iterator

import tensorflow as tf

from graphical_gan.engine import GraphicalGAN, Stream
from graphical_gan.engine.shapes import axis_size
from graphical_gan.layers.images import normalisations


class Recalibration:
    """Sets the statistics to the mean of the batch statistics: of p's samples, of the data, and of its reconstructions.

    Use it before evaluation and export, where an image gets the same answer alone as in any batch. Training always
    normalises by the batch, so this changes nothing there. The graph of a minibatch is built once.

    Args:
        model: whose generator sees samples of p and latents of q, and whose extractor sees the data.
    """

    def __init__(self, model: GraphicalGAN):
        self._model, self._layers = model, normalisations(model)
        self._see = tf.function(self._seen, autograph=False)

    def __call__(self, minibatches: Iterable[dict], stream: Stream) -> None:
        """Sets the statistics.

        Args:
            minibatches: data, by name of the observed variables; as many samples of p are drawn.
            stream: where randomness comes from.
        """
        for i, data in enumerate(minibatches if self._layers else ()):
            self._see(data, stream.at(i).seed, tf.constant(i / (i + 1)))  # a plain average of the batches so far

    def _seen(self, data, seed, momentum):
        """The statistics move towards those of a minibatch, and keep a share of what they were."""
        momenta = [layer.momentum for layer in self._layers]
        for layer in self._layers:
            layer.momentum = momentum
        network, stream = self._model.network, Stream(seed)
        q = self._model.infer(data, stream, training=True).values
        # What p tells of its samples, such as their class, is left to q: the network that tells it sees the data alone.
        shown = {n for name in network.generated for n in network.ancestors(name)}
        given = {n: q[n] for n in network.variables if n in network.inputs or n not in shown}
        self._model.generate(stream, axis_size(data[network.observed[0]], 0), given, training=True)
        self._model.regenerate(q, stream, training=True)
        for layer, before in zip(self._layers, momenta, strict=True):
            layer.momentum = before


@contextlib.contextmanager
def statistics_kept(model: GraphicalGAN) -> Iterator[None]:
    """Puts the statistics back afterwards: a run is the same however often it is looked at."""
    statistics = [v for layer in normalisations(model) for v in (layer.moving_mean, layer.moving_variance)]
    before = [v.numpy() for v in statistics]
    try:
        yield
    finally:
        for variable, value in zip(statistics, before, strict=True):
            variable.assign(value)
