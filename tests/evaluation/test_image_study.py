"""What a study of images says of a model beyond the scores of a split."""

import dataclasses
import types

import numpy as np
import tensorflow as tf
from scipy.spatial.distance import pdist

from graphical_gan import data
from graphical_gan.common.scaling import SYMMETRIC
from graphical_gan.evaluation import image_study
from tests.helpers import tiny_gmgan


def test_variety_compares_samples_of_a_component_with_images_of_a_class():
    """The generator is replaced by one whose component k draws k bright pixels at random places on black."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 8, 8, 1), np.uint8)
    test, drawn = data.Split(images, np.arange(40) % 3), []

    def generate(stream, rows, given):
        for k in given["k"].numpy().argmax(1):
            pixels = -np.ones(64, np.float32)
            pixels[rng.permutation(64)[:k]] = 1
            drawn.append(pixels)
        return types.SimpleNamespace(values={"x": tf.constant(np.reshape(drawn, (rows, 8, 8, 1)))})

    model = tiny_gmgan().model
    model.generate = generate
    dataset = types.SimpleNamespace(test=test, from_network=SYMMETRIC.from_network)
    found = image_study.ImageStudy(model, dataset, {"K": 5}).final_scores()
    samples = (np.reshape(drawn, (5, image_study.ROWS, 64)) + 1) / 2
    real = [pdist(images[test.labels == label].reshape(-1, 64) / 255).mean() for label in range(3)]
    expected = np.mean([pdist(group).mean() for group in samples]) / np.mean(real)
    np.testing.assert_allclose(found["variety_component"], expected, rtol=1e-5)
    dataset.test = dataclasses.replace(test, labels=None)
    assert image_study.ImageStudy(model, dataset, {"K": 5}).final_scores() == {}
