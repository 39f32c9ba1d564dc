"""What the scores mean, in a line each."""

SCORES = {
    "acc_nearest": "accuracy if a cluster takes the label of its image nearest to the centroid (paper)",
    "acc_nearest_mu": "accuracy if a cluster takes the label of its image nearest to the component's mean mu_k",
    "acc_top_posterior": "accuracy if a cluster takes the label of the image with the highest q(k|h) (released code)",
    "acc_top_posterior_batch_statistics": "acc_top_posterior with the statistics of test batches (released code)",
    "error": "share of images whose component is not their class; for runs with --labels",
    "acc_hungarian": "accuracy if each class takes one cluster; images of other clusters count as errors",
    "acc_hungarian_joined": "acc_hungarian after the closest components are joined into one cluster per class",
    "variety_component": "distance of two samples of a component over that of two images of a class: 1 is best",
    "ece_majority": "calibration error of q(k|x) if a cluster takes the label of most of its images: 0 is best",
    "nmi": "normalised mutual information of clusters and labels: 1 is best",
    "ari": "adjusted Rand index of clusters and labels: 0 by chance, 1 is best",
    "mse": "mean squared error of reconstructions, pixels in [0, 1]",
    "mse_batch_statistics": "mse with the statistics of test batches, as in training (released code)",
    "mse_random_pair": "mse with the reconstruction of another image: that of a model that ignores its input",
    "analogy_mse": "mean squared error of motion analogies, pixels in [0, 1]",
    "analogy_mse_batch_statistics": "analogy_mse with the statistics of test batches, as in training (released code)",
    "analogy_mse_random_pair": "analogy_mse beside another clip instead of the true one",
    "brightness_real": "mean pixel of real clips, in [0, 1]",
    "brightness_samples": "mean pixel of samples, in [0, 1]: near 0 if they are black",
    "variety_real": "deviation of a pixel from clip to clip, real clips",
    "variety_samples": "deviation of a pixel from clip to clip, samples: near 0 if all look the same",
    "motion_real": "change of a pixel from frame to frame, real clips",
    "motion_samples": "change of a pixel from frame to frame, samples: near 0 if they stand still",
    "oracle_accuracy": "accuracy of the oracle, a classifier, on the first frames of real test clips",
    "live_clusters": "number of components in use: each has more than a tenth of the images that p(k) promises it",
    "kl_to_prior": "KL divergence of the mean q(k|x) from p(k), in nats: 0 is best",
    "is": "Inception Score: from 1 to the number of classes, higher is better",
    "is_batch_statistics": "Inception Score with the statistics of each batch, as in training (released code)",
    "fid": "Frechet distance to real images in the features of a network: 0 is best",
    "kid": "squared kernel distance to real images in the features of a network, unbiased: 0 is best",
}


ORACLE = {
    "identity": "share of frames that surely show the main digit of the clip",
    "recognised": "share of frames that surely show a digit",
    "speed": "pixels that the centre moves per frame",
    "bend": "pixels that the centre is off a straight path, over 5 frames",
    "ink": "mean pixel, in [0, 1]",
}  # by the word after "oracle_"; what the frames are of follows


def known_as(name: str) -> str | None:
    """The score of the glossary that a name begins with; the name of a variable, or a protocol, may follow."""
    return max((known for known in SCORES if f"{name}_".startswith(f"{known}_")), key=len, default=None)


def meaning(name: str) -> str:
    """What a score means, "" where the glossary lacks it."""
    if name.startswith("oracle_") and name not in SCORES:
        return ORACLE.get(name.split("_")[1], "")
    known, by_batch = known_as(name), name.endswith("_batch_statistics")
    return SCORES.get(f"{known}_batch_statistics" if by_batch else known) or SCORES.get(known, "")
