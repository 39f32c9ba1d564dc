"""Small pictures that bounce inside a black square, as the digits of Moving MNIST do."""

import dataclasses
from collections.abc import Iterator

import numpy as np

STEP = 0.1  # of the free range, a frame


@dataclasses.dataclass(frozen=True, eq=False)
class Bouncing:
    """Contents that are put on a path; the path is drawn anew whenever a clip is made.

    Attributes:
        images: uint8 array [N, h, w, C] in [0, 255], on black.
        side: height and width S of a frame, more than h and w.
    """

    images: np.ndarray
    side: int

    length = None  # a path has no end
    transferable = True  # every content can take every path

    def __len__(self) -> int:
        return len(self.images)

    def contents(self) -> Iterator[np.ndarray]:
        """The contents that move."""
        yield self.images

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(S, S, C) of every frame."""
        return self.side, self.side, self.images.shape[-1]

    def motions(self, random: np.random.RandomState, rows: np.ndarray, T: int) -> np.ndarray:
        """Draw a path for each clip.

        Args:
            random: `np.random.RandomState`; the paths of the first rows do not depend on how many follow.
            rows: int array [n], the contents; only their number matters.
            T: number of frames.

        Returns:
            float64 array [n, T, 2], row and column of the content's upper left corner in pixels, before they are
            truncated to whole ones: [0, S - h] and [0, S - w].
        """
        start_and_angle = random.random_sample((len(rows), 3))
        free = np.subtract(self.side, self.images.shape[1:3])
        return path(start_and_angle[:, :2], 2 * np.pi * start_and_angle[:, 2], T) * free

    def film(self, rows: np.ndarray, motions: np.ndarray) -> np.ndarray:
        """Move contents along paths.

        Args:
            rows: int array [n], the contents.
            motions: float array [n, T, 2], as `motions` returns it.

        Returns:
            uint8 array [n, T, S, S, C] in [0, 255].
        """
        clips = np.zeros((*motions.shape[:2], *self.image_shape), np.uint8)
        height, width = self.images.shape[1:3]
        places = np.lib.stride_tricks.sliding_window_view(clips, (height, width), axis=(2, 3), writeable=True)
        clip, frame = np.ogrid[: motions.shape[0], : motions.shape[1]]
        corners = motions.astype(np.intp)  # truncates
        # The maximum of a content and black is the content.
        places[clip, frame, corners[..., 0], corners[..., 1]] = np.moveaxis(self.images[rows], -1, 1)[:, np.newaxis]
        return clips


def path(start: np.ndarray, angle: np.ndarray, T: int) -> np.ndarray:
    """Walk through the unit square and bounce off its sides.

    The first frame is already one step after the start. After each step the position is clamped to the
    square, and a component that lies on a side turns round.

    Args:
        start: float array [n, 2] in [0, 1].
        angle: float array [n], the direction in radians.
        T: number of frames.

    Returns:
        float64 array [n, T, 2] in [0, 1].
    """
    position = start
    velocity = STEP * np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    positions = np.empty((len(start), T, 2))
    for frame in range(T):
        position = np.clip(position + velocity, 0.0, 1.0)
        velocity = np.where((position <= 0) | (position >= 1), -velocity, velocity)
        positions[:, frame] = position
    return positions
