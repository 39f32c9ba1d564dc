"""Scores of a finished or interrupted run on its test set: `python -m graphical_gan.evaluate RUN`.

A table on the screen, and `results.json` in the run folder; `results-validation.json` with --split=validation, and
`results-best.json` with --weights=best. --export=FOLDER writes a SavedModel of these weights.
"""

import pathlib

from absl import flags

from graphical_gan import export, runs
from graphical_gan.common.files import check_place, write_json
from graphical_gan.common.phase import phase
from graphical_gan.runs import reopen
from graphical_gan.settings import command_line

command_line.define(reopen.WHERE)
WEIGHTS = flags.DEFINE_enum(
    "weights", "last", reopen.WEIGHTS, "weights that are scored: the last, the best by --keep_best, or the average"
)
EXPORT = command_line.define_path("export", None, "folder to write a SavedModel of these weights to")
SPLIT = flags.DEFINE_enum("split", "test", ["test", "validation"], "examples that are scored")


def main(argv: list[str]) -> None:
    with command_line.user_errors():
        path = command_line.only_argument(argv, "evaluate RUN")
        program, settings = reopen.settings_of(path, command_line.given(reopen.WHERE))
        if SPLIT.value == "validation" and program.describe(settings).validation_examples == 0:
            raise ValueError(f"--split=validation, but {path} was trained with --holdout=0. Give --split=test.")
        if EXPORT.value:
            check_place(pathlib.Path(EXPORT.value), "--export")

    command_line.load_tensorflow()
    kind, split = WEIGHTS.value, SPLIT.value
    with command_line.user_errors():
        if EXPORT.value:
            export.saving.check_place(pathlib.Path(EXPORT.value))
        steps = runs.weights.kept_steps(path, kind)
        run, _, study = reopen.open_run(path, program, settings)
        with runs.weights.using(run, kind, path):
            with phase(f"Scores {len(getattr(study.dataset, split)):,} examples"):
                results = runs.scoring.results(run, study, path, kind, split)
            print(f"{path}, {kind} weights, {split}, step {results['step']}\n{runs.description.table(results)}")
            runs.weights.check_still(path, kind, steps)
            write_json(reopen.results_file(path, kind, split), results)
            if EXPORT.value:
                study.export(pathlib.Path(EXPORT.value))
                print(f"\nThe SavedModel of these weights is in {EXPORT.value}")


if __name__ == "__main__":
    command_line.run(main)
