"""Scores of a finished or interrupted run on its test set: `python -m graphical_gan.evaluate RUN`.

A table on the screen, and `results.json` in the run folder; `results-validation.json` with --split=validation, and
`results-best.json` with --weights=best. --export=FOLDER writes a SavedModel of these weights.
"""

import pathlib

from absl import flags

from graphical_gan import commands, finished
from graphical_gan.programs import PROGRAMS

WHERE = [knob for knob in PROGRAMS["gmgan"].recipe.knobs if knob.name in ("data_dir", "manual_dir")]
commands.define(WHERE)
WEIGHTS = flags.DEFINE_enum("weights", "last", ["last", "best", "average"], "which weights")
EXPORT = flags.DEFINE_string("export", None, "folder to write a SavedModel of these weights to")
SPLIT = flags.DEFINE_enum("split", "test", ["test", "validation"], "which examples")


def main(argv: list[str]) -> None:
    with commands.user_errors():
        path = commands.only_argument(argv, "evaluate RUN")
        program, settings = finished.settings_of(path, commands.given(WHERE))

    from graphical_gan import words
    from graphical_gan.files import write_json
    from graphical_gan.weights import using

    kind, split = WEIGHTS.value, SPLIT.value
    with commands.user_errors():
        run, _, study = finished.open_run(path, program, settings)
        with using(run, kind, path):
            results = run.results(study, kind, split)
            if EXPORT.value:
                study.export(pathlib.Path(EXPORT.value))
    names = ["results", *[n for n in (kind, split) if n not in ("last", "test")]]
    write_json(path / f"{'-'.join(names)}.json", results)
    print(f"{path}, {kind} weights, {split}, step {results['step']}\n{words.table(results)}")


if __name__ == "__main__":
    commands.run(main)
