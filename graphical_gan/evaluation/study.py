"""What the studies of all kinds of data have in common."""

import abc
import pathlib
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from graphical_gan.engine import GraphicalGAN
from graphical_gan.export.functions import NOTHING, Functions
from graphical_gan.export.saving import export
from graphical_gan.settings.knobs import Settings


class Study(abc.ABC):
    """What a run is watched and judged by: a model with its recalibrated statistics, beside the data.

    Args:
        dataset: that it is trained on, with the splits "train", "validation" and "test".
        batch: size of the minibatches that the networks normalise over in training, None if they don't.
        about: what an export says of its run, of JSON's types.

    Attributes:
        patience: share of the run before which a warning says nothing: clusters come to life late.
        scored: scores of the weights in use, which an export says of itself; `runs.scoring.score` fills it.
    """

    functions: Functions  # what the SavedModel can do
    patience = 0.5

    def __init__(self, model: GraphicalGAN, dataset: Any, batch: int | None = None, about: Mapping = NOTHING):
        self.model, self.dataset, self.batch = model, dataset, batch
        self.scored: dict[str, float] = {}
        self.about = {**about, "scores": self.scored}

    @classmethod
    def from_settings(cls, model: GraphicalGAN, dataset: Any, settings: Settings, **further: Any) -> Self:
        """The study of a run."""
        batch = settings["batch_size"] if settings["batch_norm"] else None
        places = {name for name in settings if name.endswith("_dir")} | {"start_from"}  # of this machine
        kept = {name: value for name, value in settings.items() if name not in places}
        return cls(model, dataset, batch, {"settings": kept} | cls.said_of(dataset), **further)

    @staticmethod
    def said_of(dataset: Any) -> dict[str, Any]:
        """What an export says of the data."""
        return {"image_shape": list(dataset.image_shape), "label_names": dataset.label_names}

    @abc.abstractmethod
    def pictures(self) -> dict[str, np.ndarray]:
        """What is looked at while the run trains, by name: pictures uint8 [H, W, C], and films [T, H, W, C]."""

    @abc.abstractmethod
    def scores(self, split: str) -> dict[str, float]:
        """Scores on a split that are watched while the run trains, none if it is empty."""

    def batch_scores(self, split: str) -> dict[str, float]:
        """Scores normalised by test batches, as in training (released code); they overwrite the statistics."""
        return {}

    def final_scores(self) -> dict[str, float]:
        """Further scores of a run that has ended, on test data."""
        return {}

    def warning(self, scores: dict[str, float]) -> str | None:
        """What has gone wrong by the scores, in words."""
        return None

    def export(self, path: pathlib.Path) -> None:
        """Writes the SavedModel."""
        export(self.functions, path)

    def finish(self, path: pathlib.Path) -> None:
        """Writes the SavedModel, and what else is left of a run, to its folder."""
        self.export(path / "saved_model")
