"""Scores of a finished or interrupted run on its test set: `python -m graphical_gan.evaluate RUN`.

A table on the screen, and `results.json` in the run folder; `results-validation.json` with --split=validation.
"""

import pathlib

from absl import flags

from graphical_gan import commands, knobs
from graphical_gan.programs import PROGRAMS

WHERE = [knob for knob in PROGRAMS["gmgan"].recipe.knobs if knob.name in ("data_dir", "manual_dir")]
commands.define(WHERE)
SPLIT = flags.DEFINE_enum("split", "test", ["test", "validation"], "which examples")


def main(argv: list[str]) -> None:
    with commands.user_errors():
        if len(argv) != 2:
            raise ValueError(f"{len(argv) - 1} run folders are given; expected one: evaluate RUN. See --help.")
        path = pathlib.Path(argv[1])
        saved = knobs.read_settings(path)
        program = PROGRAMS[saved["program"]]
        saved = {k.name: saved[k.name] for k in program.recipe.knobs if saved.get(k.name) is not None}
        settings = program.recipe.resolve(saved | commands.given(WHERE))

    from graphical_gan import words
    from graphical_gan.experiment import Experiment
    from graphical_gan.run_folder import write_json

    build, make_study = program.engine()
    with commands.user_errors():
        run = Experiment(settings, build, program.describe(settings))
        if not run.restore(path):
            raise ValueError(f"{path} has no checkpoint yet. Train for --save_every steps first.")
        dataset = program.load(settings)
    scores = run.score(make_study(run.game.model, dataset, settings), SPLIT.value)
    name = "results.json" if SPLIT.value == "test" else f"results-{SPLIT.value}.json"
    write_json(path / name, run.protocol(SPLIT.value) | scores)
    print(f"{path}, {SPLIT.value}, step {run.step}\n{words.table(scores)}")


if __name__ == "__main__":
    commands.run(main)
