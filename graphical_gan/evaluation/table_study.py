"""What a run on a table of vectors is watched and judged by: as `image_study`, but for what shows images."""

import pathlib

import numpy as np
from sklearn.decomposition import PCA

from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.pictures.charts import scatter
from graphical_gan.settings.knobs import Settings

DRAWN = 500  # rows of a picture, and as many samples


def study(model: GraphicalGAN, dataset, settings: Settings) -> ImageStudy:
    """The study of a run, of a table where the data set holds vectors, else of images; arguments as of both."""
    return (TableStudy if len(dataset.image_shape) == 1 else ImageStudy)(model, dataset, settings)


class TableStudy(ImageStudy):
    """Looks at a model of vectors x, as `ImageStudy`."""

    def pictures(self) -> dict[str, np.ndarray]:
        """Rows of the table beside samples, in the plane in which the rows vary most."""
        data = self.dataset.to_network(self.dataset.train.images[:DRAWN]).numpy()
        drawn = self.model.generate(make_stream(0).at("pictures"), DRAWN).values["x"].numpy()
        plane = PCA(min(2, *data.shape), random_state=0).fit(data)
        points = np.concatenate([plane.transform(data), plane.transform(drawn)])
        points = np.pad(points, [(0, 0), (0, 2 - points.shape[1])])
        kinds = np.repeat([0, 1], [len(data), len(drawn)])
        return {"samples": scatter(points, kinds, ("data", "samples"), "First principal components of the data")}

    def final_scores(self) -> dict[str, float]:
        """None: how varied samples are is told of images."""
        return {}

    def finish(self, path: pathlib.Path) -> None:
        """Writes the SavedModel."""
        self.export(path / "saved_model")
