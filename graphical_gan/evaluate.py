"""Scores of a finished or interrupted run on its test set: `python -m graphical_gan.evaluate RUN`.

A table on the screen, and `results.json` in the run folder.
"""

import pathlib

from absl import flags

import data
from graphical_gan import commands, recipes

WHERE = ("data_dir", "manual_dir")
commands.define(knob for knob in recipes.KNOBS if knob.name in WHERE)
SPLIT = flags.DEFINE_enum("split", "test", ["test", "validation"], "which images")


def main(argv: list[str]) -> None:
    with commands.user_errors():
        if len(argv) != 2:
            raise ValueError(f"{len(argv) - 1} run folders are given; expected one: evaluate RUN. See --help.")
        path = pathlib.Path(argv[1])
        settings = recipes.read_settings(path) | commands.given(k for k in recipes.KNOBS if k.name in WHERE)

    from graphical_gan import experiment, gmgan, report, run_folder

    with commands.user_errors():
        dataset = data.load(settings["dataset"], **{n: settings[n] for n in recipes.DATA_KNOBS})
        run = experiment.Experiment(settings, gmgan.from_settings, dataset.image_shape, dataset.value_range)
        if not run.restore(path):
            raise ValueError(f"{path} has no checkpoint yet. Train for --save_every steps first.")
    scores = run.score(dataset, SPLIT.value)
    run_folder.write_json(path / "results.json", run.protocol(SPLIT.value) | scores)
    print(f"{path}, {SPLIT.value}, step {run.step}\n{report.table(scores)}")


if __name__ == "__main__":
    commands.run(main)
