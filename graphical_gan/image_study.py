"""What a run on images is watched and judged by: sample grids, reconstructions, clustering, latents to look at."""

import pathlib

import numpy as np
import tensorflow as tf

from graphical_gan import evaluation
from graphical_gan.export import ImageFunctions, export
from graphical_gan.knobs import Settings
from graphical_gan.model import GraphicalGAN
from graphical_gan.projector import write_projector
from graphical_gan.randomness import make_stream
from graphical_gan.summaries import component_grid, enlarged, grid, reconstruction_grid, to_uint8

ROWS = 10  # samples of a component
PAIRS = 25  # inputs beside reconstructions
PROJECTED = 1000  # held-out images in TensorBoard's projector


class ImageStudy:
    """Looks at a model of images x with its recalibrated statistics.

    Args:
        model: of images x; its clusters, if any, are those of its first discrete variable.
        dataset: of `data.load`.
        settings: of the run.
    """

    def __init__(self, model: GraphicalGAN, dataset, settings: Settings):
        self.model, self.dataset, self.settings = model, dataset, settings

    def pictures(self) -> dict[str, np.ndarray]:
        """Samples with fixed noise, one component a column, and held-out images beside their reconstructions."""
        model, stream, K = self.model, make_stream(0).at("pictures"), self.settings["K"]
        roots = [n for n in model.discrete if not model.network.parents[n]]
        given = {name: tf.repeat(tf.eye(K), ROWS, axis=0) for name in roots[:1]}
        samples = self._pixels(model.generate(stream, ROWS * (K if roots else ROWS), given).values["x"])
        images = (self.dataset.validation if len(self.dataset.validation) else self.dataset.train).images[:PAIRS]
        data = {"x": self.dataset.to_network(images, stream.at("noise of the data").seed)}
        pairs = self._pixels(data["x"]), self._pixels(model.reconstruct(data, stream)["x"])
        return {
            "samples": component_grid(samples, K) if roots else grid(samples, ROWS),
            "reconstructions": reconstruction_grid(*pairs),
        }

    def animations(self) -> dict[str, np.ndarray]:
        """None: images stand still."""
        return {}

    def scores(self, split: str) -> dict[str, float]:
        """Scores of `evaluation.evaluate` on a split, none if it is empty."""
        if not len(getattr(self.dataset, split)):
            return {}
        return evaluation.evaluate(self.model, self.dataset, split, self.settings["K"])

    def batch_scores(self, split: str) -> dict[str, float]:
        """The released code's accuracy, which depends on the test batches; it overwrites the statistics."""
        if not (self.settings["batch_norm"] and self.model.discrete and len(getattr(self.dataset, split))):
            return {}
        return evaluation.batch_statistics_accuracy(self.model, self.dataset, split, self.settings["batch_size"])

    def final_scores(self) -> dict[str, float]:
        """Nothing beyond `scores`."""
        return {}

    def warning(self, scores: dict[str, float]) -> str | None:
        """A collapse of the mixture, in words."""
        K = self.settings["K"]
        live = scores.get("live_clusters", K)
        return f"the mixture has collapsed: {live} of K={K} clusters are live" if live < K / 3 else None

    def finish(self, path: pathlib.Path) -> None:
        """Writes the SavedModel, and latents with thumbnails for TensorBoard's projector."""
        export(ImageFunctions(self.model, self.dataset.image_shape, self.dataset.value_range), path / "saved_model")
        examples = self.dataset.test
        found = evaluation.infer(self.model, examples.images[:PROJECTED], self.dataset)
        metadata = {} if examples.labels is None else {"label": examples.labels[:PROJECTED]}
        metadata |= {f"cluster_{n}": found[f"{n}_logits"].argmax(-1) for n in self.model.discrete}
        metadata = metadata or {"number": np.arange(len(found["h"]))}
        latents = np.pad(found["h"], [(0, 0), (0, max(0, 3 - found["h"].shape[1]))])  # the projector shows 3 axes
        write_projector(path / "tensorboard", "h", latents, examples.images[:PROJECTED], metadata)

    def _pixels(self, images):
        return enlarged(to_uint8(images, self.dataset.value_range))
