"""A SavedModel that needs nothing but TensorFlow: sample, infer, reconstruct, interpolate.

It holds the model and none of the discriminators. Images are float32 in [0, 1] on both sides, whatever the range of
the networks. Normalisation uses the recalibrated statistics, so an image gets the same answer alone as in any batch.
"""

import errno
import functools
import inspect
import itertools
import json
import os
import pathlib
import shutil
import types
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from graphical_gan.common.files import first_line
from graphical_gan.common.scaling import Scaling
from graphical_gan.engine import GraphicalGAN, make_stream
from graphical_gan.graph.families import variables_of

INT = tf.TensorSpec([], tf.int64)  # a whole number of Python's; as int32 it would be cut to its last bits in silence
LEAST = {"n": 0, "k": -1, "seed": 0, "T": 1, "points": 1}
SLACK = 1e-3  # beyond [0, 1], which resizing may leave
NOTHING: Mapping[str, Any] = {}
PRIOR = -1  # as k: draw k from the prior
_OF_AN_EXPORT = {"saved_model.pb", "fingerprint.pb", "variables", "assets"}


def traced(function, signature: list[tf.TensorSpec], in_unit: bool = True):
    """A `tf.function` of one signature, which refuses arguments that it is not for, and takes batches of no examples.

    None has a branch that hangs on a tensor, which autograph would be for.

    Args:
        in_unit: whether images and clips among it are in [0, 1].
    """

    parameters = inspect.signature(function).parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    kinds = list(itertools.zip_longest(signature, names))

    @functools.wraps(function)
    def careful(*values, **keywords):
        given = zip(values, kinds, strict=False)  # numbers of Python's where functions run eagerly
        values = [_checked(tf.convert_to_tensor(value, spec.dtype), name, in_unit) for value, (spec, name) in given]
        batches = [value for value in values if value.shape.rank]
        if not batches:
            return function(*values, **keywords)
        rows = [tf.shape(batch)[0] for batch in batches]
        said = [
            "The batches have different numbers of examples:",
            *rows,
            "- expected equal ones. Cut the longer batch.",
        ]
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(tf.equal(rows, rows[0])), said)]):
            # Networks reshape, which an empty batch does not allow: one example is put in, and left out again.
            none = tf.cast(rows[0] == 0, tf.int32)
        filled = [tf.concat([v, tf.zeros([none, *v.shape[1:]])], 0) if v.shape.rank else v for v in values]
        return tf.nest.map_structure(lambda found: found[: rows[0]], function(*filled, **keywords))

    return tf.function(careful, input_signature=signature, autograph=False)


def _checked(value, name, in_unit):
    """An argument: an integer within its range, as int32; images or clips in [0, 1]; anything else."""
    if value.dtype == tf.int64:
        said = [f"{name} is", value, f"- expected {LEAST[name]} to {2**31 - 1}. Give another {name}."]
        with tf.control_dependencies([tf.debugging.Assert((value >= LEAST[name]) & (value < 2**31), said)]):
            return tf.cast(value, tf.int32)
    if value.shape.rank > 3 and in_unit:
        said = ["Images have values outside of [0, 1], or that are no numbers: expected float32. Divide 8 bits by 255."]
        tf.debugging.Assert(tf.reduce_all((value >= -SLACK) & (value <= 1 + SLACK)), said)
    return value


class Functions(tf.Module):
    """What a SavedModel holds and can do: a subclass has a `tf.function` for each of its `names`.

    Args:
        about: what the export says of itself, of JSON's types.
    """

    names: tuple[str, ...]

    def __init__(self, model: GraphicalGAN, scaling: Scaling, about: Mapping[str, Any]):
        super().__init__()
        self.about = tf.function(lambda: tf.constant(json.dumps(about)), input_signature=[], autograph=False)
        self._untracked = types.SimpleNamespace(model=model)  # or TensorFlow would store its variables a second time
        self._to_network, self._from_network = scaling.unit_to_network, scaling.from_network
        self._held = [v.value for v in model.variables]  # what the SavedModel has to hold

    @property
    def _model(self):
        return self._untracked.model


class ImageFunctions(Functions):
    """What the SavedModel of a model of images x can do."""

    names = ("sample", "infer", "reconstruct", "interpolate")

    def __init__(self, model: GraphicalGAN, image_shape: tuple[int, int, int], scaling: Scaling, about=NOTHING):
        super().__init__(model, scaling, about)
        images = tf.TensorSpec([None, *image_shape], tf.float32)
        discrete_roots = [n for n in model.discrete if not model.network.parents[n]]
        self._root = discrete_roots[0] if discrete_roots else None
        components = model.root(self._root, make_stream(0), 1).shape[1] if self._root else 0
        self.components = tf.Variable(components, trainable=False)
        sample = self._sample_component if self._root else self._sample
        self.sample = traced(sample, [INT] * (3 if self._root else 2))
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
        drawn = self._model.root(self._root, stream.at("component"), n)
        component = tf.one_hot(tf.where(k == PRIOR, tf.argmax(drawn, -1, tf.int32), k), drawn.shape[1])
        return self._from_network(self._model.generate(stream, n, {self._root: component}).values["x"])

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


def told(model: GraphicalGAN, values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """What an export tells of inferred values: latent variables by name, a discrete one as its most probable value.

    Returns:
        The values, and for each discrete variable its `<name>_probabilities`.
    """
    found = {name: values[name] for name in model.network.latent}
    for name, logits in model.posteriors(values).items():
        probabilities = tf.nn.softmax(logits)
        found |= {name: tf.argmax(probabilities, -1, tf.int32), f"{name}_probabilities": probabilities}
    return found


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
    """Writes a SavedModel.

    Raises:
        ValueError: if something is there that is no export.
        OSError: if it can't be written.
    """
    signatures = {name.rstrip("_"): getattr(functions, name) for name in functions.names}
    if "infer" in signatures:
        signatures |= {"serving_default": signatures["infer"]}  # what servers look for; Keras looks for `serve`

    def write(folder):
        try:
            tf.saved_model.save(functions, str(folder), signatures)
        except tf.errors.OpError as error:
            raise OSError(errno.EIO, first_line(error), str(folder)) from error

    put(path, write)


def put(path: pathlib.Path, write: Callable[[pathlib.Path], None]) -> None:
    """Has a SavedModel written beside its place and then renamed: whoever finds one finds a whole one.

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
    write(beside)
    if path.exists():
        os.replace(path, old)
    os.replace(beside, path)
    shutil.rmtree(old, ignore_errors=True)


def _beside(path):
    """Where an export is made, and where the one before it waits until the new one has its name."""
    return tuple(path.with_name(f".{path.name}.{end}") for end in ("new", "old"))
