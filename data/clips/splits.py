"""The bundles that clips travel in: stored frames, and a split of a data set that makes clips of T frames."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from graphical_gan.data.clips.bouncing import Bouncing
from graphical_gan.data.splits import random_parts, tenths


@dataclasses.dataclass(frozen=True, eq=False)
class Stored:
    """Clips that lie in memory as frames; a shorter clip starts at a frame that is drawn anew each time.

    Attributes:
        frames: uint8 array [F, H, W, C] in [0, 255], the frames of all clips.
        begins: int array [N], where each clip begins in `frames`.
        lengths: int array [N], how many frames each has.
        transferable: True where frame number t shows the same pose in every clip, and the first follows the last: a
            full turn. Then a clip may start at any frame, and every content can take every motion.
        from_first: whether a clip always starts at the first frame.
    """

    frames: np.ndarray
    begins: np.ndarray
    lengths: np.ndarray
    transferable: bool = False
    from_first: bool = False

    def __len__(self) -> int:
        return len(self.begins)

    def __getitem__(self, rows):
        return dataclasses.replace(self, begins=self.begins[rows], lengths=self.lengths[rows])

    def contents(self) -> Iterator[np.ndarray]:
        """The frames of each clip."""
        for begin, length in zip(self.begins, self.lengths, strict=True):
            yield self.frames[begin : begin + length]

    @classmethod
    def of(cls, clips: np.ndarray, **how: bool) -> "Stored":
        """Clips of one length, uint8 [N, T, H, W, C], to be shown as the attributes of these names say."""
        count, length = clips.shape[:2]
        frames = np.ascontiguousarray(clips.reshape(-1, *clips.shape[2:]))
        return cls(frames, length * np.arange(count), np.full(count, length), **how)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of every frame."""
        return self.frames.shape[1:]

    @property
    def length(self) -> int:
        """The most frames that every clip has."""
        return int(self.lengths.min())

    def motions(self, random: np.random.RandomState, rows: np.ndarray, T: int) -> np.ndarray:
        """Draw where each clip starts.

        Args:
            random: `np.random.RandomState`; the starts of the first rows do not depend on how many follow.
            rows: int array [n], the clips.
            T: number of frames, at most the length of each clip.

        Returns:
            int64 array [n, T], which of a clip's own frames to show.
        """
        lengths = self.lengths[rows]
        choices = 1 if self.from_first else lengths if self.transferable else lengths - T + 1
        starts = (random.random_sample(len(rows)) * choices).astype(np.int64)
        return (starts[:, np.newaxis] + np.arange(T)) % lengths[:, np.newaxis]

    def film(self, rows: np.ndarray, motions: np.ndarray) -> np.ndarray:
        """Show frames of clips.

        Args:
            rows: int array [n], the clips.
            motions: int array [n, T], as `motions` returns it.

        Returns:
            uint8 array [n, T, H, W, C] in [0, 255].
        """
        return self.frames[self.begins[rows][:, np.newaxis] + motions]


@dataclasses.dataclass(frozen=True, eq=False)
class ClipSplit:
    """Some clips of a data set.

    Attributes:
        films: what the clips are made from, N contents.
        T: number of frames of a clip.
        labels: int32 array [N], or None.
    """

    films: Bouncing | Stored
    T: int
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.films)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of every frame."""
        return self.films.image_shape

    def contents(self) -> Iterator[np.ndarray]:
        """All that it holds, as contiguous arrays."""
        yield from self.films.contents()
        if self.labels is not None:
            yield self.labels

    def clips(self, rows: np.ndarray, seed: int | Sequence[int]) -> np.ndarray:
        """Make clips, each with a motion of its own: a path, or the frame that it starts at.

        Args:
            rows: int array [n] in [0, N), which contents.
            seed: int, or sequence of ints, in [0, 2**32); the same seed draws the same motions.

        Returns:
            uint8 array [n, T, H, W, C] in [0, 255].
        """
        rows = np.asarray(rows)
        # RandomState, not default_rng: numpy promises the stream of the former for ever.
        return self.films.film(rows, self.films.motions(np.random.RandomState(seed), rows, self.T))


def tenths_of(films: Stored, T: int, holdout: int | None) -> dict[str, ClipSplit]:
    """Divide the clips of a user, in the one order that a data set of this size is split by.

    Args:
        films: all of them.
        T: number of frames of a clip; longer ones start at a frame that is drawn anew each time.
        holdout: number of validation clips; None is a tenth.

    Returns:
        Dictionary of the `ClipSplit`s "train", "validation" and "test".
    """
    tenth = tenths(len(films))["test_examples"]
    parts = random_parts(len(films), tenth, tenth if holdout is None else holdout)
    return {name: ClipSplit(films[rows], T) for name, rows in parts.items()}
