"""How well a model infers and reconstructs held-out data (the paper, section 5.1). A metric's name is its protocol."""

import numpy as np
import tensorflow as tf

from graphical_gan.mixture import fit_mixture, mixture_posterior
from graphical_gan.model import GraphicalGAN
from graphical_gan.randomness import make_stream
from graphical_gan.scores import clustering_scores, distances_to_centroids, reconstruction_scores

BATCH = 200  # any other gives the same result: inference never looks at the batch


def infer(model: GraphicalGAN, images: np.ndarray, dataset, batch=BATCH, training=False) -> dict[str, np.ndarray]:
    """Latents and reconstructions of images.

    Args:
        model: with recalibrated statistics.
        images: uint8 [N, H, W, C].
        dataset: whose `to_network` maps them to the network's range.
        batch: images a call.
        training: normalise by the batch, and not by the recalibrated statistics (which this overwrites).

    Returns:
        By name: the latent variables; for a discrete one its logits as `<name>_logits`; the data as `x`, and
        `x_reconstructed`, in the network's range.
    """
    stream, found = make_stream(0).at("evaluation"), []
    inputs = dataset.to_network(images, stream.at("noise of the data").seed)
    for start in range(0, len(images), batch):
        draws, data = stream.at(start), {"x": inputs[start : start + batch]}
        values = model.infer(data, draws, training).values
        values |= {f"{name}_logits": model.posterior_logits(name, values) for name in model.discrete}
        values["x_reconstructed"] = model.reconstruct(data, draws, training)["x"]
        found.append(tf.nest.map_structure(np.asarray, values))
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def evaluate(model: GraphicalGAN, dataset, split: str, K: int) -> dict[str, float]:
    """Scores on a split.

    A model without a discrete variable is clustered by a Gaussian mixture on its latents, with the settings of
    GMGAN's prior, fitted to the first 10,000 training images: the baseline GAN-G + GMM of the paper.

    Args:
        model: with recalibrated statistics.
        dataset: of `data.load`.
        split: "validation" or "test".
        K: number of components of the mixture, for a model without one.

    Returns:
        The scores of `scores.clustering_scores` and `scores.reconstruction_scores`.
    """
    examples = getattr(dataset, split)
    found = infer(model, examples.images, dataset)
    scores = reconstruction_scores(found["x"], found["x_reconstructed"], dataset.value_range)
    if model.discrete:
        if model.network[model.discrete[0]].partly and examples.labels is not None:
            wrong = found[f"{model.discrete[0]}_logits"].argmax(1) != examples.labels
            scores["error"] = float(wrong.mean())
        return scores | cluster_by_model(model, found, examples.labels)
    training_latents = infer(model, dataset.train.images[:10_000], dataset)["h"]
    logits = mixture_posterior(found["h"], fit_mixture(training_latents, K, seed=0))
    return scores | cluster(logits, found["h"], examples.labels, np.full(K, 1 / K))


def batch_statistics_accuracy(model: GraphicalGAN, dataset, split: str, batch: int) -> dict[str, float]:
    """The accuracy of the released code, which normalises test images by their minibatch: it depends on the batches.

    It overwrites the statistics: recalibrate afterwards.
    """
    examples = getattr(dataset, split)
    if examples.labels is None:
        return {}
    scores = cluster_by_model(model, infer(model, examples.images, dataset, batch, training=True), examples.labels)
    return {"acc_top_posterior_batch_statistics": scores["acc_top_posterior"]}


def cluster_by_model(model: GraphicalGAN, found: dict[str, np.ndarray], labels: np.ndarray | None) -> dict[str, float]:
    """Clustering scores of what `infer` found, for the first discrete variable, in the space of its parent in q."""
    name = model.discrete[0]
    parent = model.recognition_graph.parents[name][0].name
    prior = model.generative[name].probs_parameter().numpy()
    return cluster(found[f"{name}_logits"], found[parent], labels, prior)


def cluster(logits: np.ndarray, latents: np.ndarray, labels: np.ndarray | None, prior: np.ndarray) -> dict[str, float]:
    """Clustering scores from logits [N, K], latents [N, D], labels [N] and the prior [K]."""
    distances = distances_to_centroids(latents, logits.argmax(1), len(prior))
    return clustering_scores(logits, labels, distances, prior)
