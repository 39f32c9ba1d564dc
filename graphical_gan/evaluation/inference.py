"""How well a model infers and reconstructs held-out data (the paper, section 5.1). A metric's name is its protocol."""

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from graphical_gan import evaluation
from graphical_gan.engine import GraphicalGAN, Stream, make_stream
from graphical_gan.engine.priors import GaussianPosterior

SAMPLES = 2000  # that a prior without a formula is measured on
COMPILED = 8  # batches from which on it pays to build a graph of the networks
BATCH = 200  # any other gives the same result: inference never looks at the batch


class Inference:
    """What q infers of images of a data set, and p makes of that again; the graph of a batch is built once.

    Args:
        dataset: whose `to_network` maps images to the network's range.
    """

    def __init__(self, model: GraphicalGAN, dataset: Any):
        self.model, self.dataset = model, dataset
        self._graph = tf.function(self._look, autograph=False, reduce_retracing=True)

    def __call__(
        self, images: np.ndarray, batch: int = BATCH, training: bool = False, reconstruct: bool = True
    ) -> dict[str, np.ndarray]:
        """Latents and reconstructions of images.

        Args:
            training: normalise by the batch, and not by the recalibrated statistics (which this overwrites).
            reconstruct: whether to ask p, which takes as long as to ask q.

        Returns:
            By name: the latent variables; for a discrete one its logits as `<name>_logits`; the data as `x`, and
            `x_reconstructed`, in the network's range.
        """
        stream = make_stream(0).at("evaluation")
        look = self._graph if len(images) >= COMPILED * batch else self._look
        inputs = self.dataset.to_network(images, stream.at("noise of the data").seed)
        found = []
        for start in range(0, len(images), batch):
            part = look(inputs[start : start + batch], stream.at(start).seed, training, reconstruct)
            found.append(tf.nest.map_structure(np.asarray, part))
        return {name: np.concatenate([part.pop(name) for part in found]) for name in list(found[0])}  # never all twice

    def _look(self, images, seed, training, reconstruct):
        """What is found of a batch."""
        stream = Stream(seed)
        values = self.model.infer({"x": images}, stream, training).values
        logits = {f"{name}_logits": logits for name, logits in self.model.posteriors(values).items()}
        again = {"x_reconstructed": self.model.regenerate(values, stream, training)["x"]} if reconstruct else {}
        return values | logits | again


def evaluate(infer: Inference, split: str, K: int) -> dict[str, float]:
    """Scores on a split.

    A model without a discrete variable is clustered by a Gaussian mixture on its latents, with the settings of
    GMGAN's prior, fitted to the first 10,000 training images: the baseline GAN-G + GMM of the paper.
    """
    model, dataset = infer.model, infer.dataset
    examples = getattr(dataset, split)
    labels = _telling(examples)
    found = infer(examples.images)
    scores = _errors(found, dataset)
    if model.discrete:
        return scores | cluster_by_model(model, found, labels)
    latents, mixture = vectors(model, found), evaluation.mixture
    fitted = infer(dataset.train.images[: mixture.EXAMPLES], reconstruct=False)
    means = mixture.fit_mixture(vectors(model, fitted), K, seed=0)
    log_posterior, uniform = mixture.mixture_posterior(latents, means), np.full(K, 1 / K)
    return scores | evaluation.scores.clustering_scores(log_posterior, labels, uniform, latents, means)


def batch_statistics_scores(infer: Inference, split: str, batch: int) -> dict[str, float]:
    """Error and accuracy of the released code, which normalises test images by their minibatch: they depend on it.

    It overwrites the statistics: recalibrate afterwards.
    """
    examples = getattr(infer.dataset, split)
    found = infer(examples.images, batch, training=True)
    kept = {"mse_batch_statistics": _errors(found, infer.dataset)["mse"]}
    if (labels := _telling(examples)) is not None:
        protocol, scores = "acc_top_posterior", cluster_by_model(infer.model, found, labels)
        kept |= {n.replace(protocol, f"{protocol}_batch_statistics"): v for n, v in scores.items() if protocol in n}
    return kept


def _telling(examples):
    """Labels that clusters can be compared with: any clustering of one image agrees with its label."""
    return examples.labels if len(examples) > 1 else None


def _errors(found, dataset):
    both = (dataset.scaling.for_errors(found[name]) for name in ("x", "x_reconstructed"))
    return evaluation.scores.reconstruction_scores(*both)


def cluster_by_model(model: GraphicalGAN, found: dict[str, np.ndarray], labels: np.ndarray | None) -> dict[str, float]:
    """Clustering scores of what `Inference` found, for each discrete variable, in the space of the latent vectors.

    With several discrete variables the name of each follows that of the score, such as `nmi_k`. `error` is that of a
    variable that is known for some images, whose values are then the classes.
    """
    scores, latents = {}, vectors(model, found) if model.vectors else None
    for name in model.discrete:
        logits = found[f"{name}_logits"]
        own = evaluation.scores.clustering_scores(logits, labels, prior(model, name), latents, _means(model, name))
        if model.network[name].partly and labels is not None:
            own["error"] = float(np.mean(logits.argmax(1) != labels))
        scores |= {score + ending(model, name): value for score, value in own.items()}
    return scores


def _means(model, name):
    """mu [K, D] of a discrete variable that is inferred by the posterior of a mixture over the one latent vector."""
    posterior = model.recognition[name].logits
    is_mixture = isinstance(posterior, GaussianPosterior) and len(model.vectors) == 1
    return tf.convert_to_tensor(posterior.table.means).numpy() if is_mixture else None


def ending(model: GraphicalGAN, name: str) -> str:
    """What follows the names of the scores and pictures of a discrete variable: nothing if it is the only one."""
    return f"_{name}" if len(model.discrete) > 1 else ""


def prior(model: GraphicalGAN, name: str) -> np.ndarray:
    """p [K] of a discrete variable: as declared if it is held, else the share of its values in samples, one added.

    By the rule of succession, so that a value which no sample has is not impossible.
    """
    if isinstance(declared := model.generative[name], tfd.Distribution):
        return declared.probs_parameter().numpy()
    counts = 1 + model.generate(make_stream(0).at("prior"), SAMPLES).values[name].numpy().sum(0, dtype=np.float64)
    return counts / counts.sum()


def vectors(model: GraphicalGAN, found: dict[str, np.ndarray]) -> np.ndarray:
    """The latent vectors of a sample side by side, [N, D]; the logits of the discrete variables if there are none."""
    names = model.vectors or [f"{name}_logits" for name in model.discrete]
    return np.concatenate([found[name].reshape(len(found[name]), -1) for name in names], 1)
