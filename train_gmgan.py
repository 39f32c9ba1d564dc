"""Trains GMGAN, which clusters images without labels, or one of its baselines (the paper, sections 3 and 5.1).

    python train_gmgan.py                                  embedded digits, no download, minutes on a CPU
    python train_gmgan.py --dataset=cifar10 --K=30
    python train_gmgan.py --dataset=folder --manual_dir=my_images --K=20

The same command goes on where a run stopped. --dry_run shows what would be trained.
"""

from graphical_gan.runs import programs
from graphical_gan.settings import command_line
from graphical_gan.train import train

command_line.define(programs.GMGAN.recipe.knobs)


def main():
    """The command, for the console script of an installation."""
    command_line.run(lambda argv: train(programs.GMGAN, argv))


if __name__ == "__main__":
    main()
