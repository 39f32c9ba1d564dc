"""What a run on images is watched and judged by: sample grids, reconstructions, clustering, latents to look at."""

import pathlib
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import tensorflow as tf

from graphical_gan import evaluation, pictures
from graphical_gan.common.parts import in_parts
from graphical_gan.engine import GraphicalGAN, Stream, make_stream
from graphical_gan.engine.checks import check_shapes
from graphical_gan.evaluation import inference
from graphical_gan.evaluation.study import Study
from graphical_gan.export.functions import NOTHING
from graphical_gan.export.images import ImageFunctions
from graphical_gan.pictures.grids import captioned, component_grid, enlarged, grid, reconstruction_grid, to_uint8
from graphical_gan.pictures.projector import write_projector
from graphical_gan.settings.knobs import Settings

ROWS = 10  # samples of a component
VARIED = 2000  # first test images that samples are compared with in variety
PAIRS = 25  # inputs beside reconstructions
PROJECTED = 1000  # held-out images in TensorBoard's projector


def check_data(model: GraphicalGAN, settings: Settings, data_spec, labelled: str | None) -> None:
    """Compares what a network observes with what a data set of images holds; call it before any of it is read.

    Args:
        data_spec: the data: at least `image_shape` and `classes`.
        labelled: name of the variable that is the class of an image, known for `--labels` of them, or None.
    """
    network, labels = model.network, settings["labels"]
    if network.observed != ("x",):
        raise ValueError(
            f"The network observes {', '.join(network.observed)}; a data set of images holds x alone. "
            'Name the node of the images "x", and declare the others latent.'
        )
    if network.has_plate:
        raise ValueError(
            "The network has a plate, and a data set of images no steps. Declare it without, or give the images to "
            "`fit` or of_variables(...), which take any network."
        )
    if network.partly != ((labelled,) if labels else ()):
        raise ValueError(
            f"--labels={labels} with the partly observed nodes {', '.join(network.partly) or '(none)'}; labels are for "
            f"{labelled or 'no node'}. Give --labels, and a node partly=True by its name: of_images(labelled=...)."
        )
    check_shapes(model, ({labelled: (data_spec.classes,)} if labels else {}) | {"x": tuple(data_spec.image_shape)})


class ImageStudy(Study):
    """Looks at a model of images x, the only variable that p generates.

    Args:
        model, dataset, batch, about: of `Study`.
        K: number of clusters of a model without a discrete variable.
    """

    def __init__(
        self, model: GraphicalGAN, dataset: Any, batch: int | None = None, about: Mapping = NOTHING, *, K: int
    ):
        super().__init__(model, dataset, batch, about)
        self.K = K
        self.infer = inference.Inference(model, dataset)

    @classmethod
    def from_settings(cls, model: GraphicalGAN, dataset: Any, settings: Settings, **further: Any) -> Self:
        """The study of a run."""
        return super().from_settings(model, dataset, settings, K=settings["K"], **further)

    @property
    def functions(self) -> ImageFunctions:  # type: ignore[override]
        return ImageFunctions(self.model, self.dataset.image_shape, self.dataset.scaling, self.about)

    def pictures(self) -> dict[str, np.ndarray]:
        """Samples with fixed noise, one value of a discrete variable a column; images beside their reconstructions."""
        model, stream = self.model, make_stream(0).at("pictures")
        samples = {f"samples{inference.ending(model, n)}": self.by_value(n, stream) for n in self._components}
        plain = {} if samples else {"samples": grid(self.pixels(model.generate(stream, ROWS**2).values["x"]), ROWS)}
        images = (self.dataset.validation if len(self.dataset.validation) else self.dataset.train).images[:PAIRS]
        data = {"x": self.dataset.to_network(images, stream.at("noise of the data").seed)}
        pairs = self.pixels(data["x"]), self.pixels(model.reconstruct(data, stream)["x"])
        return samples | plain | {"reconstructions": captioned(reconstruction_grid(*pairs), ["image", "again"] * 5)}

    @property
    def _components(self):
        """The discrete variables that images are drawn by."""
        return [name for name in self.model.discrete if name in self.model.network.ancestors("x")]

    def by_value(self, name: str, stream: Stream) -> np.ndarray:
        """`ROWS` samples of each value of a discrete variable, a value a column."""
        K = len(inference.prior(self.model, name))
        return component_grid(self.pixels(self._samples(name, K, stream)), K, name)

    def _samples(self, name, K, stream):
        """`ROWS` samples of the first value of a discrete variable, then of the next, in the network's range."""
        given = {name: tf.repeat(tf.eye(K), ROWS, axis=0)}
        return self.model.generate(stream, ROWS * K, given).values["x"]

    def scores(self, split: str) -> dict[str, float]:
        """Scores of `inference.evaluate`."""
        if not len(getattr(self.dataset, split)):
            return {}
        return inference.evaluate(self.infer, split, self.K)

    def batch_scores(self, split: str) -> dict[str, float]:
        """The released code's error and accuracy, which depend on the test batches; it overwrites the statistics."""
        if not (self.batch and len(getattr(self.dataset, split))):
            return {}
        return inference.batch_statistics_scores(self.infer, split, self.batch)

    def samples_by_batch(self, count: int, seed: int) -> np.ndarray:
        """Samples uint8 [count, H, W, C], each batch normalised by itself, as in training and in the released code.

        Args:
            count: how many; all batches are whole, and the last is cut.
        """

        def draw(rows, part):
            images = self.model.generate(make_stream(part), rows, training=True).values["x"]
            return to_uint8(self.dataset.from_network(images))

        return in_parts(draw, -(-count // self.batch) * self.batch, self.batch, seed)[:count]

    def final_scores(self) -> dict[str, float]:
        """How varied the samples of each value of a discrete variable are, beside test images of a class."""
        test, scores = self.dataset.test[:VARIED], {}
        if test.labels is None or np.unique(test.labels, return_counts=True)[1].min() < 2:
            return {}
        for name in self._components:
            K = len(inference.prior(self.model, name))
            samples = self.dataset.from_network(self._samples(name, K, make_stream(0).at("variety"))).numpy()
            samples = samples.reshape(K, ROWS, -1)
            variety = evaluation.scores.component_variety(samples, test.images / 255.0, test.labels)
            scores[f"variety_component{inference.ending(self.model, name)}"] = variety
        return scores

    def warning(self, scores: dict[str, float]) -> str | None:
        """A collapse of the mixture, in words."""
        for name in self.model.discrete or [""]:
            K = len(inference.prior(self.model, name)) if name else self.K
            live = scores.get(f"live_clusters{inference.ending(self.model, name)}", K)
            if live < min(K, len(self.dataset.test)) / 3:  # no more are live than there are images
                return f"the mixture has collapsed: {live} of {name or 'K'}={K} components are in use"
        return None

    def finish(self, path: pathlib.Path) -> None:
        """Writes the SavedModel, and latents with thumbnails for TensorBoard's projector."""
        super().finish(path)
        examples = self.dataset.test
        found = self.infer(examples.images[:PROJECTED], reconstruct=False)
        metadata = {} if examples.labels is None else {"label": self._named(examples.labels[:PROJECTED])}
        metadata |= {f"cluster_{n}": found[f"{n}_logits"].argmax(-1) for n in self.model.discrete}
        latents = inference.vectors(self.model, found)
        metadata = metadata or {"number": np.arange(len(latents))}
        latents = np.pad(latents, [(0, 0), (0, max(0, 3 - latents.shape[1]))])  # the projector shows 3 axes
        name = "-".join(self.model.vectors or self.model.discrete)
        write_projector(path / "tensorboard", name, latents, examples.images[:PROJECTED], metadata)

    def _named(self, labels):
        """The class of each, as a cell of a table: folders may be called by tabs and line breaks."""
        return [" ".join(self.dataset.label_names[label].split()) or f"class {label}" for label in labels]

    def pixels(self, images: tf.Tensor) -> np.ndarray:
        """Images in the network's range as uint8 [N, H, W, C], large enough for a person."""
        return enlarged(to_uint8(self.dataset.from_network(images)))


class TableStudy(ImageStudy):
    """Looks at a model of vectors x, as `ImageStudy`, but for what shows images."""

    def pictures(self) -> dict[str, np.ndarray]:
        """Rows of the table beside samples, in the plane in which the rows vary most."""
        data = self.dataset.to_network(self.dataset.train.images[: pictures.charts.DRAWN]).numpy()
        drawn = self.model.generate(make_stream(0).at("pictures"), pictures.charts.DRAWN).values["x"].numpy()
        return {"samples": pictures.charts.beside_data(data, drawn)}

    def final_scores(self) -> dict[str, float]:
        """None: how varied samples are is told of images."""
        return {}

    def finish(self, path: pathlib.Path) -> None:
        """Writes the SavedModel."""
        self.export(path / "saved_model")


def study_of(model: GraphicalGAN, dataset: Any, settings: Settings) -> ImageStudy:
    """The study of a run: of a table where the data set holds vectors, else of images."""
    kind = TableStudy if len(dataset.image_shape) == 1 else ImageStudy
    return kind.from_settings(model, dataset, settings)
