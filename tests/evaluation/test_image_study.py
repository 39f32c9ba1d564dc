"""What a study of images says of a model beyond the scores of a split."""

import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy.spatial.distance import pdist

from graphical_gan import data
from graphical_gan.common.scaling import SYMMETRIC
from graphical_gan.evaluation import image_figures, image_study, inference
from graphical_gan.instances import gmgan
from graphical_gan.settings import recipes
from tests.helpers import tiny_gmgan

SMALL = {"width": 2, "units": 4, "latent": 3, "batch_size": 4}
ABOUT = {"image_shape": (28, 28, 1), "value_range": (-1.0, 1.0), "classes": 2}


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
    found = image_study.ImageStudy(model, dataset, K=5).final_scores()
    samples = (np.reshape(drawn, (5, image_study.ROWS, 64)) + 1) / 2
    real = [pdist(images[test.labels == label].reshape(-1, 64) / 255).mean() for label in range(3)]
    expected = np.mean([pdist(group).mean() for group in samples]) / np.mean(real)
    np.testing.assert_allclose(found["variety_component"], expected, rtol=1e-5)
    dataset.test = dataclasses.replace(test, labels=None)
    assert image_study.ImageStudy(model, dataset, K=5).final_scores() == {}


def test_one_test_image_is_not_scored_by_its_cluster_and_no_collapse_is_seen_in_it(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(11):
        place = tmp_path / "ab"[number % 2]
        place.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (28, 28), np.uint8)).save(place / f"{number}.png")
    assert "one to test on: no scores of clusters" in data.describe("folder", manual_dir=tmp_path, image_size=28).found
    dataset = data.load("folder", manual_dir=tmp_path, image_size=28)
    assert len(dataset.test) == len(dataset.validation) == 1 and dataset.test.labels is not None
    settings = recipes.GMGAN.resolve(SMALL | {"dataset": "folder", "K": 7, "manual_dir": str(tmp_path)})
    game = gmgan.from_settings(settings | {"image_size": 28}, types.SimpleNamespace(**ABOUT))
    study = image_study.study_of(game.model, dataset, settings)
    found = study.scores("test") | study.batch_scores("test")
    assert not [name for name in found if name.startswith(("acc", "nmi", "ari", "error"))] and found["mse"] > 0
    assert found["live_clusters"] == 1 and study.warning(found) is None
    with pytest.raises(ValueError, match="There are 1 test images, and t-SNE expects 4 or more. Add images"):
        image_figures.tsne(study, 0)


def test_the_projector_shows_names_of_classes_in_any_script(tmp_path):
    names = ("11", "6", "кот", "猫 \t\n", "\t", "$_a")
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
    test = data.Split(images, np.arange(12, dtype=np.int32) % 6)
    scaled = {"to_network": SYMMETRIC.to_network, "from_network": SYMMETRIC.from_network, "scaling": SYMMETRIC}
    dataset = types.SimpleNamespace(test=test, label_names=names, image_shape=(8, 8, 1), name="mine", **scaled)
    study = image_study.ImageStudy(tiny_gmgan().model, dataset, K=5)
    study.export = lambda path: None
    study.finish(tmp_path)
    [table] = tmp_path.rglob("metadata.tsv")
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["label", "cluster_k"]
    assert [row[0] for row in rows[1:]] == ["11", "6", "кот", "猫", "class 4", "$_a"] * 2


def test_many_batches_are_inferred_by_a_graph_that_finds_what_a_few_do():
    """A batch of two is looked at in a graph, with an odd one at the end; all at once layer by layer."""
    dataset, model = data.load("digits"), tiny_gmgan(image_shape=(16, 16, 1)).model
    images = dataset.test.images[: 2 * inference.COMPILED + 1]
    many, one = (inference.Inference(model, dataset)(images, batch) for batch in (2, len(images)))
    assert many.keys() == one.keys() and len(many["x"]) == len(images)
    for name in ("x", "h", "k_logits", "x_reconstructed"):  # k is drawn, by the place of its batch
        np.testing.assert_allclose(many[name], one[name], rtol=1e-4, atol=1e-5, err_msg=name)
