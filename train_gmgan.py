"""Trains GMGAN, which clusters images without labels, or one of its baselines (the paper, sections 3 and 5.1).

    python train_gmgan.py                                  embedded digits, no download, minutes on a CPU
    python train_gmgan.py --dataset=cifar10 --K=30
    python train_gmgan.py --dataset=folder --manual_dir=my_images --K=20

The same command goes on where a run stopped. --dry_run shows what would be trained.
"""

from graphical_gan import train
from graphical_gan.runs.programs import GMGAN


def main():
    """The command, for the console script of an installation."""
    train.main(GMGAN)


if __name__ == "__main__":
    main()
