"""A data set of variables in memory, and its endless minibatches."""

import dataclasses

import tensorflow as tf

from graphical_gan.data.images.dataset import check_minibatches, gathered, shuffled_rows, single_threaded
from graphical_gan.data.splits import InParts
from graphical_gan.data.variables import Rows


@dataclasses.dataclass(frozen=True, eq=False)
class VariablesDataset(InParts):
    """A data set of variables in memory. Made by `data.load_variables`.

    Attributes:
        splits: the `Rows` "train", "validation" and "test".
    """

    splits: dict[str, Rows]

    def minibatches(self, batch_size: int, seed: int, start: int = 0) -> tf.data.Dataset:
        """Draw training minibatches for ever, as `images.dataset.Dataset.minibatches`.

        Args:
            batch_size: number of examples B in a minibatch, at most the number of training examples.
            seed: int in [0, 2**31), the seed of the run.
            start: number n of the first element.

        Returns:
            An infinite `tf.data.Dataset` of dictionaries by name of the variable, float32 [B, ...].

        Raises:
            ValueError: if the batch size, the seed or the start is out of range.
        """
        check_minibatches(batch_size, len(self.train), seed, start)
        rows = shuffled_rows(len(self.train), batch_size, seed, start)
        values = self.train.values
        drawn = rows.map(lambda i: {name: gathered(array, i) for name, array in values.items()})
        return drawn.with_options(single_threaded())
