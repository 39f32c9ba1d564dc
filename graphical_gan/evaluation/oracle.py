"""Numbers for clips of one digit that bounces, where the paper has pictures: identity, straightness and speed.

The same numbers on real clips say what the best value is. Positions are centres of mass, in pixels.
"""

import numpy as np
from sklearn.svm import SVC

WINDOW = 5  # frames that a path is straight over, short enough for most windows to hold no bounce
DOUBTED = 0.05  # of real digits: a frame on which the classifier is no surer than on these shows no digit
NO_DIGIT = -1


class Oracle:
    """Judges clips of a moving digit with a classifier that was trained on real frames.

    Args:
        frames: [N, H, W, 1] in [0, 1], real frames, best of as many digits.
        labels: [N], their classes, three or more.
        others: [M, H, W, 1], real frames of other digits, which say how sure the classifier is of a digit.
        patch: height and width of the crop around the centre of mass.
    """

    def __init__(self, frames: np.ndarray, labels: np.ndarray, others: np.ndarray, patch: int):
        self.patch = patch
        self.classifier = SVC().fit(self._crops(frames), labels)
        self.sure = np.quantile(self._decide(others)[1], DOUBTED)
        self.ink = np.mean(frames) / 10

    def accuracy(self, frames: np.ndarray, labels: np.ndarray) -> float:
        """The classifier's own accuracy on other real frames, whether it is sure or not."""
        return float(np.mean(self._decide(frames)[0] == labels))

    def scores(self, clips: np.ndarray) -> dict[str, float]:
        """Scores of clips [N, T, H, W, 1] in [0, 1], real or generated.

        Returns:
            `identity`: share of frames that surely show the digit which most frames of their clip show; `recognised`:
            share of frames that surely show any; `speed`: mean distance that the centre moves in a frame, pixels;
            `bend`: how far it strays from a straight path at constant speed, see `bends`, pixels; `ink`: mean
            brightness.
        """
        classes, paths = self._classes(clips), centres(clips)
        agreement = [np.bincount(c[c != NO_DIGIT]).max(initial=0) / len(c) for c in classes]
        return {
            "identity": float(np.mean(agreement)),
            "recognised": float(np.mean(classes != NO_DIGIT)),
            "speed": float(np.mean(np.linalg.norm(np.diff(paths, axis=1), axis=-1))),
            "bend": float(np.mean(bends(paths))),
            "ink": float(np.mean(clips)),
        }

    def _classes(self, clips):
        """The class of every frame [N, T]; NO_DIGIT without ink, and where the classifier is not sure."""
        frames = clips.reshape(-1, *clips.shape[2:])
        classes, sureness = self._decide(frames)
        digit = (sureness >= self.sure) & (frames.mean((1, 2, 3)) >= self.ink)
        return np.where(digit, classes, NO_DIGIT).reshape(clips.shape[:2])

    def _decide(self, frames):
        """The best class of each frame, and its sureness: against how many classes it wins, and by how much."""
        votes = self.classifier.decision_function(self._crops(frames))
        return self.classifier.classes_[votes.argmax(1)], votes.max(1)

    def _crops(self, frames):
        """[N, H, W, 1] -> [N, patch * patch], around the centres of mass."""
        half = self.patch // 2
        padded = np.pad(frames[..., 0], [(0, 0), (half, half), (half, half)])
        corners = np.rint(centres(frames[:, None])[:, 0]).astype(int)
        rows = corners[:, 0, None] + np.arange(self.patch)
        columns = corners[:, 1, None] + np.arange(self.patch)
        crops = padded[np.arange(len(frames))[:, None, None], rows[:, :, None], columns[:, None, :]]
        return crops.reshape(len(frames), -1)


def centres(clips: np.ndarray) -> np.ndarray:
    """Centres of mass [N, T, 2], row and column in pixels, of clips [N, T, H, W, 1]; the middle of a black frame."""
    frames = clips[..., 0].astype(np.float64) + 1e-9
    mass = frames.sum((2, 3))
    rows = (frames.sum(3) * np.arange(frames.shape[2])).sum(2) / mass
    columns = (frames.sum(2) * np.arange(frames.shape[3])).sum(2) / mass
    return np.stack([rows, columns], -1)


def bends(paths: np.ndarray) -> np.ndarray:
    """How far paths stray from straight ones at constant speed, in pixels: 0 on such a path, and while nothing moves.

    In every window of 5 frames a straight line in t is fitted by least squares; a clip has the median over its windows
    of the root mean square distance from it, so that bounces drop out. Positions in whole pixels alone give about 0.35.

    Args:
        paths: [N, T, 2]; if T is below 5 the window is the whole path, and with T = 2 every path is straight.

    Returns:
        [N].
    """
    size = min(WINDOW, paths.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(paths, size, axis=1)  # [N, windows, 2, size]
    lines = np.vander(np.arange(size), 2)
    residuals = windows @ (np.eye(size) - lines @ np.linalg.pinv(lines))
    return np.median(np.sqrt(np.mean(np.sum(residuals**2, axis=2), axis=2)), axis=1)
