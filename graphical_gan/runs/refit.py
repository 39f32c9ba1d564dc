"""The mixture fitted again: components that divided the images badly at first get another chance."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.evaluation.inference import vectors
from graphical_gan.evaluation.mixture import EXAMPLES
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.scoring import recalibrate
from graphical_gan.training.recalibration import statistics_kept
from graphical_gan.training.strategies import from_chief

STARTS = 10  # of k-means, of which the best counts


def refit(run: Experiment, study: ImageStudy) -> None:
    """Moves the means of p(h|k) to the centres of k-means on the latent vectors that q infers of training images.

    Within some hundred steps each component has images that it keeps: of ten components one then holds two classes, and
    two share another. The latent vectors go on to part all classes, as the views' term wants it, so that a new fit
    puts that right. DEC (Xie et al. 2016, 3.2) and VaDE (Jiang et al. 2017) begin with such a fit; here it is repeated
    while training goes on. Each component takes the centre next to it, one each. With fewer images than
    components nothing is moved.
    """
    model = run.game.model
    with statistics_kept(model):
        recalibrate(run, study.dataset)
        latents = vectors(model, study.infer(study.dataset.train.images[:EXAMPLES], reconstruct=False))
    means = model.generative["h"].means
    if len(latents) >= means.shape[0]:
        [moved] = from_chief(run.trainer.strategy, [refitted(means.numpy(), latents, run.step)])
        means.assign(moved)


def refitted(means: np.ndarray, latents: np.ndarray, seed: int) -> np.ndarray:
    """The centres [K, D] of k-means on latent vectors [N, D], in the order of the means [K, D] next to them."""
    centres = KMeans(len(means), n_init=STARTS, random_state=seed).fit(latents).cluster_centers_
    _, order = linear_sum_assignment(cdist(means, centres, "sqeuclidean"))
    return centres[order].astype(means.dtype)
