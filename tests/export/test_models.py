"""The models that are shipped: they load, draw and infer without training."""

import pathlib

import numpy as np

from graphical_gan.export.saved_models import load_saved_model

MODELS = pathlib.Path(__file__).parents[2] / "models"


def test_mnist_draws_its_components_and_knows_them_again():
    """An image of a component is mostly inferred to be of it, and images of one component differ."""
    assert sum(f.stat().st_size for f in (MODELS / "mnist").rglob("*") if f.is_file()) < 6e6
    model = load_saved_model(MODELS / "mnist")
    known = []
    for k in range(30):
        images = model.sample(20, k=k, seed=1).numpy()
        assert images.shape == (20, 28, 28, 1) and images.min() >= 0 and images.max() <= 1
        assert np.mean(images.std(0)) > 0.02
        known.append(np.mean(model.infer(images)["k"].numpy() == k))
    assert np.mean(known) > 0.8
