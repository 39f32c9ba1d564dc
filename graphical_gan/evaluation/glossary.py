"""What the scores mean, in a line each."""

SCORES = {
    "acc_nearest": "label of the sample nearest to the centroid (paper)",
    "acc_nearest_mu": "label of the sample of the cluster that is nearest to mu_k, not to the mean of its samples",
    "acc_top_posterior": "label of the sample of highest q(k|h) (released code)",
    "acc_top_posterior_batch_statistics": "the same, normalised by test batches (released code)",
    "error": "share of images whose component is not their class, which it is with --labels",
    "acc_hungarian": "one cluster a class, the others count as errors",
    "acc_hungarian_joined": "the same, once the components that lie closest were joined into a cluster a class",
    "variety_component": "distance of two samples of a component over that of two real images of a class: 0 if alike",
    "ece_majority": "calibration error of q(k|x), clusters by the majority label of their images: 0 is best",
    "nmi": "normalised mutual information",
    "ari": "adjusted Rand index",
    "mse": "reconstruction error a pixel, on [0, 1]",
    "mse_batch_statistics": "the same, normalised by test batches, as in training (released code)",
    "mse_random_pair": "mse with the reconstruction of another image",
    "analogy_mse": "error of motion analogy, beside the true clip",
    "analogy_mse_batch_statistics": "the same, normalised by test batches, as in training (released code)",
    "analogy_mse_random_pair": "analogy_mse beside another clip",
    "brightness_real": "mean of a pixel, on [0, 1], real clips",
    "brightness_samples": "the same of samples: near 0 if they are black",
    "variety_real": "deviation of a pixel from clip to clip, real clips",
    "variety_samples": "the same of samples: near 0 if all look the same",
    "motion_real": "change of a pixel from frame to frame, real clips",
    "motion_samples": "the same of samples: near 0 if they stand still",
    "oracle_accuracy": "of the oracle's classifier on the first frames of real test clips",
    "live_clusters": "clusters that are used",
    "kl_to_prior": "KL(mean q(k|x) || p(k)), nats",
    "is": "Inception Score, in 1 to the number of classes",
    "is_batch_statistics": "the same of samples that are normalised by their batch, as in training (released code)",
    "fid": "Frechet distance to real images in the network's features: 0 is best",
    "kid": "squared kernel distance to real images in the network's features, unbiased",
}


ORACLE = {
    "identity": "share of frames that surely show the clip's main digit",
    "recognised": "share of frames that surely show a digit",
    "speed": "pixels that the centre moves a frame",
    "bend": "pixels that the centre is off a straight path, over 5 frames",
    "ink": "mean of a pixel, on [0, 1]",
}  # by the word after "oracle_"; what the frames are of follows


def meaning(name: str) -> str:
    """What a score means; those of samples go by the first word of their name, the rest of which is their protocol."""
    first, _, rest = name.partition("_")
    if first == "oracle" and name not in SCORES:
        return ORACLE.get(rest.partition("_")[0], "")
    if rest.endswith("batch_statistics"):
        first = f"{first}_batch_statistics"
    return SCORES.get(name) or SCORES.get(first, "")
