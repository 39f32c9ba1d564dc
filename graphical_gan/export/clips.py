"""The SavedModel of a model of clips: what it generates can have any number of frames.

Clips are float32 [B, T, H, W, C] in [0, 1] on both sides. Latent variables outside the plate are the content of a
clip, those on it its motion.
"""

import tensorflow as tf

from graphical_gan.common.scaling import Scaling
from graphical_gan.engine import GraphicalGAN, make_stream
from graphical_gan.export.functions import INT, NOTHING, Functions, traced

CANDIDATES = 256  # noises that `continue_` chooses from


class ClipFunctions(Functions):
    """What the SavedModel of a model of clips x can do; with a label y, a function takes one for each of its clips."""

    names = ("sample", "infer", "reconstruct", "motion_analogy", "continue_")

    def __init__(self, model: GraphicalGAN, image_shape: tuple[int, int, int], scaling: Scaling, about=NOTHING):
        super().__init__(model, scaling, about)
        self._network = model.network
        self.length = tf.Variable(self._network.length, trainable=False)
        self._label_names = [n for n in self._network.observed if not self._network[n].plate]
        clip = tf.TensorSpec([None, self._network.length, *image_shape], tf.float32)
        shapes = [model.root(n, make_stream(0), 1).shape[1:] for n in self._label_names]
        labels = [tf.TensorSpec([None, *shape], tf.float32) for shape in shapes]
        self.sample = traced(self._sample, [INT] * 3)
        self.infer = self.serve = traced(self._infer, [clip, *labels])
        self.reconstruct = traced(self._reconstruct, [clip, *labels])
        self.motion_analogy = traced(self._motion_analogy, [clip, clip, *labels, *labels])
        self.continue_ = traced(self._continue, [INT, clip, *labels])

    def _labels(self, values):
        return dict(zip(self._label_names, values, strict=True))

    def _data(self, clip, labels):
        return {"x": self._to_network(clip)} | self._labels(labels)

    def _sample(self, n, T, seed=0):
        """n clips of T frames; where the noise is fresh at every step, a longer clip is another clip."""
        least = 1 + max(1, self._network.lag)  # motion takes two, longer lags more
        clips = self._model.generate(make_stream(seed), n, length=tf.maximum(T, least)).values["x"]
        return self._from_network(clips[:, :T])

    def _infer(self, clip, *labels, training=False):
        """The latent variables of clips, by name: content [B, D], motion [B, T, D]."""
        values = self._model.infer(self._data(clip, labels), make_stream(0), training).values
        return {name: values[name] for name in self._network.latent}

    def _reconstruct(self, clip, *labels, training=False):
        """The clips as the generator makes them from what was inferred."""
        again = self._model.reconstruct(self._data(clip, labels), make_stream(0), training)
        return self._from_network(again["x"])

    def reconstruct_by_batch(self, clip, *labels):
        """As `reconstruct`, normalised by these clips, as in training: not exported, and it overwrites statistics."""
        return self._reconstruct(clip, *labels, training=True)

    def _motion_analogy(self, content, clip, *labels, training=False):
        """The content of one clip with the motion of another (paper, Fig. 7); labels of `content`, then of `clip`."""
        count = len(self._label_names)
        of_content = self._infer(content, *labels[:count], training=training)
        of_motion = self._infer(clip, *labels[count:], training=training)
        latents = {n: (of_motion if self._network[n].plate else of_content)[n] for n in self._network.latent}
        latents |= self._labels(labels[:count])
        return self._generate(tf.shape(clip)[0], latents, self._network.length, training=training)

    def motion_analogy_by_batch(self, content, clip, *labels):
        """As `reconstruct_by_batch`, of `motion_analogy`."""
        return self._motion_analogy(content, clip, *labels, training=True)

    def _continue(self, T, clip, *labels):
        """T further frames, with the noise, of some drawn, whose roll-out is nearest to the inferred motion."""
        latents = self._infer(clip, *labels)
        moving = {n: v for n, v in latents.items() if self._network[n].plate}
        given = self._labels(labels) | {n: v for n, v in latents.items() if n not in moving}
        given |= self._fitting_noise({n: v for n, v in moving.items() if self._network.borders(n)}, given)
        last = moving | {"x": self._to_network(clip)}
        begun = self._network.lag
        start = self._first_steps({n: last[n][:, -begun:] for n in self._network.scanned()})
        return self._generate(tf.shape(clip)[0], given, T + begun, start)[:, begun:]

    def _first_steps(self, values):
        """What scanned variables begin with, of their values."""
        openings = {n: self._network.opening(n) for n in values}
        return {n: values[n][:, :many] if many > 1 else values[n][:, 0] for n, many in openings.items()}

    def _fitting_noise(self, motion, given):
        """For each clip the noise, of some drawn, whose roll-out from the first step is nearest to its motion."""
        drawn = self._model.noise(make_stream(0), CANDIDATES)
        if not (drawn and motion):
            return {}
        some = next(iter(motion.values()))
        rows, length = tf.shape(some)[0], some.shape[1]
        start = {n: tf.repeat(v, CANDIDATES, axis=0) for n, v in self._first_steps(motion).items()}
        given = {n: tf.repeat(v, CANDIDATES, axis=0) for n, v in given.items()}
        given |= {n: tf.tile(v, [rows] + [1] * (v.shape.rank - 1)) for n, v in drawn.items()}
        rolled = self._model.generate(
            make_stream(0), rows * CANDIDATES, given, length, start=start, inferred=True
        ).values
        error = tf.add_n(
            [
                tf.reduce_sum((rolled[n] - tf.repeat(v, CANDIDATES, axis=0)) ** 2, list(range(1, v.shape.rank)))
                for n, v in motion.items()
            ]
        )
        best = tf.argmin(tf.reshape(error, [rows, CANDIDATES]), 1)
        return {n: tf.gather(v, best) for n, v in drawn.items()}

    def _generate(self, rows, given, length, start=None, training=False):
        drawn = self._model.generate(make_stream(0), rows, given, length, training, start, inferred=True)
        return self._from_network(drawn.values["x"])
