"""SSGAN as an estimator: content and motion of clips, and new clips."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from graphical_gan import data
from graphical_gan.data.clips import arrays
from graphical_gan.estimators.estimator import Estimator, check_shape, is_whole
from graphical_gan.estimators.training import Examples
from graphical_gan.runs.programs import SSGAN as PROGRAM
from graphical_gan.settings.knobs import Settings

PART = 8  # clips that are drawn at once
_DEFAULTS = {"T": None, "recipe": "modern", "steps": None, "seed": 0, "run_dir": None}


class SSGAN(Estimator, program=PROGRAM, defaults=_DEFAULTS):
    """Learns clips with a content h and a motion v[t] apart, and draws new ones of any length.

    Use it for clips [N, T, H, W] or [N, T, H, W, C] of one length, squares with C = 1 or 3, uint8 or floats in [0, 1].
    `transform` gives the content of each clip, `infer` its motion "v" [N, T, D] too. Keywords are the flags of
    `train_ssgan.py`; those that matter are

        T: number of frames that are learnt, from a place that is drawn anew each time; None is all of them.
        recipe: "modern", or "released" and "paper", the authors' code and text.
        steps: number of training steps; None is 2,000.
        batch_size: None is 16; at most the number of clips that are trained on.
        networks: "paper", or "placed" for one thing that moves on black.
        seed, run_dir: as of `GMGAN`.

    Attributes:
        run_dir_, scores_, n_features_in_: see `Estimator`.
    """

    def _array(self, X: Any, reset: bool) -> np.ndarray:
        return np.asarray(X)

    def _examples(self, x: np.ndarray, y: Any) -> Examples:
        return examples_of(x)

    def _defaults(self, x: np.ndarray) -> Settings:
        return {"T": x.shape[1]}

    def _of_model(self, x: np.ndarray) -> np.ndarray:
        return check_shape(arrays.checked(x, least=0) / np.float32(255), self._shape)

    def sample(self, n: int = 1, T: int | None = None, seed: int = 0) -> np.ndarray:
        """New clips, float32 [n, T, H, W, C] in [0, 1].

        Args:
            n: how many.
            T: number of frames; None is as many as were learnt.
            seed: of the noise.

        Raises:
            ValueError: if a number is below 1.
        """
        check_is_fitted(self)
        frames = self._shape[0] if T is None else _frames(T)
        return self._in_parts(lambda count, part: self._model.sample(count, frames, part), n, PART, seed)

    def continue_(self, X, T: int) -> np.ndarray:
        """T further frames of each clip, float32 [N, T, H, W, C] in [0, 1].

        Raises:
            ValueError: if T is below 1, or the clips are not as the model takes them.
        """
        frames = _frames(T)
        return np.concatenate(self._in_batches(lambda batch: self._model.continue_(frames, batch), self._checked(X)))


def _frames(T):
    """A number of frames, as the exports take it."""
    if not (is_whole(T) and 0 < T < 2**31):
        raise ValueError(f"T={T!r}; expected a whole number of frames, 1 or more. Change it.")
    return np.int64(T)


def examples_of(x: np.ndarray) -> Examples:
    """Clips as a data set.

    Args:
        x: clips [N, T, H, W] or [N, T, H, W, C].

    Raises:
        ValueError: as `arrays.checked`.
    """
    clips = arrays.checked(x)
    return Examples(
        "clips_arrays",
        lambda settings: data.held_out(arrays.describe_clips(clips, settings["T"]), settings["holdout"]),
        lambda settings: data.load_clip_arrays(clips, settings["T"], settings["holdout"]),
        {"x": clips},
    )
