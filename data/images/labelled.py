"""Which training images come with their label, where only some do."""

import numpy as np


def labelled_rows(labels: np.ndarray | None, count: int | None, seed: int) -> np.ndarray | None:
    """Choose training images whose label is known: as many of each class as of any other, up to one.

    Use it for semi-supervised learning; which images they are is a function of the seed.

    Args:
        labels: int array [N], of all training images, or None.
        count: number of labelled images, 0 for none.
        seed: int in [0, 2**31), the seed of the run.

    Returns:
        int64 array [count], rows of the training set in random order; None for none.

    Raises:
        ValueError: if there are no labels, or the count does not fit them.
    """
    if not count:
        return None
    if labels is None:
        raise ValueError(
            f"--labels={count}, but the images have no labels: expected a data set with classes. Leave it."
        )
    classes, sizes = np.unique(labels, return_counts=True)
    if not len(classes) <= count <= len(classes) * sizes.min():
        raise ValueError(
            f"--labels={count} does not fit {len(classes)} classes whose smallest has {sizes.min()} training images: "
            f"expected {len(classes)} to {len(classes) * sizes.min()}. Pass another number."
        )
    random = np.random.RandomState(seed)
    members = [random.permutation(np.flatnonzero(labels == c)) for c in random.permutation(classes)]
    single_threaded = [rows[turn] for turn in range(sizes.min()) for rows in members]  # a class after the other
    return random.permutation(single_threaded[:count])
