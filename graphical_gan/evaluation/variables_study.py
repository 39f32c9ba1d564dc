"""What a run of a network over any variables is watched and judged by: reconstructions, and samples beside the data."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from graphical_gan import evaluation, pictures
from graphical_gan.common.units import deviations
from graphical_gan.engine import GraphicalGAN, make_stream
from graphical_gan.engine.checks import check_shapes
from graphical_gan.evaluation.study import Study
from graphical_gan.export.functions import NOTHING
from graphical_gan.export.variables import VariablesFunctions
from graphical_gan.settings.knobs import Settings

SCORED = 5000  # examples that are scored, at most


def check_data(model: GraphicalGAN, settings: Settings, data_spec) -> None:
    """Compares what a network observes with what the data holds.

    Raises:
        ValueError: if they differ, or a variable is NaN for some examples that is not declared so.
    """
    network = model.network
    held, known = set(data_spec.shapes), {*network.observed, *network.partly}
    if held != known:
        raise ValueError(
            f"The data holds {', '.join(sorted(held))}, and the network observes {', '.join(sorted(known))}; expected "
            "the same names. Name the arrays as the nodes, and declare the others latent."
        )
    if others := sorted(set(data_spec.missing) - set(network.partly)):
        raise ValueError(
            f"{others[0]} is NaN for some examples; expected NaN in a latent variable that is declared partly=True, "
            "which the data holds for some examples. Declare it so, or leave those examples out."
        )
    check_shapes(model, data_spec.shapes)


class VariablesStudy(Study):
    """Looks at a model of any variables; arguments of `Study`."""

    def __init__(self, model: GraphicalGAN, dataset: Any, batch: int | None = None, about: Mapping = NOTHING):
        super().__init__(model, dataset, batch, about)
        arrays = self._observed(dataset.train)
        self._deviations = list(map(deviations, arrays.values()))

    @staticmethod
    def said_of(dataset: Any) -> dict[str, Any]:
        """Nothing: the names and shapes are in the signatures."""
        return {}

    @property
    def functions(self) -> VariablesFunctions:  # type: ignore[override]
        shapes = {name: array.shape[1:] for name, array in self.dataset.train.values.items()}
        return VariablesFunctions(self.model, shapes, self.about)

    def pictures(self) -> dict[str, np.ndarray]:
        """Examples beside samples, in the plane in which the examples vary most."""
        data = {name: array[: pictures.charts.DRAWN] for name, array in self._observed(self.dataset.train).items()}
        given = {name: tf.constant(data[name]) for name in self.model.network.inputs}
        rows = len(next(iter(data.values())))
        drawn = self.model.generate(make_stream(0).at("pictures"), rows, given).values
        found, others = self._side_by_side(data), self._side_by_side({name: drawn[name].numpy() for name in data})
        return {"samples": pictures.charts.beside_data(found, others)}

    def scores(self, split: str) -> dict[str, float]:
        """The error of reconstructions, in standard deviations of each value over training examples."""
        data = {name: array[:SCORED] for name, array in self._observed(getattr(self.dataset, split)).items()}
        if not self.model.network.generated or not len(next(iter(data.values()))):
            return {}
        again = self.model.reconstruct({n: tf.constant(v) for n, v in data.items()}, make_stream(0).at("evaluation"))
        values = data | {name: again[name].numpy() for name in self.model.network.generated}
        return evaluation.scores.reconstruction_scores(self._side_by_side(data), self._side_by_side(values))

    def _observed(self, rows):
        """The observed variables of some examples, in the order of their declaration."""
        return {name: rows.values[name] for name in self.model.network.observed}

    def _side_by_side(self, values):
        """All values of each example in standard deviations, [N, D]."""
        arrays = zip(values.values(), self._deviations, strict=True)
        return np.concatenate([(array / by).reshape(len(array), -1) for array, by in arrays], 1)
