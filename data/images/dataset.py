"""A data set in memory, and its endless minibatches."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from graphical_gan.common.scaling import Scaling
from graphical_gan.data.splits import Split, fingerprint

_NOISE = 0x6E6F6973  # the purpose that the seeds of dequantisation noise are folded with


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory. Made by `data.load`.

    Attributes:
        name: the name it was loaded by.
        train: `Split` that minibatches are drawn from.
        validation: `Split` to watch a run with; it may be empty.
        test: `Split` for the final numbers.
        label_names: the name of each class, or None without labels.
        scaling: the `Scaling` between 8-bit images and a network.
        labelled: int array, rows of `train` whose label minibatches hold, or None.
        label_variable: the name that it has there.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    label_names: tuple[str, ...] | None
    scaling: Scaling
    labelled: np.ndarray | None = None
    label_variable: str = "k"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of every image."""
        return self.train.images.shape[1:]

    @property
    def fingerprint(self) -> dict[str, Any]:
        """See `data.splits.fingerprint`."""
        return fingerprint({"train": self.train, "validation": self.validation, "test": self.test})

    @property
    def value_range(self) -> tuple[float, float]:
        """The lowest and the highest value that a network sees."""
        return self.scaling.low, self.scaling.high

    def to_network(self, images, seed=(0, 0)) -> tf.Tensor:
        """Convert images to what a network sees.

        Use it wherever stored images enter a network, in training and at test.

        Args:
            images: uint8 array or tensor [..., H, W, C] in [0, 255].
            seed: int32 [2], the state of the dequantisation noise that celeb_a gets, also at test; the other data sets
                get none. Noise depends on an image's place in `images`: convert a whole test set in one go.

        Returns:
            float32 tensor [..., H, W, C] in `value_range`.
        """
        return self.scaling.to_network(images, seed)

    def from_network(self, images) -> tf.Tensor:
        """Convert what a network sees or draws to values for pictures and for errors per pixel.

        Args:
            images: float array or tensor [..., H, W, C] in `value_range`; values outside are clipped.

        Returns:
            float32 tensor [..., H, W, C] in [0, 1].
        """
        return self.scaling.from_network(images)

    def minibatches(self, batch_size: int, seed: int, start: int = 0) -> tf.data.Dataset:
        """Draw training minibatches for ever; every epoch is a new order of all training images.

        Element n is a function of (seed, n) alone, so a run goes on with `start` where it stopped. Batches
        run over the borders of epochs.

        Args:
            batch_size: number of images B in a minibatch, at most the number of training images.
            seed: int in [0, 2**31), the seed of the run.
            start: number n of the first element.

        Returns:
            An infinite `tf.data.Dataset` of dictionaries: "x", float32 [B, H, W, C] in `value_range`, and "y", int32
            [B], where there are labels. With `labelled` a tenth of them, the first rows, are labelled images in a
            random order of their own, and there is "k", or another `label_variable`, float32 [B, classes]: one-hot
            where the label is known, NaN elsewhere.

        Raises:
            ValueError: if the batch size, the seed or the start is out of range.
        """
        check_minibatches(batch_size, len(self.train), seed, start)
        rows = self._rows(batch_size, seed, start)
        numbers = tf.data.Dataset.counter(start)
        pairs = tf.data.Dataset.zip((numbers, rows))
        return pairs.map(lambda n, rows: self._minibatch(n, rows, seed)).with_options(single_threaded())

    def _rows(self, batch_size, seed, start):
        known = 0 if self.labelled is None else _known_rows(batch_size, len(self.labelled))
        rows = shuffled_rows(len(self.train), batch_size - known, seed, start)
        if not known:
            return rows
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


def _known_rows(batch_size, labelled):
    """How many rows of a minibatch are drawn from the labelled images alone: a tenth."""
    return min(max(1, batch_size // 10), labelled)


def shuffled_rows(count: int, batch_size: int, seed: int, start: int) -> tf.data.Dataset:
    """Draw the rows of each minibatch: one permutation an epoch, strung together and cut into batches.

    Args:
        count: number of training examples N.
        batch_size: number of examples B in a minibatch.
        seed: int in [0, 2**31), the seed of the run.
        start: number of the first minibatch.

    Returns:
        An infinite `tf.data.Dataset` of int32 [B] in [0, N).
    """
    first_epoch, done = divmod(start * batch_size, count)

    def epoch_rows(epoch):
        # Not `index_shuffle`, which holds no list: its permutations of 50,000 rows correlate by up to 0.75.
        order = tf.random.experimental.stateless_shuffle(tf.range(count), tf.stack([tf.cast(seed, tf.int64), epoch]))
        return tf.data.Dataset.from_tensor_slices(order)

    epochs = tf.data.Dataset.counter(first_epoch)
    return epochs.flat_map(epoch_rows).skip(done).batch(batch_size, drop_remainder=True)


def gathered(array: np.ndarray, rows: tf.Tensor) -> tf.Tensor:
    """Rows of an array of a data set, inside of a `tf.data.Dataset`."""
    # numpy gathers, because a tensor of the images would be one or two copies of them (celeb_a: 2.4 GB each).
    picked = tf.numpy_function(array.__getitem__, [rows], array.dtype, stateful=False)
    return tf.ensure_shape(picked, [rows.shape[0], *array.shape[1:]])


def single_threaded() -> tf.data.Options:
    """Options of a `tf.data.Dataset` that calls Python: it does so when it is asked for an element, and in one thread.

    Otherwise a script that still holds an iterator at its end would wait for ever: it waits for a thread that waits for
    Python. Who prefetches has to let go of the iterator before.
    """
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    return options


def check_minibatches(batch_size: int, count: int, seed: int, start: int) -> None:
    """Refuse minibatches that can't be drawn.

    Args:
        batch_size: number of examples in a minibatch.
        count: number of training examples.
        seed: the seed of the run.
        start: number of the first minibatch.

    Raises:
        ValueError: if one of them is out of range.
    """
    if not 1 <= batch_size <= count:
        raise ValueError(
            f"batch_size={batch_size} does not fit {count} training examples: expected 1 to {count}. "
            "Pass another --batch_size."
        )
    if not 0 <= seed < 2**31:
        raise ValueError(f"seed={seed} is out of range: expected 0 to {2**31 - 1}. Pass another --seed.")
    if start < 0:
        raise ValueError(f"start={start} is out of range: expected the number of a minibatch, 0 or more. Give one.")
