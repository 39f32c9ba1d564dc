"""The bundles that images travel in, before there is a `Dataset`."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from graphical_gan.common.array_cache import digest_of


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Some images of a data set.

    Attributes:
        images: uint8 array [N, H, W, C] in [0, 255]; or the rows of a table, float32 [N, D].
        labels: int32 array [N], or None.
    """

    images: np.ndarray
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows):
        return Split(self.images[rows], None if self.labels is None else self.labels[rows])

    def contents(self) -> Iterator[np.ndarray]:
        """All that it holds, as contiguous arrays."""
        yield from (self.images,) if self.labels is None else (self.images, self.labels)


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """A data set as it is stored: a validation set is still to be taken from the end of `pool`.

    Attributes:
        pool: `Split` of all the training images.
        test: `Split` of the test images.
        label_names: the name of each class, or None.
        holdout: how many of the pool are held out for validation by default.
    """

    pool: Split
    test: Split
    label_names: tuple[str, ...] | None
    holdout: int


def fingerprint(splits: Mapping[str, Any]) -> dict[str, Any]:
    """What data is known by: its pixels and labels in their order, whatever its files are called and wherever they lie.

    Args:
        splits: of a data set, by name.

    Returns:
        The number of examples of each split, and the "digest" of all of them.
    """
    chunks = (chunk for part in splits.values() for chunk in part.contents())
    return {name: len(part) for name, part in splits.items()} | {"digest": digest_of(chunks)}


class InParts:
    """A data set whose parts are the `splits` "train", "validation" and "test"; a subclass has them as an attribute."""

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
        """See `splits.fingerprint`."""
        return fingerprint(self.splits)


def hold_out(pool: Split, holdout: int) -> tuple[Split, Split]:
    """Split the end of the training images off for validation.

    Args:
        pool: `Split` of N images.
        holdout: number of validation images, 0 to N - 1.

    Returns:
        The `Split`s for training and for validation, views of `pool`.

    Raises:
        ValueError: if nothing is left to train on.
    """
    check_holdout(holdout, len(pool))
    kept = len(pool) - holdout
    return pool[:kept], pool[kept:]


def check_holdout(holdout: int, pool: int) -> None:
    """Refuse a validation set that leaves nothing to train on.

    Args:
        holdout: number of validation examples.
        pool: number of training examples that they are taken from.

    Raises:
        ValueError: if `holdout` is not below `pool`.
    """
    if holdout >= pool:
        raise ValueError(
            f"holdout={holdout} of {pool} training examples leaves none to train on: expected at most {pool - 1}. "
            "Pass a smaller --holdout; 0 trains on all of them."
        )


def random_parts(count: int, tested: int, holdout: int) -> dict[str, np.ndarray]:
    """Divide a data set by its one random order.

    Args:
        count: number of examples N.
        tested: how many of them are for the test.
        holdout: how many of the others are for validation.

    Returns:
        Dictionary of rows, int64, by part: "test" is the first of the order, then come "validation" and "train".

    Raises:
        ValueError: if nothing is left to train on.
    """
    check_holdout(holdout, count - tested)
    parts = np.split(fixed_order(count), [tested, tested + holdout])
    return dict(zip(("test", "validation", "train"), parts, strict=True))


def fixed_order(count: int) -> np.ndarray:
    """Draw the one random order that a data set of this size is split by.

    Args:
        count: number of images N.

    Returns:
        int64 array [N], a permutation that is the same in every run and on every machine.
    """
    # RandomState, not default_rng: numpy promises the stream of the former for ever.
    return np.random.RandomState(1).permutation(count)
