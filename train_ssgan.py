"""Trains SSGAN, which learns clips with a separate content and motion code, or a baseline (the paper, 3 and 5.2).

    python train_ssgan.py                                  embedded moving digits, no download, minutes on a CPU
    python train_ssgan.py --recipe=released                the same, by the settings of the authors' code
    python train_ssgan.py --dataset=moving_mnist --T=16
    python train_ssgan.py --dataset=clips_folder --manual_dir=my_clips --T=16

The same command goes on where a run stopped. --dry_run shows what would be trained.
"""

from graphical_gan import train
from graphical_gan.runs.programs import SSGAN


def main():
    """The command, for the console script of an installation."""
    train.main(SSGAN)


if __name__ == "__main__":
    main()
