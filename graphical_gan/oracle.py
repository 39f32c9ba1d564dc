"""Numbers for clips of one digit that bounces, where the paper has pictures: identity, straightness and speed.

The same numbers on real clips say what the best value is. Positions are centres of mass, in pixels.
"""

import numpy as np
from sklearn.svm import SVC

TRAINING = 2000  # crops that the classifier learns from


class Oracle:
    """Judges clips of a moving digit with a classifier that was trained on frames of the same digits.

    Args:
        clips: [N, T, H, W, 1] in [0, 1], real clips.
        labels: [N], their classes.
        patch: height and width of the crop around the centre of mass.
    """

    def __init__(self, clips: np.ndarray, labels: np.ndarray, patch: int):
        self.patch = patch
        frames = clips.reshape(-1, *clips.shape[2:])[:: max(1, clips.shape[0] * clips.shape[1] // TRAINING)]
        repeated = np.repeat(labels, clips.shape[1])[:: max(1, clips.shape[0] * clips.shape[1] // TRAINING)]
        self.classifier = SVC().fit(self._crops(frames), repeated)

    def accuracy(self, clips: np.ndarray, labels: np.ndarray) -> float:
        """The classifier's own accuracy on frames of other real clips."""
        frames = clips.reshape(-1, *clips.shape[2:])
        return float(np.mean(self.classifier.predict(self._crops(frames)) == np.repeat(labels, clips.shape[1])))

    def scores(self, clips: np.ndarray) -> dict[str, float]:
        """Scores of clips [N, T, H, W, 1] in [0, 1], real or generated.

        Returns:
            `identity`: share of frames of the class that most frames of their clip have; `speed`: mean distance that
            the centre moves in a frame, pixels; `bend`: how much the size of the velocity's components changes from
            one frame to the next, pixels, 0 on a straight path and at a bounce; `ink`: mean brightness.
        """
        predicted = self.classifier.predict(self._crops(clips.reshape(-1, *clips.shape[2:]))).reshape(clips.shape[:2])
        agreement = [np.bincount(classes).max() / len(classes) for classes in predicted]
        velocity = np.diff(centres(clips), axis=1)  # [N, T-1, 2]
        bends = np.linalg.norm(np.diff(np.abs(velocity), axis=1), axis=-1)  # [N, T-2], none if T = 2
        return {
            "identity": float(np.mean(agreement)),
            "speed": float(np.mean(np.linalg.norm(velocity, axis=-1))),
            "bend": float(np.mean(bends)) if bends.size else 0.0,
            "ink": float(np.mean(clips)),
        }

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
