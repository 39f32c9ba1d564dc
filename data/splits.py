"""The bundles that data travels in before there is a data set, and how it is divided."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

LEAST, LEAST_CLIPS = 10, 3  # examples of a user: fewer images have no whole tenth, fewer clips leave a part empty


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

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, C) of every image, or (D,)."""
        return self.images.shape[1:]


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """Images as they are stored: a validation set is still to be taken from the end of `pool`.

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

    @classmethod
    def of(cls, examples: Split, known: Any) -> "Source":
        """Divides examples that are already in a random order, by their `Description`: the first are for the test."""
        tested = known.test_examples
        return cls(examples[tested:], examples[:tested], known.label_names, known.validation_examples)


def tenths(count: int) -> dict[str, int]:
    """How data of a user is divided where nothing else is asked for: a tenth, at least one, is for each purpose.

    Returns:
        The numbers of a `Description` by their names.
    """
    tenth = max(1, count // 10)
    return {"training_examples": count - 2 * tenth, "validation_examples": tenth, "test_examples": tenth}


def divided(pool: Any, test: Any, holdout: int) -> dict[str, Any]:
    """Take the validation set from the end of the training examples.

    Args:
        pool: `Split` of all training examples, or others that slices can be taken of.

    Returns:
        Dictionary of "train", "validation" and "test"; the first two are views of `pool`.

    Raises:
        ValueError: if nothing is left to train on.
    """
    check_holdout(holdout, len(pool))
    kept = len(pool) - holdout
    return {"train": pool[:kept], "validation": pool[kept:], "test": test}


def check_holdout(holdout: int, pool: int) -> None:
    """Refuse to hold as many examples out as there are to train on."""
    if holdout >= pool:
        raise ValueError(
            f"holdout={holdout} of {pool} training examples leaves none to train on: expected at most {pool - 1}. "
            "Pass a smaller --holdout; 0 trains on all of them."
        )


def check_length(T: int, longest: int | None, where: str) -> None:
    """Refuse a number of frames below 2, or above the most that clips have, None where they are endless.

    Args:
        T: number of frames.
        longest: the most frames that the clips have.
        where: words for the clips in the message.
    """
    if T < 2:
        raise ValueError(
            f"--T={T} is too short for {where}: expected 2 frames or more, as motion takes two. Pass a larger --T."
        )
    if longest is not None and longest < T:
        raise ValueError(f"--T={T} is longer than {where}: expected 2 to {longest} frames. Pass --T={longest} or less.")


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
