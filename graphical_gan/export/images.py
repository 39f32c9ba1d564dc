"""The SavedModel of a model of images: sample, infer, reconstruct, interpolate.

Images are float32 in [0, 1] on both sides, whatever the range of the networks.
"""

import tensorflow as tf

from graphical_gan.common.scaling import Scaling
from graphical_gan.engine import GraphicalGAN, make_stream
from graphical_gan.export.functions import INT, NOTHING, Functions, told, traced
from graphical_gan.graph.families import variables_of

PRIOR = -1  # as k: draw k from the prior


class ImageFunctions(Functions):
    """What the SavedModel of a model of images x can do."""

    names = ("sample", "infer", "reconstruct", "interpolate")

    def __init__(self, model: GraphicalGAN, image_shape: tuple[int, int, int], scaling: Scaling, about=NOTHING):
        super().__init__(model, scaling, about)
        images = tf.TensorSpec([None, *image_shape], tf.float32)
        components = model.root(model.component, make_stream(0), 1).shape[1] if model.component else 0
        self.components = tf.Variable(components, trainable=False)
        self.sample = traced(self._sample_component, [INT] * 3) if components else traced(self._sample, [INT] * 2)
        self.infer = self.serve = traced(self._infer, [images])
        self.reconstruct = traced(self._reconstruct, [images])
        self.interpolate = traced(self._interpolate, [images, images, INT])

    def _sample(self, n, seed=0):
        """n images [n, H, W, C]."""
        return self._from_network(self._model.generate(make_stream(seed), n).values["x"])

    def _sample_component(self, n, k=PRIOR, seed=0):
        """n images [n, H, W, C] of component k, or of components drawn from the prior if k is -1."""
        stream = make_stream(seed)
        tf.debugging.Assert(k < self.components, ["k is no component:", k, "- expected fewer than", self.components])
        name = self._model.component
        drawn = self._model.root(name, stream.at("component"), n)
        component = tf.one_hot(tf.where(k == PRIOR, tf.argmax(drawn, -1, tf.int32), k), drawn.shape[1])
        return self._from_network(self._model.generate(stream, n, {name: component}).values["x"])

    def _infer(self, images):
        """The latent variables of images; a discrete one as its most probable value, beside its probabilities."""
        return told(self._model, self._model.infer({"x": self._to_network(images)}, make_stream(0)).values)

    def _reconstruct(self, images):
        """The images as the generator makes them from what was inferred."""
        return self._from_network(self._model.reconstruct({"x": self._to_network(images)}, make_stream(0))["x"])

    def _interpolate(self, first, last, points):
        """[B, points, H, W, C]: images along the line between what is inferred of two batches, ends included.

        The line runs through the latent parents of x: h of GMGAN; a one-hot vector becomes a mixture on the way. Noise
        is the same along a line.
        """
        ends = [self._model.infer({"x": self._to_network(x)}, make_stream(0)).values for x in (first, last)]
        shares = tf.linspace(0.0, 1.0, points)[None, :, None]
        noise = self._model.noise(make_stream(0), tf.shape(first)[0])
        given = {name: tf.repeat(value, points, axis=0) for name, value in noise.items()}
        network = self._model.network
        for name in (ref.name for ref in variables_of(network, network.parents["x"])):
            start, end = (values[name][:, None] for values in ends)
            path = start * (1 - shares) + end * shares  # [B, points, D]
            given[name] = tf.reshape(path, [-1, path.shape[-1]])
        images = self._model.generate(make_stream(0), tf.shape(first)[0] * points, given, inferred=True).values["x"]
        return self._from_network(tf.reshape(images, [-1, points, *images.shape[1:]]))
