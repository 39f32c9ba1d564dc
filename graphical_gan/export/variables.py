"""The SavedModel of a network of any variables: their values are what the data holds, in its units."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from graphical_gan.common.scaling import UNIT
from graphical_gan.engine import GraphicalGAN, make_stream
from graphical_gan.export.functions import INT, Functions, told, traced


class VariablesFunctions(Functions):
    """What the SavedModel of a network of any variables can do.

    Args:
        shapes: of the observed variables, by name, without the batch.
    """

    names = ("sample", "infer", "reconstruct")

    def __init__(self, model: GraphicalGAN, shapes: Mapping[str, tuple[int, ...]], about: Mapping[str, Any]):
        super().__init__(model, UNIT, about)
        self._observed = model.network.observed
        data = [tf.TensorSpec([None, *shapes[name]], tf.float32) for name in self._observed]
        inputs = [spec for name, spec in zip(self._observed, data, strict=True) if name in model.network.inputs]
        sample = self._sample_given if inputs else self._sample
        self.sample = traced(sample, [INT, *(inputs or [INT])], in_unit=False)
        self.infer = self.serve = traced(self._infer, data, in_unit=False)
        self.reconstruct = traced(self._reconstruct, data, in_unit=False)

    def _data(self, values):
        return dict(zip(self._observed, values, strict=True))

    def _sample(self, n, seed=0):
        """n examples of all variables, by name."""
        return self._drawn(n, seed, {})

    def _sample_given(self, seed, *inputs):
        """All variables, by name, of an example for each row of the inputs, which come in the order of declaration."""
        return self._drawn(tf.shape(inputs[0])[0], seed, dict(zip(self._model.network.inputs, inputs, strict=True)))

    def _drawn(self, n, seed, given):
        values = self._model.generate(make_stream(seed), n, given).values
        return {name: values[name] for name in self._model.network.variables}

    def _infer(self, *values):
        """The latent variables of observed ones, which come in the order of their declaration."""
        return told(self._model, self._model.infer(self._data(values), make_stream(0)).values)

    def _reconstruct(self, *values):
        """The observed variables that have parents, by name, as p makes them from what was inferred."""
        again = self._model.reconstruct(self._data(values), make_stream(0))
        return {name: again[name] for name in self._model.network.generated}
