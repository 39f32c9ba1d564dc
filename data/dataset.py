"""What the data sets of images, of clips and of variables share: their parts, and endless minibatches."""

import dataclasses
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from graphical_gan.common.array_cache import digest_of
from graphical_gan.common.scaling import Scaling

_DARK = 8  # of 255, below which a value can't be told from black


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """A data set in memory. A subclass says what a minibatch holds.

    Attributes:
        splits: "train", "validation" and "test", with a length and `contents` each, such as `splits.Split`s.
    """

    splits: Mapping[str, Any]

    @property
    def train(self) -> Any:
        """What minibatches are drawn from."""
        return self.splits["train"]

    @property
    def validation(self) -> Any:
        """What a run is watched with; it may be empty."""
        return self.splits["validation"]

    @property
    def test(self) -> Any:
        """What the final numbers are of."""
        return self.splits["test"]

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What the data is known by: its pixels and labels in their order, whatever its files are called.

        The number of examples of each split, and the "digest" of all of them.
        """
        chunks = (chunk for part in self.splits.values() for chunk in part.contents())
        return {name: len(part) for name, part in self.splits.items()} | {"digest": digest_of(chunks)}

    def minibatches(self, batch_size: int, seed: int, start: int = 0) -> tf.data.Dataset:
        """Draw training minibatches for ever; every epoch is a new order of all training examples.

        Element n is a function of (seed, n) alone, so a run goes on with `start` where it stopped. Batches
        run over the borders of epochs. No more than a few minibatches are ever in memory.

        Args:
            batch_size: number of examples B in a minibatch, at most the number of training examples.
            seed: int in [0, 2**31), the seed of the run.
            start: number n of the first element.

        Returns:
            An infinite `tf.data.Dataset` of dictionaries, see the subclass.

        Raises:
            ValueError: if the batch size, the seed or the start is out of range.
        """
        _check_minibatches(batch_size, len(self.train), seed, start)
        pairs = tf.data.Dataset.zip((tf.data.Dataset.counter(start), self._rows(batch_size, seed, start)))
        # No branch depends on a tensor: to convert what Python does would only take time.
        make = tf.autograph.experimental.do_not_convert(lambda n, rows: self._minibatch(n, rows, seed))
        return pairs.map(make).with_options(_single_threaded())

    def _rows(self, batch_size, seed, start):
        return shuffled_rows(len(self.train), batch_size, seed, start)

    def _minibatch(self, number, rows, seed):
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class PictureDataset(Dataset):
    """A data set of images or of clips.

    Attributes:
        name: the name it was loaded by.
        label_names: the name of each class, or None without labels.
        scaling: the `Scaling` between 8-bit images and a network.
    """

    name: str
    label_names: tuple[str, ...] | None
    scaling: Scaling

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of every image or frame."""
        return self.train.image_shape

    @property
    def value_range(self) -> tuple[float, float]:
        """The lowest and the highest value that a network sees."""
        return self.scaling.low, self.scaling.high

    def to_network(self, images, seed=(0, 0)) -> tf.Tensor:
        """Convert images or frames to what a network sees.

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

    @tf.autograph.experimental.do_not_convert
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


def warn_of_black(name: str, images: Iterable[np.ndarray]) -> None:
    """Tell the user of images that are nearly black, such as masks of 0 and 1, of which a network could not learn much.

    Args:
        images: 8-bit images in parts; the first part that is brighter ends the search.
    """
    highest = 0
    for part in images:
        highest = max(highest, int(part.max(initial=0)))
        if highest >= _DARK:
            return
    print(
        f"Warning: the images of {name} are nearly black, with no value above {highest} of 255; if that is meant to be "
        "white, scale them to 255, or give an array of floats in [0, 1].",
        file=sys.stderr,
    )


def _single_threaded():
    """Options of a `tf.data.Dataset` that calls Python: it does so when it is asked for an element, and in one thread.

    Otherwise a script that still holds an iterator at its end would wait for ever: it waits for a thread that waits for
    Python. Who prefetches has to let go of the iterator before.
    """
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    return options


def _check_minibatches(batch_size, count, seed, start):
    if not 1 <= batch_size <= count:
        raise ValueError(
            f"batch_size={batch_size} does not fit {count} training examples: expected 1 to {count}. "
            "Pass another --batch_size."
        )
    if not 0 <= seed < 2**31:
        raise ValueError(f"seed={seed} is out of range: expected 0 to {2**31 - 1}. Pass another --seed.")
    if start < 0:
        raise ValueError(f"start={start} is out of range: expected the number of a minibatch, 0 or more. Give one.")
