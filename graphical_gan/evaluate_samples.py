"""Inception Score, FID and KID of what a model draws, or of a folder of images.

python -m graphical_gan.evaluate_samples RUN
python -m graphical_gan.evaluate_samples EXPORT --dataset=mnist
python -m graphical_gan.evaluate_samples FOLDER --dataset=cifar10 --network=classify_image_graph_def.pb --count=50000
python -m graphical_gan.evaluate_samples --calibrate --network=classify_image_graph_def.pb

The last scores the real training images, of CIFAR10 if no other --dataset is given, beside the published value.
"""

import json
import pathlib

import numpy as np
from absl import flags

import data
from graphical_gan import commands, finished
from graphical_gan.programs import PROGRAMS

WHERE = [
    knob
    for knob in PROGRAMS["gmgan"].recipe.knobs
    if knob.name in ("dataset", "data_dir", "manual_dir", "image_size", "crop")
]
commands.define(WHERE)
NETWORK = flags.DEFINE_string("network", "classifier", "classifier, inception, or a file; see --help")
COUNT = flags.DEFINE_integer("count", None, "samples; 10,000 of a classifier, else 50,000", lower_bound=2)
REFERENCE = flags.DEFINE_enum("reference", "train", ["train", "validation", "test"], "split of the real images")
SPLITS = flags.DEFINE_integer("splits", 10, "of the Inception Score", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "of the samples", lower_bound=0)
CACHE = flags.DEFINE_string("cache_dir", None, "statistics of real images; by default ~/.cache/graphical-gan")
CALIBRATE = flags.DEFINE_boolean("calibrate", False, "score the real training images")

KNOWN = {("cifar10", "is_graph2015_bilinear299_50k_10splits"): "11.24 +- 0.10"}  # of real training images


def main(argv: list[str]) -> None:
    with commands.user_errors():
        source = None if CALIBRATE.value else commands.only_argument(argv, "evaluate_samples RUN, EXPORT or FOLDER")
        if CALIBRATE.value and len(argv) > 1:
            raise ValueError(f"--calibrate scores real images, and {argv[1]} is given too. Leave one of them out.")
        settings = _data_settings(source)

    from graphical_gan import fidelity
    from graphical_gan.array_cache import default_cache

    cache = CACHE.value or default_cache()
    with commands.user_errors():
        if source and (source / "settings.json").exists():
            finished.check_finished(source)
        dataset = load(settings, whole=REFERENCE.value == "train")
        network, about = named_network(NETWORK.value, dataset, cache)
        count = COUNT.value or (10_000 if network.name == "classifier" else 50_000)
        protocol = fidelity.Protocol(settings["dataset"], REFERENCE.value, count, SPLITS.value)
        real = getattr(dataset, REFERENCE.value).images
        samples = real if CALIBRATE.value else _samples(source, count)
        scores = fidelity.score(samples, real, network, protocol, cache)
    row = vars(protocol) | {"seed": SEED.value, "source": str(source or "real images")} | about | scores
    if source and (source / "settings.json").exists():
        with open(source / "samples.jsonl", "a") as file:
            file.write(json.dumps(row) + "\n")
    for name, value in (about | scores).items():
        known = KNOWN.get((settings["dataset"], name)) if CALIBRATE.value else None
        shown = f"{value:.4f}" if isinstance(value, float) else value
        print(f"{name:56}{shown}" + (f"  (published: {known})" if known else ""))


def load(settings, whole):
    """The data set of some settings; with its validation images among the training images, if whole."""
    names = ("data_dir", "manual_dir", "image_size", "crop")
    given = {name: settings[name] for name in names}
    return data.load(settings["dataset"], **given, holdout=0 if whole else settings.get("holdout"))


def named_network(name: str, dataset, cache):
    """The network of a --network flag, and what is to be said of it; a classifier is of the data set.

    Raises:
        ValueError: if it can't be had.
    """
    from graphical_gan.classifier import classifier_network
    from graphical_gan.feature_networks import load_network

    if name != "classifier":
        network = load_network(name)
        return network, {"network": network.name, "network_digest": network.digest}
    if dataset.train.labels is None:
        raise ValueError(f"{dataset.name} has no labels for --network=classifier to learn. Give another --network.")
    # Of all training images, whichever split is the reference: one classifier a data set.
    learnt = [
        np.concatenate([getattr(s, n) for s in (dataset.train, dataset.validation)]) for n in ("images", "labels")
    ]
    network, accuracy = classifier_network(*learnt, (dataset.test.images, dataset.test.labels), cache)
    return network, {"network": name, "network_digest": network.digest, "classifier_accuracy": accuracy}


def _data_settings(source):
    given = commands.given(WHERE)
    if source and (source / "settings.json").exists():
        program, settings = finished.settings_of(source, given)
        if program.name != "gmgan":
            raise ValueError(f"{source} is a run on clips; these scores are of images. Name a run of train_gmgan.py.")
        return settings
    if "dataset" not in given and not CALIBRATE.value:
        raise ValueError(f"{source} says nothing of its data. Give the real images with --dataset.")
    return dict.fromkeys(knob.name for knob in WHERE) | {"dataset": "cifar10"} | given


def _samples(source, count):
    if (source / "settings.json").exists():
        return finished.exported_samples(source / "saved_model", count, SEED.value)
    if (source / "saved_model.pb").exists():
        return finished.exported_samples(source, count, SEED.value)
    return finished.folder_of_images(pathlib.Path(source))


if __name__ == "__main__":
    commands.run(main)
