"""The paper's figures of a model of images, each from a study of its run; one seed, the same figure."""

import numpy as np
import tensorflow as tf
from sklearn.manifold import TSNE

from graphical_gan.engine import make_stream
from graphical_gan.evaluation.image_study import ROWS, ImageStudy
from graphical_gan.graph.families import variables_of
from graphical_gan.pictures.charts import scatter
from graphical_gan.pictures.grids import grid, reconstruction_grid

SIDE, PAIRS, COLUMNS = 9, 5, 10
PERPLEXITY = 30  # of t-SNE


def components(study: ImageStudy, seed: int) -> np.ndarray:
    """Samples, one mixture component a column (Figs. 2, 4, 10, 11, 12a); without components, samples."""
    name, stream = study.model.component, make_stream(seed).at("components")
    if name is None:
        return grid(study.pixels(study.model.generate(stream, ROWS * COLUMNS).values["x"]), COLUMNS)
    return study.by_value(name, stream)


def reconstructions(study: ImageStudy, seed: int) -> np.ndarray:
    """Random test images in odd columns, their reconstructions in even ones (Fig. 3)."""
    images = study.dataset.test.images
    chosen = np.random.default_rng(seed).choice(len(images), min(PAIRS * ROWS, len(images)), replace=False)
    found = study.infer(images[np.sort(chosen)])
    return reconstruction_grid(study.pixels(found["x"]), study.pixels(found["x_reconstructed"]), PAIRS)


def tsne(study: ImageStudy, seed: int) -> np.ndarray:
    """t-SNE of the latents of all test images, coloured by class (Fig. 9)."""
    test = study.dataset.test
    if len(test) < 4:
        raise ValueError(
            f"There are {len(test)} test images, and t-SNE expects 4 or more. Add images to --manual_dir and train on "
            "them, or draw another figure."
        )
    latents = study.infer(test.images, reconstruct=False)[_latent(study.model)]
    perplexity = min(PERPLEXITY, (len(latents) - 1) / 3)
    points = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(latents)
    said = f"{len(latents)} test images of {study.dataset.name}, perplexity {perplexity:g}, seed {seed}"
    return scatter(points, test.labels, study.dataset.label_names, f"t-SNE of {_latent(study.model)}: {said}")


def parallelogram(study: ImageStudy, seed: int) -> np.ndarray:
    """Images on the parallelogram that three random latents of one component span (Fig. 12b and c).

    The corners on top and on the left are the three; the rest is linear between them. The component is drawn too.
    """
    model, stream, name = study.model, make_stream(seed).at("parallelogram"), study.model.component
    given = {name: tf.repeat(model.root(name, stream.at("component"), 1), 3, axis=0)} if name else {}
    values = model.generate(stream, 3, given).values
    shares = np.linspace(0, 1, SIDE, dtype=np.float32)
    down, right = (share.reshape(-1, 1) for share in np.meshgrid(shares, shares, indexing="ij"))
    latents = {n: tf.repeat(noise, SIDE * SIDE, axis=0) for n, noise in model.noise(stream, 1).items()}
    for ref in variables_of(model.network, model.network.parents["x"]):
        first, second, third = values[ref.name]
        latents[ref.name] = first + right * (second - first) + down * (third - first)
    images = model.generate(stream, SIDE * SIDE, latents).values["x"]
    return grid(study.pixels(images), SIDE)


def _latent(model):
    """The vector that the image is made of, if there is one, else any."""
    parents = [ref.name for ref in model.network.parents["x"]]
    vectors = [n for n in (*parents, *model.network.latent) if n in model.vectors]
    if not vectors:
        raise ValueError("All latent variables are discrete; expected a vector to draw. Draw another figure.")
    return vectors[0]
