"""What else clusters images: k-means and mixtures, and the encoder of GMGAN with the term of two views but no game.

    python -m benchmarks.clusters [mnist DATA_DIR] [--K=30] [--seeds=0,1,2] [--steps=3000]

Scores on test images by the functions that score GMGAN. Mixtures and k-means are fitted to the first 10,000 training
images, as the paper's baselines are: raw, or their first 50 principal components. The encoder is that of the recipe
`modern`, with its mixture, trained by the term alone.
"""

import argparse

import keras
import numpy as np
import tensorflow as tf
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from tqdm import tqdm

from benchmarks.labels import pixels
from graphical_gan.engine.randomness import make_stream
from graphical_gan.evaluation import inference
from graphical_gan.evaluation.mixture import EXAMPLES, mixture_posterior
from graphical_gan.evaluation.scores import clustering_scores
from graphical_gan.runs.programs import GMGAN
from graphical_gan.training.adam import Adam
from graphical_gan.training.recalibration import Recalibration

SHOWN = ("acc_nearest", "acc_top_posterior", "acc_hungarian", "acc_hungarian_joined", "nmi")
COMPONENTS, CALIBRATED = 50, 20  # principal components; minibatches that normalisation is set by


def fitted(dataset, K, seed):
    """What k-means and mixtures, of diagonal and of full covariances, find: name, log posterior, vectors, labels."""
    (train, _), (test, labels) = pixels(dataset.train, slice(EXAMPLES)), pixels(dataset.test)
    principal = PCA(min(COMPONENTS, *train.shape), random_state=0).fit(train)
    for space, (a, b) in {
        "pixels": (train, test),
        "principal components": (principal.transform(train), principal.transform(test)),
    }.items():
        centres = KMeans(K, n_init=10, random_state=seed).fit(a).cluster_centers_
        yield f"k-means, {space}", mixture_posterior(b, centres), b, labels
        for kind in ("diag", "full") if space != "pixels" else ("diag",):
            mixture = GaussianMixture(K, covariance_type=kind, reg_covar=1e-3, random_state=seed).fit(a)
            yield f"mixture, {kind}, {space}", np.log(mixture.predict_proba(b) + 1e-300), b, labels


def without_game(settings, dataset):
    """Scores of the encoder and the mixture of a run of these settings, which the term of two views alone trained."""
    keras.utils.set_random_seed(settings["seed"])
    game = GMGAN.build(settings, GMGAN.describe(settings))
    model, [term] = game.model, [t for t in game.terms if t.name == "views"]
    variables = [*model.recognition["h"].trainable_variables, model.generative["h"].means]
    adam = Adam(settings["learning_rate"], beta_1=0.5, beta_2=0.999, epsilon=1e-8)
    adam.build(variables)

    @tf.function
    def step(batch, number):
        stream = make_stream(settings["seed"]).at(number)
        with tf.GradientTape() as tape:
            q = model.infer({"x": batch}, stream, training=True)
            cost = tf.reduce_mean(term.costs(model, None, q, stream).q)
        adam.apply_gradients(zip(tape.gradient(cost, variables), variables, strict=True))

    minibatches = dataset.minibatches(settings["batch_size"], settings["seed"])
    for number, batch in enumerate(tqdm(minibatches.take(settings["steps"]), total=settings["steps"], unit="step")):
        step(batch["x"], tf.constant(number))
    Recalibration(model)(minibatches.take(CALIBRATED), make_stream(settings["seed"]))
    found = inference.Inference(model, dataset)(dataset.test.images, reconstruct=False)
    return inference.cluster_by_model(model, found, dataset.test.labels)


def main() -> None:
    """Prints a line a method and seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", nargs="?", default="digits")
    parser.add_argument("data_dir", nargs="?", help="where tensorflow-datasets keeps it")
    parser.add_argument("--K", type=int, default=30, help="clusters")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--steps", type=int, default=3000, help="of the encoder without game; 0 leaves it out")
    chosen = parser.parse_args()
    given = {"dataset": chosen.dataset, "recipe": "modern", "K": chosen.K}
    given |= {"data_dir": chosen.data_dir} if chosen.data_dir else {}
    dataset = GMGAN.load(GMGAN.recipe.resolve(given))
    for seed in map(int, chosen.seeds.split(",")):
        for name, log_posterior, vectors, labels in fitted(dataset, chosen.K, seed):
            uniform = np.full(chosen.K, 1 / chosen.K)
            report(name, seed, clustering_scores(log_posterior, labels, uniform, vectors))
        if chosen.steps:
            settings = GMGAN.recipe.resolve(given | {"seed": seed, "steps": chosen.steps})
            report(f"term of two views without game, {chosen.steps} steps", seed, without_game(settings, dataset))


def report(name, seed, scores):
    """Prints the scores of a method."""
    said = "  ".join(f"{score} {scores[score]:.4f}" for score in SHOWN if score in scores)
    print(f"{name}, seed {seed}: {said}", flush=True)


if __name__ == "__main__":
    main()
