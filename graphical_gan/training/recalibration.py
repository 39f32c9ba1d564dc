"""Inference statistics of batch normalisation, set by a pass over fresh samples instead of a decaying average."""

import contextlib
from collections.abc import Iterable, Iterator

from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import Stream
from graphical_gan.layers.images import normalisations


def recalibrate(model: GraphicalGAN, minibatches: Iterable[dict], stream: Stream) -> None:
    """Sets the statistics to the mean of the batch statistics: of p's samples, of the data, and of its reconstructions.

    Use it before evaluation and export, where an image gets the same answer alone as in any batch. Training always
    normalises by the batch, so this changes nothing there.

    Args:
        model: whose generator sees samples of p and latents of q, and whose extractor sees the data.
        minibatches: data, by name of the observed variables; as many samples of p are drawn.
        stream: where randomness comes from.
    """
    layers = normalisations(model)
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    for i, data in enumerate(minibatches):
        for layer in layers:
            layer.momentum = i / (i + 1)  # a plain average of the batches so far
        given = {name: data[name] for name in model.network.inputs}
        model.generate(stream.at(i), len(data[model.network.observed[0]]), given, training=True)
        model.reconstruct(data, stream.at(i), training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


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
