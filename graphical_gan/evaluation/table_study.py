"""What a run on a table of vectors is watched and judged by: as `image_study`, but for what shows images."""

import pathlib

import numpy as np

from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.pictures.charts import DRAWN, beside_data
from graphical_gan.settings.knobs import Settings


def study(model: GraphicalGAN, dataset, settings: Settings) -> ImageStudy:
    """The study of a run, of a table where the data set holds vectors, else of images; arguments as of both."""
    return (TableStudy if len(dataset.image_shape) == 1 else ImageStudy)(model, dataset, settings)


class TableStudy(ImageStudy):
    """Looks at a model of vectors x, as `ImageStudy`."""

    def pictures(self) -> dict[str, np.ndarray]:
        """Rows of the table beside samples, in the plane in which the rows vary most."""
        data = self.dataset.to_network(self.dataset.train.images[:DRAWN]).numpy()
        drawn = self.model.generate(make_stream(0).at("pictures"), DRAWN).values["x"].numpy()
        return {"samples": beside_data(data, drawn)}

    def final_scores(self) -> dict[str, float]:
        """None: how varied samples are is told of images."""
        return {}

    def finish(self, path: pathlib.Path) -> None:
        """Writes the SavedModel."""
        self.export(path / "saved_model")
