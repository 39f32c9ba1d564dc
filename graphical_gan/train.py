"""What both training commands do: check the flags, then build, train, evaluate and export."""

import pathlib
import sys

from absl import flags

from graphical_gan import commands, knobs
from graphical_gan.programs import Program

DRY_RUN = flags.DEFINE_boolean("dry_run", False, "print settings, graphs, factors and parameter counts, and stop")


def train(program: Program, argv: list[str]) -> None:
    """Trains the instance of a program with the flags that the user gave."""
    with commands.user_errors():
        if argv[1:]:
            raise ValueError(f"{' '.join(argv[1:])!r} is not a flag; values are given as --name=value. See --help.")
        settings = program.recipe.resolve(commands.given(program.recipe.knobs))
        about = program.describe(settings)
        knobs.check_size(settings, about.training_examples, program.sizes)
        print(knobs.flag_lines(settings))

    from graphical_gan import words
    from graphical_gan.experiment import Experiment
    from graphical_gan.run_folder import RunFolder, check_folder, default_path

    build, make_study = program.engine()
    with commands.user_errors():
        path = pathlib.Path(settings["run_dir"] or default_path(settings)).absolute()
        check_folder(path, settings, program.recipe.knobs)
        run = Experiment(settings, build, about)
        if DRY_RUN.value:
            print(words.description(run.game))
            return
        dataset = program.load(settings)
        knobs.check_size(settings, len(dataset.train), program.sizes)
        folder = RunFolder(path, program.name, settings)
        resumed = run.restore(path)

    print(f"Run folder: {path}\n\n{words.description(run.game)}\n")
    if resumed:
        print(f"Goes on from step {run.step}.")
    run.introduce(folder)
    study = make_study(run.game.model, dataset, settings)
    try:
        run.train(study, folder)
    except KeyboardInterrupt:
        print(f"Stopped at step {run.step}, which is saved. The same command goes on.", file=sys.stderr)
        sys.exit(130)
    except FloatingPointError as error:
        print(f"{pathlib.Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        sys.exit(1)
    print(words.table(run.finish(study, folder)))
    print(f"\nPictures, curves and the SavedModel are in {path}")
