"""Scores of a finished or interrupted run on its test set: `python -m graphical_gan.evaluate RUN`.

A table on the screen, and `results.json` in the run folder; `results-validation.json` with --split=validation.
"""

from absl import flags

from graphical_gan import commands, finished
from graphical_gan.programs import PROGRAMS

WHERE = [knob for knob in PROGRAMS["gmgan"].recipe.knobs if knob.name in ("data_dir", "manual_dir")]
commands.define(WHERE)
SPLIT = flags.DEFINE_enum("split", "test", ["test", "validation"], "which examples")


def main(argv: list[str]) -> None:
    with commands.user_errors():
        path = commands.only_argument(argv, "evaluate RUN")
        program, settings = finished.settings_of(path, commands.given(WHERE))

    from graphical_gan import words
    from graphical_gan.files import write_json

    with commands.user_errors():
        run, _, study = finished.open_run(path, program, settings)
    scores = run.score(study, SPLIT.value)
    name = "results.json" if SPLIT.value == "test" else f"results-{SPLIT.value}.json"
    write_json(path / name, run.protocol(SPLIT.value) | scores)
    print(f"{path}, {SPLIT.value}, step {run.step}\n{words.table(scores)}")


if __name__ == "__main__":
    commands.run(main)
