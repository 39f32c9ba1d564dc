"""Inception Score, FID and KID of what a model draws, or of a folder of images.

python -m graphical_gan.evaluate_samples RUN
python -m graphical_gan.evaluate_samples EXPORT --dataset=mnist
python -m graphical_gan.evaluate_samples FOLDER --dataset=cifar10 --network=classify_image_graph_def.pb --count=50000
python -m graphical_gan.evaluate_samples --calibrate --network=classify_image_graph_def.pb

The last scores the real training images, of CIFAR10 if no other --dataset is given, beside the published value.
"""

import json

from absl import flags

from graphical_gan.common.files import append_rows
from graphical_gan.common.phase import phase
from graphical_gan.data.images.folder import read_as_they_are
from graphical_gan.fidelity.scoring import REFERENCES, SampleScoring
from graphical_gan.runs import reopen
from graphical_gan.runs.programs import GMGAN
from graphical_gan.settings import command_line, knobs

WHERE = [k for k in GMGAN.recipe.knobs if k.name in ("dataset", "image_size", "crop")] + [*reopen.WHERE]
command_line.define(WHERE)
NETWORK = flags.DEFINE_string(
    "network",
    "classifier",
    "features: of a classifier that is trained here, of inception, or of a file with the graph of 2015",
)
COUNT = flags.DEFINE_integer(
    "count", None, "number of samples; by default 10,000 for a classifier, else 50,000; of a folder, all", lower_bound=2
)
REFERENCE = flags.DEFINE_enum("reference", "train", REFERENCES, "real images that samples are compared with")
SPLITS = flags.DEFINE_integer("splits", 10, "number of parts whose mean is the Inception Score", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "seed of the samples", lower_bound=0, upper_bound=2**31 - 1)
CACHE = command_line.define_path(
    "cache_dir", None, "folder of classifiers and statistics; by default ~/.cache/graphical-gan"
)
CALIBRATE = flags.DEFINE_boolean("calibrate", False, "score the real training images in place of samples")

KNOWN = {("cifar10", "is_graph2015_bilinear299_50k_10splits"): "11.24"}  # Salimans et al. 2016, Table 3


def main(argv: list[str]) -> None:
    with command_line.user_errors():
        source = None if CALIBRATE.value else command_line.only_argument(argv, "evaluate_samples RUN, EXPORT or FOLDER")
        if CALIBRATE.value and len(argv) > 1:
            raise ValueError(f"--calibrate scores real images, and {argv[1]} is given too. Leave one of them out.")
        is_run = source and (source / "settings.json").exists()
        settings = _settings(source, is_run)
        of_run = _of_run(source, settings) if is_run else {}

    command_line.load_tensorflow()
    with command_line.user_errors():
        scoring = SampleScoring(GMGAN, settings, NETWORK.value, COUNT.value, REFERENCE.value, SPLITS.value, CACHE.value)
        scoring.check()
        with phase("Takes the samples"):
            samples = _samples(source, is_run, scoring)
        with phase("Scores them"):
            scores = scoring.score(samples)
            if is_run and settings["batch_norm"]:
                by_batch = reopen.samples_by_batch(source, command_line.given(reopen.WHERE), scoring.count, SEED.value)
                scores |= scoring.score_by_batch(by_batch)
    row = of_run | scoring.about | {"sample_seed": SEED.value, "source": str(source or "real images")} | scores
    column = max(map(len, row)) + 2
    for name, value in row.items():
        known = KNOWN.get((settings["dataset"], name)) if CALIBRATE.value else None
        shown = f"{value:.4f}" if isinstance(value, float) else value
        print(f"{name:{column}}{shown}" + (f"  (published: {known})" if known else ""))
    if is_run:
        append_rows(source / "samples.jsonl", [json.dumps(row)])


def _settings(source, is_run):
    given = command_line.given(WHERE)
    if is_run:
        program, settings = reopen.settings_of(source, given)
        if program.figures is not GMGAN.figures:
            raise ValueError(f"{source} is a run on clips; these scores are of images. Name a run of train_gmgan.py.")
        return settings
    if "dataset" not in given and not CALIBRATE.value:
        raise ValueError(f"{source} says nothing of its data. Give the real images with --dataset.")
    return GMGAN.recipe.resolve({"dataset": "cifar10"} | given)


def _of_run(path, settings):
    """What belongs beside every number of a run that has finished; its export is of the last weights."""
    reopen.check_finished(path)
    last = reopen.results_of(path)["last"]
    return {"step": last["step"], "version": last["version"]} | knobs.key_settings(settings)


def _samples(source, is_run, scoring):
    if source is None:
        return scoring.real
    export = source / "saved_model" if is_run else source
    if (export / "saved_model.pb").exists():
        return reopen.exported_samples(export, scoring.count, SEED.value)
    return read_as_they_are(source, scoring.real.shape[-1])


if __name__ == "__main__":
    command_line.run(main)
