"""Scores of samples beside real images, with their protocol."""

import dataclasses

import numpy as np

from graphical_gan.common.array_cache import digest_of, remembered
from graphical_gan.fidelity import distances
from graphical_gan.fidelity.features import FeatureNetwork

KEPT = 10_000  # features of real images that are kept for KID


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How samples are scored: all that two numbers must share to be compared.

    Attributes:
        dataset: name of the real images.
        reference: their split.
        count: number of samples, and of real images.
        splits: of the Inception Score.
    """

    dataset: str
    reference: str
    count: int
    splits: int = 10

    def names(self, network: FeatureNetwork) -> dict[str, str]:
        """The names of the scores, such as `fid_graph2015_bilinear299_train_50k`, by "is", "fid" and "kid"."""
        about = f"{network.name}_{network.resize}"
        count = f"{self.count // 1000}k" if self.count % 1000 == 0 else str(self.count)
        names = {score: f"{score}_{about}_{self.reference}_{count}" for score in ("fid", "kid")}
        return {"is": f"is_{about}_{count}_{self.splits}splits"} | names


@dataclasses.dataclass(frozen=True, eq=False)
class Statistics:
    """What FID and KID need of real images: mean [D] and covariance [D, D] of their features, and some features."""

    mean: np.ndarray
    covariance: np.ndarray
    features: np.ndarray


def score(
    samples: np.ndarray, real: np.ndarray, network: FeatureNetwork, protocol: Protocol, cache
) -> dict[str, float]:
    """Inception Score, FID and KID of samples, each with its standard deviation where it has one.

    Args:
        samples: uint8 [N, H, W, C], which `check` accepts.
        real: uint8 [M, H, W, C], the reference split; the first `count` of both are used.

    Returns:
        The scores by their names, protocol and all.
    """
    names = protocol.names(network)
    features, probabilities = network.apply(samples[: protocol.count])
    known = reference_statistics(real[: protocol.count], network, protocol, cache)
    found = {"is": distances.inception_score(probabilities, protocol.splits)}
    found["kid"] = distances.kernel_inception_distance(features, known.features)
    mean, covariance = distances.moments(features)
    scores = {names["fid"]: distances.frechet_distance(mean, covariance, known.mean, known.covariance)}
    for name, (value, deviation) in found.items():
        scores |= {names[name]: value, f"{names[name]}_deviation": deviation}
    return scores


def score_by_batch(samples: np.ndarray, network: FeatureNetwork, protocol: Protocol) -> dict[str, float]:
    """The Inception Score of samples that were normalised by their batch, as the released code draws them.

    Args:
        protocol: whose name for the score is followed by `_batch_statistics`.
    """
    name = f"{protocol.names(network)['is']}_batch_statistics"
    _, probabilities = network.apply(samples[: protocol.count])
    value, deviation = distances.inception_score(probabilities, protocol.splits)
    return {name: value, f"{name}_deviation": deviation}


def check(samples: np.ndarray, real: np.ndarray, protocol: Protocol) -> None:
    """Refuses images that a protocol can't be followed with: too few, or of different sizes."""
    check_reference(len(real), protocol)
    _check_enough(len(samples), "samples", protocol)
    if samples.shape[1:] != real.shape[1:]:
        raise ValueError(
            f"The samples are of size {samples.shape[1:]}, the reference set {protocol.dataset} of size "
            f"{real.shape[1:]}; expected the same. Name the data set that the model was trained on with --dataset."
        )


def check_reference(examples: int, protocol: Protocol) -> None:
    """Refuses a count that so many real images are too few for, or that is too small for the splits."""
    if not examples:
        raise ValueError(
            f"{protocol.dataset} has no images in its {protocol.reference} split. Name another --reference."
        )
    _check_enough(examples, f"images in {protocol.dataset}'s {protocol.reference} split", protocol)
    if protocol.count < max(2, protocol.splits):
        raise ValueError(f"--count={protocol.count} is too small for {protocol.splits} splits. Give more.")


def _check_enough(examples, what, protocol):
    if examples < protocol.count:
        raise ValueError(
            f"There are {examples} {what}; --count={protocol.count} needs as many. Give more, or a smaller --count, "
            "which is another protocol: its scores compare with no others."
        )


def reference_statistics(real: np.ndarray, network: FeatureNetwork, protocol: Protocol, cache) -> Statistics:
    """Statistics of real images, from the cache if they are known.

    The key is the data set with a hash of its images, the split, the count, the resize and the hash of the network.
    """
    key = {
        "dataset": protocol.dataset, "reference": protocol.reference, "count": len(real), "network": network.name,
        "network_digest": network.digest, "resize": network.resize, "images": digest_of([real.tobytes()]),
    }  # fmt: skip

    def make():
        features, _ = network.apply(real)
        mean, covariance = distances.moments(features)
        return {"mean": mean, "covariance": covariance, "features": features[:KEPT]}

    return Statistics(**remembered(cache, f"{protocol.dataset}-{protocol.reference}", key, make))
