"""The recipe `modern` of MNIST as a contestant: the product's own runs, as the command makes them."""

import numpy as np
import tensorflow as tf

from benchmarks.product import dump
from benchmarks.worker import serve, settings
from graphical_gan import data
from graphical_gan.engine import make_stream
from graphical_gan.evaluation.inference import Inference
from graphical_gan.game.view_terms import Views
from graphical_gan.instances import gmgan
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.scoring import recalibrate
from graphical_gan.settings import recipes
from graphical_gan.training.recalibration import statistics_kept


def main() -> None:
    chosen = settings()
    given = {n: chosen[n] for n in ("seed", "precision", "data_dir")}
    dataset = data.load("mnist", data_dir=chosen["data_dir"])
    run = Experiment(
        recipes.GMGAN.resolve(given | {"dataset": "mnist", "recipe": "modern"}), gmgan.from_settings, dataset
    )
    batches, infer = run.minibatches(dataset), Inference(run.game.model, dataset)

    def prepare():
        """Writes what a twin learns from: images, initial weights; and what it is checked by, see `product.dump`."""
        path = chosen["path"]
        dump(run.trainer, "gmgan", path)
        found = dict(np.load(path))
        [views] = [term for term in run.game.terms if isinstance(term, Views)]
        stream = make_stream(0).at(views.name).at("view")
        found["view"] = views.views(tf.constant(found["q/x"]), views.strength, stream).numpy()
        np.savez(path, train=dataset.train.images, validation=dataset.validation.images, **found)
        return found["costs"].tolist()

    def logits(path):
        with statistics_kept(infer.model):
            recalibrate(run, dataset)
            np.save(path, infer(dataset.validation.images, reconstruct=False)["k_logits"])

    run.trainer.trace(batches)
    serve(
        lambda steps: run.trainer.run(batches, steps),
        prepare=prepare,
        logits=logits,
        labels=lambda: dataset.validation.labels.tolist(),
    )


if __name__ == "__main__":
    main()
