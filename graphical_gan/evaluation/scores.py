"""Scores of clustering and reconstruction that need no network: those of the paper's Table 1, and later ones.

A score whose value depends on how it is measured carries its protocol in its name: `acc_nearest` is the
paper's accuracy, `acc_top_posterior` the released code's, `acc_hungarian` the one most later work reports.
Everything here is numpy in float64 and looks at a whole data set at once, so that no score depends on batches.

N samples, K components, D latent. Assignments are int [N], the component of each sample; `labels` [N] are true
classes; `logits` [N, K] are log q(k|x) or differ from it by a constant a row: not the log of a softmax, which has lost
what it rounded to 0 or 1. Accuracies are shares of samples, in [0, 1].
"""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, pdist
from scipy.special import logsumexp, rel_entr, softmax
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

PART = 1000  # images whose errors are held at once


def clustering_scores(
    logits: np.ndarray,
    labels: np.ndarray | None,
    prior: np.ndarray,
    latents: np.ndarray | None = None,
    means: np.ndarray | None = None,
) -> dict[str, float]:
    """All clustering scores of a model on held-out data, each sample assigned to its most probable component.

    Args:
        labels: None where there are none: then only the scores that need none are returned.
        prior: p(k), [K].
        latents: [N, D], None of a model without vectors: no scores by centroids then.
        means: mu [K, D], where components have some: `acc_nearest_mu` takes them for centroids.

    Returns:
        Always `live_clusters` and `kl_to_prior`, KL of the mean of q(k|x) over the samples from p(k) in nats. With
        labels the accuracies, `ece_majority`, `nmi` (arithmetic mean of the entropies) and `ari`.
    """
    logits, prior = np.asarray(logits, np.float64), np.asarray(prior, np.float64)
    found = logits.argmax(axis=1)
    scores = {
        "live_clusters": live_clusters(found, prior),
        "kl_to_prior": float(rel_entr(softmax(logits, axis=1).mean(axis=0), prior).sum()),
    }
    if labels is None:
        return scores
    if latents is not None:
        scores["acc_nearest"] = acc_nearest(found, labels, distances_to_centroids(latents, found, len(prior)))
        if means is not None:
            scores["acc_nearest_mu"] = acc_nearest(found, labels, cdist(latents, means))
        classes = len(np.unique(labels))
        if 1 < classes < len(np.unique(found)):
            joined = joined_components(latents, found, len(prior), classes)[found]
            scores["acc_hungarian_joined"] = acc_hungarian(joined, labels)
    return scores | {
        "acc_top_posterior": acc_top_posterior(logits, labels),
        "acc_hungarian": acc_hungarian(found, labels),
        "ece_majority": ece_majority(logits, labels),
        "nmi": float(normalized_mutual_info_score(labels, found)),
        "ari": float(adjusted_rand_score(labels, found)),
    }


def acc_nearest(assignments: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> float:
    """Accuracy when a cluster takes the label of its sample nearest to the centroid (the paper, 5.1, after CatGAN).

    One label a cluster is used, so a single odd sample can cost a whole cluster.

    Args:
        distances: [N, K], from each sample's latent to each centroid, in any monotone unit.
    """
    own = np.where(assignments[:, None] == np.arange(distances.shape[1]), distances, np.inf)
    # An empty cluster has only infinities here; whatever label it gets, no sample is given it.
    return _accuracy_from_representatives(assignments, labels, own.argmin(axis=0))


def distances_to_centroids(latents: np.ndarray, assignments: np.ndarray, K: int) -> np.ndarray:
    """Distances [N, K] from each sample to the mean of each cluster's samples; infinite for clusters without any.

    The paper (section 5.1) names the centroid and no more; the mean serves all models.
    """
    latents = np.asarray(latents, np.float64)
    members = np.eye(K)[assignments]  # [N, K]
    with np.errstate(invalid="ignore", divide="ignore"):
        centroids = (members.T @ latents) / members.sum(axis=0)[:, None]  # nan for clusters without samples
    return np.nan_to_num(cdist(latents, centroids), nan=np.inf)


def acc_top_posterior(logits: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy when a cluster takes the label of the sample, among all, with the highest q(k|h) (released code).

    There the posterior is a float32 softmax, which is exactly 1 for many samples at once, so that the choice among them
    is arbitrary. Here the samples are ranked by the log odds log q(k|h) - log(1 - q(k|h)), which order them alike and
    never saturate. A remaining tie goes to the first sample.
    """
    logits = np.asarray(logits, np.float64)
    representatives = [
        np.argmax(logits[:, k] - logsumexp(np.delete(logits, k, axis=1), axis=1)) for k in range(logits.shape[1])
    ]
    return _accuracy_from_representatives(logits.argmax(axis=1), labels, representatives)


def _accuracy_from_representatives(assignments, labels, representatives):
    return float(np.mean(labels[representatives][assignments] == labels))


def acc_hungarian(assignments: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy under the best one-to-one matching of clusters with classes, as deep-clustering papers report it.

    With more clusters than classes the unmatched ones count as errors, however pure they are, so that at K = 30 a
    perfect split of ten classes into three clusters each scores about a third.
    """
    counts = contingency_matrix(labels, assignments)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(labels))


def joined_components(latents: np.ndarray, assignments: np.ndarray, K: int, count: int) -> np.ndarray:
    """Which cluster each component falls to, when those that lie closest are joined until `count` clusters are left.

    Use it where fewer clusters are wanted than components were trained: many small components follow the data better
    than a few, and no label is needed to join them. Ward's linkage (1963) of the components' centroids, each of which
    counts alike, as p(k) is uniform.

    Returns:
        int [K], below count; -1 for components without samples.

    Raises:
        ValueError: if fewer than `count` components have samples.
    """
    used = np.unique(assignments)
    if not 1 <= count <= len(used):
        raise ValueError(
            f"{count} clusters can't be formed: the {len(assignments):,} examples fall into {len(used)} components; "
            f"expected 1 to {len(used)}. Give --clusters={len(used)} or fewer."
        )
    clusters = np.full(K, -1)
    centroids = np.stack([latents[assignments == k].mean(axis=0, dtype=np.float64) for k in used])
    nothing_to_join = count == len(used)  # scikit-learn refuses a single centroid
    clusters[used] = np.arange(count) if nothing_to_join else AgglomerativeClustering(count).fit_predict(centroids)
    return clusters


def ece_majority(logits: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of q(k|x): how far its probabilities are from shares of images (Guo et al. 2017).

    Each cluster takes the majority label of its samples, so that q(k|x) says how probable each label is. An image
    falls into one of the bins by the probability of its most probable label. If q is calibrated, the mean probability
    of a bin is the share of its images that have their most probable label. Returned is the mean difference.
    """
    logits = np.asarray(logits, np.float64)
    classes, labels = np.unique(labels, return_inverse=True)
    counts = np.zeros((logits.shape[1], len(classes)))
    np.add.at(counts, (logits.argmax(axis=1), labels), 1)
    named = np.eye(len(classes))[counts.argmax(axis=1)]  # [K, classes]; an empty cluster takes the first one
    probabilities = softmax(logits, axis=1) @ named
    surplus = probabilities.max(axis=1) - (probabilities.argmax(axis=1) == labels)
    places = np.minimum((probabilities.max(axis=1) * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(places, surplus, bins)).sum() / len(labels))


def live_clusters(assignments: np.ndarray, prior: np.ndarray) -> int:
    """The number of components that get more than a tenth of the samples that the prior [K] promises them.

    Use it to see a collapse. A tenth, and not a single sample, because a few stray samples don't make a
    component live; with a uniform prior the threshold is a share of 1 / (10 K).
    """
    shares = np.bincount(assignments, minlength=len(prior)) / len(assignments)
    return int(np.sum(shares > np.asarray(prior) / 10))


def reconstruction_scores(images: np.ndarray, reconstructions: np.ndarray) -> dict[str, float]:
    """The reconstruction error and, beside it, the error of reconstructing another image.

    The baseline says what the error is worth: a model that ignores its input scores the same on both. Paper: the MSE of
    Table 1, here the mean over pixels, channels and images.

    Args:
        images, reconstructions: [N, ...] in [0, 1], of the same samples.

    Returns:
        `mse`, the mean squared error; for two images or more, also `mse_random_pair`, the same with each reconstruction
        paired with the image of another sample, by a fixed random cycle through all samples.
    """
    images, reconstructions = np.asarray(images, np.float32), np.asarray(reconstructions, np.float32)

    def mse(rows):
        """Of each image with the reconstruction of a row, a part of them at once: all would not fit beside the data."""
        parts = np.split(np.arange(len(images)), range(PART, len(images), PART))
        errors = [np.square(images[part] - reconstructions[rows[part]]).sum(dtype=np.float64) for part in parts]
        return float(sum(errors) / images.size)

    scores = {"mse": mse(np.arange(len(images)))}
    if len(images) > 1:
        cycle = np.random.default_rng(0).permutation(len(images))
        paired = np.empty_like(cycle)
        paired[cycle] = np.roll(cycle, 1)
        scores["mse_random_pair"] = mse(paired)
    return scores


def component_variety(samples: np.ndarray, images: np.ndarray, labels: np.ndarray) -> float:
    """How much samples of one component differ, beside how much real images of one class do.

    Use it to see components that draw one picture again and again: near 0 then. Small components of a good model are
    less varied than a class, and about 1 is what K = the number of classes should give.

    Args:
        samples: [K, n, ...], n >= 2 of each component, on [0, 1].
        images: [N, ...], real ones on the same range.
        labels: their classes, each with two images at least.

    Returns:
        The mean Euclidean distance of two samples of a component, over that of two images of a class; means over pairs,
        then over components and classes.
    """

    def distance(groups):
        return np.mean([pdist(np.reshape(group, (len(group), -1))).mean() for group in groups])

    return float(distance(samples) / distance([images[labels == label] for label in np.unique(labels)]))
