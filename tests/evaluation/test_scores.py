"""Clustering and reconstruction scores against results worked out by hand and by brute force."""

import itertools

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.special import softmax

from graphical_gan.evaluation import scores

# Seven samples in three clusters of five components (1 and 4 are dead); the accuracies of the protocols differ.
ASSIGNMENTS = np.array([0, 0, 0, 2, 2, 3, 3])
LABELS = np.array([7, 7, 8, 8, 9, 7, 8])
UNIFORM = np.full(5, 0.2)


def distances_with_nearest(*nearest):
    """Distances in which the named samples are the ones nearest to their own centroids."""
    distances = np.full((len(ASSIGNMENTS), 5), 5.0)
    for sample in nearest:
        distances[sample, ASSIGNMENTS[sample]] = 1.0
    return distances


@pytest.mark.parametrize(
    "nearest, expected",
    [
        ((0, 3, 5), 4 / 7),  # clusters take 7, 8, 7: samples 0, 1, 3 and 5 are right
        ((2, 3, 5), 3 / 7),  # 8, 8, 7: samples 2, 3 and 5
        ((0, 4, 6), 4 / 7),  # 7, 9, 8: samples 0, 1, 4 and 6
    ],
)
def test_acc_nearest_takes_the_label_of_the_sample_nearest_to_the_centroid(nearest, expected):
    assert scores.acc_nearest(ASSIGNMENTS, LABELS, distances_with_nearest(*nearest)) == pytest.approx(expected)


def test_acc_nearest_takes_the_means_of_components_for_centroids_where_there_are_some():
    latents, labels = np.array([[0.0], [1.0], [5.0], [20.0]]), np.array([0, 1, 1, 2])
    logits = np.array([[3.0, 0], [3, 0], [3, 0], [0, 3]])
    found = scores.clustering_scores(logits, labels, np.full(2, 0.5), latents, np.array([[-1.0], [20.0]]))
    assert found["acc_nearest"] == 0.75  # the mean of the three is 2, and nearest to it is 1, of class 1
    assert found["acc_nearest_mu"] == 0.5  # nearest to -1 is 0, of class 0
    assert "acc_nearest_mu" not in scores.clustering_scores(logits, labels, np.full(2, 0.5), latents)


def test_acc_nearest_ignores_a_nearer_sample_of_another_cluster():
    distances = distances_with_nearest(0, 3, 5)
    distances[6, 0] = 0.0  # label 8, and nearest of all to centroid 0, but in cluster 3
    assert scores.acc_nearest(ASSIGNMENTS, LABELS, distances) == pytest.approx(4 / 7)


def test_acc_top_posterior_looks_among_all_samples():
    posterior = np.array([[0.40, 0.35, 0.25], [0.49, 0.51, 1e-9]])
    # Sample 1 has the highest q(k=0|h) although it is in cluster 1, so that sample 0 gets the wrong label.
    assert scores.acc_top_posterior(np.log(posterior), np.array([0, 1])) == 0.5


def test_acc_top_posterior_agrees_with_the_softmax_where_it_does_not_saturate():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(200, 6)), rng.integers(4, size=200)
    posterior = softmax(logits, axis=1)
    expected = np.mean(labels[posterior.argmax(axis=0)][posterior.argmax(axis=1)] == labels)
    assert scores.acc_top_posterior(logits, labels) == expected
    assert scores.acc_top_posterior(logits + rng.normal(size=(200, 1)), labels) == expected


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_acc_top_posterior_ranks_samples_whose_posteriors_are_all_one(order):
    logits = np.float32([[300, 0], [900, 0], [200, 0]])
    assert (softmax(logits, axis=1)[:, 0] == 1).all()
    labels = np.array([1, 0, 1])  # sample 1 is the surest, its label is the odd one out
    assert scores.acc_top_posterior(logits[list(order)], labels[list(order)]) == pytest.approx(1 / 3)


def test_acc_hungarian_agrees_with_brute_force():
    rng = np.random.default_rng(1)
    for _ in range(5):
        assignments, labels = rng.integers(4, size=30), rng.integers(4, size=30)
        best = max(np.mean(np.array(p)[assignments] == labels) for p in itertools.permutations(range(4)))
        assert scores.acc_hungarian(assignments, labels) == pytest.approx(best)


def test_acc_hungarian_counts_unmatched_clusters_as_errors():
    labels = np.repeat(np.arange(10), 30)
    assignments = np.arange(300) // 10  # thirty pure clusters of ten
    assert scores.acc_hungarian(assignments, labels) == pytest.approx(1 / 3)


def test_live_clusters_needs_more_than_a_tenth_of_the_promised_share():
    assignments = np.repeat([0, 1, 2], [46, 1, 3])  # with K = 5 the threshold is one sample of fifty
    assert scores.live_clusters(assignments, UNIFORM) == 2
    assert scores.live_clusters(assignments, [0.9, 0.025, 0.025, 0.025, 0.025]) == 3


def test_clustering_scores_by_hand():
    assignments, labels = np.array([0, 0, 1, 1]), np.array([5, 5, 5, 6])
    posterior = np.where(assignments[:, None] == np.arange(2), 0.9, 0.1)
    result = scores.clustering_scores(np.log(posterior), labels, [0.25, 0.75], posterior)

    def entropy(*p):
        return -sum(q * np.log(q) for q in p)

    information = entropy(0.5, 0.5) + entropy(0.75, 0.25) - entropy(0.5, 0.25, 0.25)
    assert result == pytest.approx(
        {
            "live_clusters": 2,
            "kl_to_prior": 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75),
            "acc_nearest": 0.75,
            "acc_top_posterior": 0.75,
            "acc_hungarian": 0.75,
            "ece_majority": 0.25,  # both clusters have 5 as their majority, which is then certain
            "nmi": information / ((entropy(0.5, 0.5) + entropy(0.75, 0.25)) / 2),
            "ari": (1 - 2 * 3 / 6) / ((2 + 3) / 2 - 2 * 3 / 6),  # pairs together: 1 in both, 2 and 3 of 6 in each
        }
    )


def test_ece_majority_by_hand():
    """Clusters 0 and 2 are of class 7, cluster 1 of class 9."""
    posterior = np.array([[0.6, 0.1, 0.3], [0.5, 0.1, 0.4], [0.3, 0.35, 0.35], [0.2, 0.7, 0.1], [0.1, 0.25, 0.65]])
    labels = np.array([7, 7, 9, 9, 7])
    # q of class 7: 0.9, 0.9, 0.65, 0.3, 0.75. In the bin from 0.6 to 0.8 are 0.65, wrong, 0.7 of class 9, right, and
    # 0.75, right; in that from 0.8 on both are right.
    expected = (abs(0.65 + (0.7 - 1) + (0.75 - 1)) + abs(2 * (0.9 - 1))) / 5
    assert scores.ece_majority(np.log(posterior), labels, bins=5) == pytest.approx(expected)


def test_ece_majority_of_a_calibrated_and_of_a_certain_posterior():
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(20_000, 4))
    labels = (rng.random(20_000)[:, None] > softmax(logits, axis=1).cumsum(axis=1)).sum(axis=1).clip(0, 3)
    accuracy = np.mean(logits.argmax(axis=1) == labels)
    assert scores.ece_majority(logits, labels) < 0.02
    assert scores.ece_majority(100 * logits, labels) == pytest.approx(1 - accuracy, abs=0.01)


def test_clustering_scores_without_labels_or_latents():
    logits = np.random.default_rng(2).normal(size=(20, 5))
    labels = np.arange(20) % 3
    assert set(scores.clustering_scores(logits, None, UNIFORM, logits)) == {"live_clusters", "kl_to_prior"}
    assert "acc_nearest" not in scores.clustering_scores(logits, labels, UNIFORM)
    assert "acc_nearest" in scores.clustering_scores(logits, labels, UNIFORM, logits)


def test_clustering_scores_of_a_perfect_and_a_collapsed_clustering():
    labels = np.repeat(np.arange(5), 4)
    perfect = np.where(labels[:, None] == np.arange(5), 50.0, 0.0)
    result = scores.clustering_scores(perfect, labels, UNIFORM, perfect)
    assert result == pytest.approx(
        dict.fromkeys(["acc_nearest", "acc_top_posterior", "acc_hungarian", "nmi", "ari"], 1.0)
        | {"live_clusters": 5, "kl_to_prior": 0.0, "ece_majority": 0.0}
    )
    collapsed = np.tile([50.0, 0, 0, 0, 0], (20, 1))
    result = scores.clustering_scores(collapsed, labels, UNIFORM, collapsed)
    assert result["live_clusters"] == 1 and result["kl_to_prior"] == pytest.approx(np.log(5))
    assert result["acc_nearest"] == result["acc_top_posterior"] == result["acc_hungarian"] == pytest.approx(0.2)
    assert result["nmi"] == result["ari"] == 0


@pytest.mark.parametrize("N, K, classes", [(3, 5, 3), (6, 5, 1), (4, 1, 2), (1, 1, 1)])
def test_clustering_scores_of_few_samples_one_class_and_one_component(N, K, classes):
    logits = np.random.default_rng(3).normal(size=(N, K))
    result = scores.clustering_scores(logits, np.arange(N) % classes, np.full(K, 1 / K), logits)
    assert np.isfinite(list(result.values())).all()
    assert 1 <= result["live_clusters"] <= K
    if classes == 1:
        assert result["acc_nearest"] == result["acc_top_posterior"] == 1


def test_reconstruction_scores_by_hand():
    images = np.zeros((2, 1, 2, 1))
    images[1] = 1
    reconstructions = images.copy()
    reconstructions[0, 0, 0] = 0.5  # one pixel of four is off by 1/2
    result = scores.reconstruction_scores(images, reconstructions)
    assert result == pytest.approx({"mse": 0.25 / 4, "mse_random_pair": (0.25 + 1 + 1 + 1) / 4})


def test_random_pairs_are_of_different_images_and_always_the_same():
    one_hot = np.eye(50)  # any two different rows differ in two values of fifty
    result = scores.reconstruction_scores(one_hot, one_hot)
    assert result == pytest.approx({"mse": 0, "mse_random_pair": 2 / 50})
    noise = np.random.default_rng(4).uniform(size=(9, 4, 4, 3))
    assert scores.reconstruction_scores(noise, noise) == scores.reconstruction_scores(noise, noise)


def test_a_single_image_has_no_random_pair():
    assert scores.reconstruction_scores(np.ones((1, 3)), np.zeros((1, 3))) == {"mse": 1.0}


def test_centroids_are_the_means_of_the_members():
    latents = np.array([[0.0, 0.0], [2.0, 0.0], [5.0, 1.0]])
    distances = scores.distances_to_centroids(latents, np.array([0, 0, 2]), 3)
    np.testing.assert_allclose(distances[:, 0], [1, 1, np.hypot(4, 1)])
    np.testing.assert_allclose(distances[:, 2], [np.hypot(5, 1), np.hypot(3, 1), 0])
    assert np.isinf(distances[:, 1]).all()


def test_components_that_lie_closest_are_joined_as_scipy_does_it():
    """Ward's linkage of scipy on the centroids; components without samples belong nowhere."""
    rng = np.random.default_rng(3)
    assignments = rng.permutation(np.repeat([0, 1, 2, 4, 5, 7], [5, 9, 20, 3, 8, 11]))
    latents = rng.normal(size=(8, 3))[assignments] + 0.1 * rng.normal(size=(56, 3))
    used = np.unique(assignments)
    tree = linkage([latents[assignments == k].mean(0) for k in used], "ward")
    for count in range(1, 7):
        found = scores.joined_components(latents, assignments, 8, count)
        assert (found[[3, 6]] == -1).all() and set(found[used]) == set(range(count))
        same = fcluster(tree, count, "maxclust")
        np.testing.assert_array_equal(found[used][:, None] == found[used], same[:, None] == same)
    for count in (0, 7):
        with pytest.raises(ValueError, match="fall into 6 components; expected 1 to 6"):
            scores.joined_components(latents, assignments, 8, count)


def test_variety_of_components_by_hand():
    images, labels = (
        np.array([[0.0, 0.0], [0.3, 0.4], [1.0, 1.0], [0.4, 0.2]]),
        np.array([7, 7, 9, 9]),
    )  # 0.5 and 1 apart
    samples = np.array([[[0.0, 0.0], [0.0, 0.3], [0.0, 0.0]], [[0.5, 0.1], [0.5, 0.1], [0.5, 0.1]]])  # 0.2 and 0
    assert scores.component_variety(samples, images, labels) == pytest.approx(0.1 / 0.75)
    assert scores.component_variety(np.stack([images[:2], images[2:]]), images, labels) == pytest.approx(1)
