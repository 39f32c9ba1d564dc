"""A SavedModel that needs nothing but TensorFlow: sample, infer, reconstruct, interpolate.

It holds the model and none of the discriminators. Images are float32 in [0, 1] on both sides, whatever the range of
the networks. Normalisation uses the recalibrated statistics, so an image gets the same answer alone as in any batch.
"""

import errno
import os
import pathlib
import shutil
import types

import tensorflow as tf

from graphical_gan.common.files import first_line
from graphical_gan.common.scaling import Scaling
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.graph.families import variables_of

INT = tf.TensorSpec([], tf.int32)
PRIOR = -1  # as k: draw k from the prior
_OF_AN_EXPORT = {"saved_model.pb", "fingerprint.pb", "variables", "assets"}


def traced(function, signature: list[tf.TensorSpec]):
    """A `tf.function` of one signature; none has a branch that hangs on a tensor, which autograph would be for."""
    return tf.function(function, input_signature=signature, autograph=False)


class Functions(tf.Module):
    """What a SavedModel holds and can do: a subclass has a `tf.function` for each of its `names`.

    Args:
        model: with recalibrated statistics.
        scaling: to the range of the networks' images.
    """

    names: tuple[str, ...]

    def __init__(self, model: GraphicalGAN, scaling: Scaling):
        super().__init__()
        self._untracked = types.SimpleNamespace(model=model)  # or TensorFlow would store its variables a second time
        self._to_network, self._from_network = scaling.unit_to_network, scaling.from_network
        self._held = [v.value for v in model.variables]  # what the SavedModel has to hold

    @property
    def _model(self):
        return self._untracked.model


class ImageFunctions(Functions):
    """What the SavedModel of a model of images x can do.

    Args:
        model: with recalibrated statistics.
        image_shape: (H, W, C).
        scaling: to the range of the networks' images.
    """

    names = ("sample", "infer", "reconstruct", "interpolate")

    def __init__(self, model: GraphicalGAN, image_shape: tuple[int, int, int], scaling: Scaling):
        super().__init__(model, scaling)
        images = tf.TensorSpec([None, *image_shape], tf.float32)
        discrete_roots = [n for n in model.discrete if not model.network.parents[n]]
        self._root = discrete_roots[0] if discrete_roots else None
        components = model.generative[self._root].event_shape[0] if self._root else 0
        self.components = tf.Variable(components, trainable=False)
        sample = self._sample_component if self._root else self._sample
        self.sample = traced(sample, [INT] * (3 if self._root else 2))
        self.infer = traced(self._infer, [images])
        self.reconstruct = traced(self._reconstruct, [images])
        self.interpolate = traced(self._interpolate, [images, images, INT])

    def _sample(self, n, seed=0):
        """n images [n, H, W, C]."""
        return self._from_network(self._model.generate(make_stream(seed), n).values["x"])

    def _sample_component(self, n, k=PRIOR, seed=0):
        """n images [n, H, W, C] of component k, or of components drawn from the prior if k is -1."""
        prior = self._model.generative[self._root]
        stream = make_stream(seed)
        tf.debugging.Assert((k >= PRIOR) & (k < self.components), ["k is no component:", k])
        drawn = tf.argmax(stream.at("component").draw_rows(prior, n), -1, tf.int32)
        component = tf.one_hot(tf.where(k == PRIOR, drawn, k), prior.event_shape[0])
        return self._from_network(self._model.generate(stream, n, {self._root: component}).values["x"])

    def _infer(self, images):
        """The latent variables of images; a discrete one as its most probable value, beside its probabilities."""
        values = self._model.infer({"x": self._to_network(images)}, make_stream(0)).values
        found = {name: values[name] for name in self._model.network.latent}
        for name, logits in self._model.posteriors(values).items():
            probabilities = tf.nn.softmax(logits)
            found |= {name: tf.argmax(probabilities, -1, tf.int32), f"{name}_probabilities": probabilities}
        return found

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


def check_place(path: pathlib.Path) -> None:
    """Refuses a place that an export may not take: only an empty folder or an earlier export is replaced.

    Raises:
        ValueError: if something else is there, or lies where an export is made before it gets its name.
    """
    for place in (path, *_beside(path)):
        held = {entry.name for entry in place.iterdir()} if place.is_dir() else set()
        foreign = held - _OF_AN_EXPORT or (place == path and held and "saved_model.pb" not in held)
        if place.is_symlink() or (place.exists() and not place.is_dir()) or foreign:
            raise ValueError(
                f"{place} holds something that is no export; expected no such place, an empty folder or an earlier "
                "export, which is replaced. Name another folder, such as one that does not exist yet."
            )


def export(functions: Functions, path: pathlib.Path) -> None:
    """Writes a SavedModel, beside its place and then renamed: whoever finds one finds a whole one.

    Args:
        functions: of the model.
        path: folder to write to, see `check_place`.

    Raises:
        ValueError: if something is there that is no export.
        OSError: if it can't be written.
    """
    check_place(path)
    beside, old = _beside(path)
    if old.exists() and not path.exists():  # killed between the two renames
        os.replace(old, path)
    for left in (beside, old):  # by a killed process
        shutil.rmtree(left, ignore_errors=True)
    signatures = {name.rstrip("_"): getattr(functions, name) for name in functions.names}
    try:
        tf.saved_model.save(functions, str(beside), signatures)
    except tf.errors.OpError as error:
        raise OSError(errno.EIO, first_line(error), str(beside)) from error
    if path.exists():
        os.replace(path, old)
    os.replace(beside, path)
    shutil.rmtree(old, ignore_errors=True)


def _beside(path):
    """Where an export is made, and where the one before it waits until the new one has its name."""
    return tuple(path.with_name(f".{path.name}.{end}") for end in ("new", "old"))
