"""Trains GMGAN, which clusters images without labels, or one of its baselines (the paper, sections 3 and 5.1).

    python train_gmgan.py                                  embedded digits, no download, minutes on a CPU
    python train_gmgan.py --dataset=cifar10 --K=30
    python train_gmgan.py --dataset=folder --manual_dir=my_images --K=20

The same command goes on where a run stopped. --dry_run shows what would be trained.
"""

import pathlib
import sys

from absl import flags

import data
from graphical_gan import commands, recipes

commands.define(recipes.KNOBS)
DRY_RUN = flags.DEFINE_boolean("dry_run", False, "print settings, graphs, factors and parameter counts, and stop")


def main(argv: list[str]) -> None:
    with commands.user_errors():
        if argv[1:]:
            raise ValueError(f"{' '.join(argv[1:])!r} is not a flag; values are given as --name=value. See --help.")
        settings = recipes.resolve(commands.given(recipes.KNOBS))
        about = data.describe(settings["dataset"], **{n: settings[n] for n in ("manual_dir", "image_size", "holdout")})
        recipes.check_size(settings, about.training_examples)
        print(recipes.flag_lines(settings))

    from graphical_gan import experiment, gmgan, report, run_folder

    with commands.user_errors():
        path = pathlib.Path(settings["run_dir"] or run_folder.default_path(settings))
        if DRY_RUN.value:
            game = experiment.Experiment(settings, gmgan.from_settings, about.image_shape, about.value_range).game
            print(report.description(game))
            return
        dataset = data.load(settings["dataset"], **{name: settings[name] for name in recipes.DATA_KNOBS})
        recipes.check_size(settings, len(dataset.train))
        folder = run_folder.RunFolder(path, settings)
        run = experiment.Experiment(settings, gmgan.from_settings, dataset.image_shape, dataset.value_range)

    print(f"Run folder: {path}\n\n{report.description(run.game)}\n")
    run.introduce(folder)
    try:
        run.train(dataset, folder)
    except KeyboardInterrupt:
        print(f"Stopped at step {run.step}, which is saved. The same command goes on.", file=sys.stderr)
        sys.exit(130)
    except FloatingPointError as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
        sys.exit(1)
    print(report.table(run.finish(dataset, folder)))
    print(f"\nPictures, curves and the SavedModel are in {path}")


if __name__ == "__main__":
    commands.run(main)
