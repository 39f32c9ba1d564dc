"""Which cluster each of many images belongs to, by an exported model; they pass through it a few at a time."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from graphical_gan.evaluation.scores import joined_components

BATCH = 200


class Clusters(NamedTuple):
    """How an exported model clusters images.

    Attributes:
        components: number K of them.
        image_shape: (H, W, C) that it takes.
        infer: from images, float32 [B, H, W, C] in [0, 1], to probabilities [B, K] and latent vectors [B, D].
        sample: from a component and a number to as many images of it, float32 in [0, 1].
    """

    components: int
    image_shape: tuple[int, int, int]
    infer: Callable
    sample: Callable


class Assignments(NamedTuple):
    """The cluster of each image.

    Attributes:
        cluster: int [N], that of the most probable component.
        probability: float [N], of the cluster given the image.
        distance: float [N], from the image's latent vector to the mean of those of its cluster.
        component: int [N], the most probable one of its cluster's; the cluster itself where none are joined.
        components: of each cluster, which ones it is made of.
    """

    cluster: np.ndarray
    probability: np.ndarray
    distance: np.ndarray
    component: np.ndarray
    components: list[np.ndarray]


def clusters_of(model: Any) -> Clusters:
    """The clusters of an exported model: values of the discrete variable that its samples are drawn by.

    Raises:
        ValueError: if it is none of images with such a variable.
    """
    signatures, ending = model.signatures, "_probabilities"
    if "interpolate" not in signatures or not int(model.components):
        raise ValueError(
            "The model has no clusters; expected one of images with a discrete variable, such as k of GMGAN. Name "
            "another run or export."
        )
    count, outputs = int(model.components), signatures["infer"].structured_outputs
    names = sorted(n for n, spec in outputs.items() if n.endswith(ending) and spec.shape[-1] == count)
    vectors = sorted(n for n, spec in outputs.items() if spec.shape.rank == 2 and not n.endswith(ending))
    [images] = signatures["infer"].structured_input_signature[1].values()

    def infer(images):
        found = model.infer(images)
        return found[names[0]].numpy(), tf.concat([found[n] for n in vectors or names], -1).numpy()

    return Clusters(count, tuple(images.shape[1:]), infer, lambda k, n: model.sample(n, k, 0))


def assign(clusters: Clusters, images: Any, count: int | None = None) -> Assignments:
    """Assigns each image to its most probable component, and components to clusters.

    In memory are `BATCH` images at once, and for each image its latent vector and its probabilities.

    Args:
        images: with a length, and `read` from row numbers to uint8 [n, H, W, C].
        count: of clusters that components are joined to (`scores.joined_components`); by default each is one.

    Raises:
        ValueError: if fewer than `count` components have images.
    """
    found = [clusters.infer(tf.constant(images.read(rows), tf.float32) / 255.0) for rows in _batches(len(images))]
    probabilities, latents = (np.concatenate(part) for part in zip(*found, strict=True))
    component, K = probabilities.argmax(1), clusters.components
    of = joined_components(latents, component, K, count) if count else np.arange(K)
    components = [np.flatnonzero(of == number) for number in range(count or K)]
    cluster = of[component]
    shares = np.stack([probabilities[:, members].sum(1) for members in components], 1)
    of_cluster = shares[np.arange(len(cluster)), cluster]
    return Assignments(cluster, of_cluster, _distances(latents, cluster), component, components)


def _batches(count) -> Iterator[range]:
    with tqdm(total=count, unit="image") as bar:
        for start in range(0, count, BATCH):
            rows = range(start, min(start + BATCH, count))
            yield rows
            bar.update(len(rows))


def _distances(latents, cluster):
    """From each latent vector to the mean of its cluster; one cluster at a time, in float64."""
    distances = np.empty(len(latents))
    for k in np.unique(cluster):
        rows = np.flatnonzero(cluster == k)
        members = latents[rows].astype(np.float64)
        distances[rows] = np.linalg.norm(members - members.mean(0), axis=1)
    return distances
