"""Classifiers that see the labelled images alone, which semi-supervised GMGAN has to beat.

    python -m benchmarks.labels [mnist DATA_DIR]

Test errors over three seeds, each with the 100 training images that `--labels=100 --seed=SEED` picks.
"""

import argparse

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from graphical_gan import data

CLASSIFIERS = {
    "nearest neighbour": KNeighborsClassifier(1),
    "logistic regression": LogisticRegression(max_iter=2000),
    "support vectors, radial kernel": SVC(C=10),
}
LABELS, SEEDS = 100, (0, 1, 2)


def pixels(split, rows=slice(None)):
    """Images as vectors [N, H*W*C] in [0, 1], and their labels."""
    return split.images[rows].reshape(len(split.images[rows]), -1) / 255, split.labels[rows]


def main() -> None:
    """Prints a line a classifier."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", nargs="?", default="digits")
    parser.add_argument("data_dir", nargs="?", help="where tensorflow-datasets keeps it")
    chosen = parser.parse_args()
    sets = [data.load(chosen.dataset, data_dir=chosen.data_dir, labels=LABELS, seed=seed) for seed in SEEDS]
    for title, classifier in CLASSIFIERS.items():
        errors = [1 - classifier.fit(*pixels(d.train, d.labelled)).score(*pixels(d.test)) for d in sets]
        print(f"{title}: {', '.join(f'{e:.3f}' for e in errors)}, mean {np.mean(errors):.3f}")


if __name__ == "__main__":
    main()
