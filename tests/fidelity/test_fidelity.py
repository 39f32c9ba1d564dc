"""Scores of samples under a protocol, the cache of real statistics, and the classifier."""

import numpy as np
import pytest

from graphical_gan import data
from graphical_gan.fidelity import distances
from graphical_gan.fidelity.classifier import classifier_network
from graphical_gan.fidelity.features import FeatureNetwork
from graphical_gan.fidelity.protocol import Protocol, check, score, score_by_batch

RNG = np.random.default_rng(0)
REAL, SAMPLES = (RNG.integers(low, 256, (300, 4, 4, 1), np.uint8) for low in (0, 40))
PROTOCOL = Protocol("noise", "train", 200, splits=4)


class Stub:
    """A network of four features that counts its calls."""

    def __init__(self, digest="00"):
        self.images = 0
        self.network = FeatureNetwork("stub", digest, "unresized", 1, self.call)

    def call(self, images):
        self.images += len(images)
        features = images.reshape(len(images), 4, 4).mean(2, dtype=np.float64)
        return features, np.exp(features / 50) / np.exp(features / 50).sum(1, keepdims=True)


def test_scores_are_those_of_the_features_of_the_first_count(tmp_path):
    stub = Stub()
    scores = score(SAMPLES, REAL, stub.network, PROTOCOL, tmp_path)
    (a, p), (b, _) = (stub.call(images[:200]) for images in (SAMPLES, REAL))
    expected = distances.frechet_distance(*distances.moments(a), *distances.moments(b))
    assert scores["fid_stub_unresized_train_200"] == pytest.approx(expected, rel=1e-5)
    assert scores["is_stub_unresized_200_4splits"] == pytest.approx(distances.inception_score(p, 4)[0], rel=1e-5)
    assert set(scores) == {
        "fid_stub_unresized_train_200", "kid_stub_unresized_train_200", "kid_stub_unresized_train_200_deviation",
        "is_stub_unresized_200_4splits", "is_stub_unresized_200_4splits_deviation",
    }  # fmt: skip
    by_batch = score_by_batch(SAMPLES, stub.network, PROTOCOL)
    assert list(by_batch) == [f"is_stub_unresized_200_4splits_batch_statistics{end}" for end in ("", "_deviation")]
    assert tuple(by_batch.values()) == pytest.approx(distances.inception_score(p, 4), rel=1e-5)
    assert Protocol("cifar10", "test", 10_000).names(stub.network)["fid"] == "fid_stub_unresized_test_10k"


def test_statistics_of_real_images_are_cached_under_all_that_they_hang_on(tmp_path):
    def images_seen(digest="00", protocol=PROTOCOL, real=REAL):
        stub = Stub(digest)
        first = score(SAMPLES, real, stub.network, protocol, tmp_path)
        return stub.images, first

    (cold, first), (warm, second) = images_seen(), images_seen()
    assert (cold, warm) == (400, 200) and first == second
    assert images_seen(digest="01")[0] == 400
    assert images_seen(protocol=Protocol("noise", "test", 200, 4))[0] == 400
    assert images_seen(protocol=Protocol("noise", "train", 150, 4))[0] == 300
    changed = REAL.copy()
    changed[0, 0, 0, 0] ^= 1
    assert images_seen(real=changed)[0] == 400
    for file in tmp_path.glob("*.npz"):
        file.write_bytes(file.read_bytes()[:100])
    assert images_seen() == (400, first)


@pytest.mark.parametrize(
    ("samples", "real", "message"),
    [
        (SAMPLES[:150], REAL, "There are 150 samples; --count=200 needs as many"),
        (SAMPLES, REAL[:150], "There are 150 images in noise's train split"),
        (SAMPLES, REAL.repeat(2, 1), r"size \(4, 4, 1\), the reference set noise of size \(8, 4, 1\)"),
    ],
)
def test_what_a_protocol_refuses(samples, real, message):
    with pytest.raises(ValueError, match=message):
        check(samples, real, PROTOCOL)


def test_classifier_of_digits_is_good_cached_and_ranks_samples(tmp_path):
    digits = data.load("digits")
    held_out = digits.test.images, digits.test.labels
    network, accuracy = classifier_network(digits.train.images, digits.train.labels, held_out, tmp_path)
    assert accuracy > 0.93
    again, same = classifier_network(digits.train.images, digits.train.labels, held_out, tmp_path)
    assert (again.digest, same) == (network.digest, accuracy)
    protocol = Protocol("digits", "train", 340)
    clean = digits.test.images[:340]
    noisy = np.clip(clean + RNG.normal(0, 60, clean.shape), 0, 255).astype(np.uint8)
    near, far = (score(s, digits.train.images, network, protocol, tmp_path) for s in (clean, noisy))
    for name in ("fid", "kid"):
        assert near[protocol.names(network)[name]] < far[protocol.names(network)[name]] / 4
    assert near[protocol.names(network)["is"]] > 6
