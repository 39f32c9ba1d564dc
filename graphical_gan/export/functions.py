"""What the functions of all our SavedModels have in common: one signature each, careful with what they are given.

A SavedModel needs nothing but TensorFlow. It holds the model and none of the discriminators. Normalisation uses the
recalibrated statistics, so an example gets the same answer alone as in any batch.
"""

import functools
import inspect
import itertools
import json
import types
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from graphical_gan.common.scaling import Scaling
from graphical_gan.engine import GraphicalGAN

INT = tf.TensorSpec([], tf.int64)  # a whole number of Python's; as int32 it would be cut to its last bits in silence
LEAST = {"n": 0, "k": -1, "seed": 0, "T": 1, "points": 1}
SLACK = 1e-3  # beyond [0, 1], which resizing may leave
NOTHING: Mapping[str, Any] = {}


def traced(function, signature: list[tf.TensorSpec], in_unit: bool = True):
    """A `tf.function` of one signature, which refuses arguments that it is not for, and takes batches of no examples.

    No branch of such a function depends on a tensor, so that autograph is not needed.

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
        if not batches:  # one is drawn in place of none: TensorFlow's convolutions of no images have wrong channels
            found = function(tf.maximum(values[0], 1), *values[1:], **keywords)
            return tf.nest.map_structure(lambda drawn: drawn[: values[0]], found)
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
