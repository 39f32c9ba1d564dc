"""Clusters of many images, a few at a time, beside the scores' own distances."""

import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.evaluation import assignments
from graphical_gan.evaluation.scores import distances_to_centroids
from graphical_gan.export.saved_models import load_saved_model

MNIST = pathlib.Path(__file__).parents[2] / "models" / "mnist"


class Images:
    """Images that keep count of how many were read at once."""

    def __init__(self, images):
        self.images, self.most = images, 0

    def __len__(self):
        return len(self.images)

    def read(self, rows):
        self.most = max(self.most, len(rows))
        return self.images[rows]


def test_each_image_has_its_most_probable_component_and_its_distance_from_the_centroid():
    """A model that is three lines of numpy: the first pixel is the component, all pixels are the vector."""
    rng = np.random.default_rng(0)
    images = Images(rng.integers(0, 256, (2 * assignments.BATCH + 7, 2, 2, 1), np.uint8))

    def infer(x):
        k = np.digitize(x.numpy()[:, 0, 0, 0], [0.2, 0.7])
        return np.eye(4)[k] * 0.6 + 0.1, x.numpy().reshape(len(x), -1)  # component 3 is dead

    found = assignments.assign(assignments.Clusters(4, (2, 2, 1), infer, None), images)
    vectors = images.images.reshape(len(images), -1) / 255
    expected = np.digitize(vectors[:, 0], [0.2, 0.7])
    np.testing.assert_array_equal(found.cluster, expected)
    np.testing.assert_allclose(found.probability, 0.7)
    distances = distances_to_centroids(vectors, expected, 4)[np.arange(len(images)), expected]
    np.testing.assert_allclose(found.distance, distances, rtol=1e-5)
    assert images.most == assignments.BATCH
    assert [list(own) for own in found.components] == [[0], [1], [2], [3]]

    two = assignments.assign(assignments.Clusters(4, (2, 2, 1), infer, None), images, 2)
    joined, alone = sorted(two.components, key=len, reverse=True)
    assert len(joined) == 2 and set(joined) | set(alone) == {0, 1, 2}  # the dead one belongs nowhere
    together = np.isin(expected, joined)
    assert len(set(two.cluster[together])) == 1 and set(two.cluster[together]).isdisjoint(two.cluster[~together])
    np.testing.assert_array_equal(two.component, expected)
    np.testing.assert_allclose(two.probability, np.where(together, 0.8, 0.7))
    distances = distances_to_centroids(vectors, two.cluster, 2)[np.arange(len(images)), two.cluster]
    np.testing.assert_allclose(two.distance, distances, rtol=1e-5)
    with pytest.raises(ValueError, match="4 clusters .* into 3 components; .* Give --clusters=3 or fewer"):
        assignments.assign(assignments.Clusters(4, (2, 2, 1), infer, None), images, 4)


def test_the_clusters_of_an_export():
    model = load_saved_model(MNIST)
    clusters = assignments.clusters_of(model)
    assert (clusters.components, clusters.image_shape) == (30, (28, 28, 1))
    images = clusters.sample(3, 5)
    probabilities, latents = clusters.infer(images)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(1), model.infer(images)["k"])
    np.testing.assert_array_equal(latents, model.infer(images)["h"])
    np.testing.assert_array_equal(images, model.sample(5, k=3, seed=0))


def test_a_model_without_clusters_is_refused():
    clips = types.SimpleNamespace(signatures={"motion_analogy": None})
    without = types.SimpleNamespace(signatures={"interpolate": None}, components=tf.Variable(0))
    for model in (clips, without):
        with pytest.raises(ValueError, match="no clusters; expected.*Name another"):
            assignments.clusters_of(model)
