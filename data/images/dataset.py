"""A data set of images, some of which may come with a known label."""

import dataclasses

import numpy as np
import tensorflow as tf

from graphical_gan.common.choices import resolved
from graphical_gan.data.catalogue import DESCRIPTIONS
from graphical_gan.data.dataset import PictureDataset, gathered, shuffled_rows, warn_of_black
from graphical_gan.data.splits import Source, divided

_PART = 1_000  # images that are looked at in one go
_NOISE = 0x6E6F6973  # the purpose that the seeds of dequantisation noise are folded with


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class ImageDataset(PictureDataset):
    """A data set of images, or of vectors. Made by `data.load`; its splits are `splits.Split`s.

    Minibatches hold "x", float32 [B, H, W, C] in `value_range`, and "y", int32 [B], where there are labels. With
    `labelled` a tenth of them, the first rows, are labelled images in a random order of their own, and there is "k", or
    another `label_variable`, float32 [B, classes]: one-hot where the label is known, NaN elsewhere.

    Attributes:
        labelled: int array, rows of `train` whose label minibatches hold, or None.
        label_variable: the name that it has there.
    """

    labelled: np.ndarray | None = None
    label_variable: str = "k"

    def _rows(self, batch_size, seed, start):
        if self.labelled is None:
            return super()._rows(batch_size, seed, start)
        known = min(max(1, batch_size // 10), len(self.labelled))
        rows = shuffled_rows(len(self.train), batch_size - known, seed, start)
        labelled = shuffled_rows(len(self.labelled), known, seed, start).map(lambda i: tf.gather(self.labelled, i))
        pairs = tf.data.Dataset.zip((labelled, rows))
        return pairs.map(lambda a, b: tf.ensure_shape(tf.concat([a, tf.cast(b, a.dtype)], 0), [batch_size]))

    def _minibatch(self, number, rows, seed):
        noise_seed = tf.random.fold_in(tf.stack([tf.cast(seed, tf.int32), tf.cast(number, tf.int32)]), _NOISE)
        batch = {"x": self.to_network(gathered(self.train.images, rows), noise_seed)}
        if self.train.labels is not None:
            batch["y"] = gathered(self.train.labels, rows)
        if self.labelled is not None:
            is_known = tf.reduce_any(rows[:, None] == self.labelled, 1)[:, None]
            batch[self.label_variable] = tf.where(is_known, tf.one_hot(batch["y"], len(self.label_names)), np.nan)
        return batch


def dataset_of(
    name: str, source: Source, holdout: int | None, labels: int | None = None, seed: int = 0, labelled: str = "k"
) -> ImageDataset:
    """A data set as it is trained on.

    Args:
        holdout: number of validation images, None for its own.
        labels, seed, labelled: see `data.load`.

    Raises:
        ValueError: if nothing is left to train on, or the labels don't fit.
    """
    splits = divided(source.pool, source.test, source.holdout if holdout is None else holdout)
    train, scaling = splits["train"], resolved(DESCRIPTIONS[name].scaling)
    if train.images.dtype == np.uint8:  # else a table
        warn_of_black(name, (train.images[row : row + _PART] for row in range(0, len(train), _PART)))
    return ImageDataset(
        name=name,
        splits=splits,
        label_names=source.label_names,
        scaling=scaling(train.images) if callable(scaling) else scaling,
        labelled=labelled_rows(train.labels, labels, seed),
        label_variable=labelled,
    )


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
    in_turn = [rows[turn] for turn in range(sizes.min()) for rows in members]  # a class after the other
    return random.permutation(in_turn[:count])
