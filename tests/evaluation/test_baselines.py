"""What GMGAN's clusters are compared with (`benchmarks.clusters`), on digits."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score

from benchmarks import clusters
from benchmarks.labels import pixels
from graphical_gan.runs.programs import GMGAN
from graphical_gan.settings.knobs import Settings

SETTINGS: Settings = {"recipe": "modern", "K": 10, "width": 4, "latent": 16}


def settings(steps):
    return GMGAN.recipe.resolve(SETTINGS | {"steps": steps})


@pytest.fixture(scope="module")
def digits():
    return GMGAN.load(settings(1))


@pytest.mark.slow
def test_methods_are_scored_on_test_images_by_what_they_learnt_on_training_images(digits):
    found = {name: (log_posterior, labels) for name, log_posterior, _, labels in clusters.fitted(digits, 10, 0)}
    assert len(found) == 5
    (train, _), (test, labels) = pixels(digits.train), pixels(digits.test)
    expected = KMeans(10, n_init=10, random_state=0).fit(train).predict(test)
    np.testing.assert_array_equal(found["k-means, pixels"][0].argmax(1), expected)
    for log_posterior, own in found.values():
        np.testing.assert_array_equal(own, labels)
        assert normalized_mutual_info_score(labels, log_posterior.argmax(1)) > 0.5


@pytest.mark.slow
def test_the_term_alone_teaches_the_encoder(digits):
    before, after = (clusters.without_game(settings(steps), digits) for steps in (1, 150))
    assert after["nmi"] > before["nmi"] + 0.1 and 0 < after["acc_hungarian"] <= 1
