"""GMGAN as an estimator: clusters, codes and samples of images, or of the rows of a table."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from graphical_gan import data
from graphical_gan.common.units import deviations
from graphical_gan.data.images import arrays
from graphical_gan.data.splits import LEAST
from graphical_gan.estimators.estimator import BATCH, ENDING, Estimator, check_shape, is_whole
from graphical_gan.estimators.training import Examples
from graphical_gan.runs.programs import GMGAN as PROGRAM
from graphical_gan.settings.knobs import Settings

SMALL = 12  # pixels: below, convolutions are a single one, and 8 x 8 digits are told apart half as well
_DEFAULTS = {"K": 30, "recipe": "modern", "steps": None, "seed": 0, "run_dir": None}


class GMGAN(ClusterMixin, Estimator, program=PROGRAM, defaults=_DEFAULTS):
    """Clusters images, or rows of a table, without labels, and draws new ones: k -> h -> x.

    Use it for images [N, H, W] or [N, H, W, C], squares with C = 1 or 3, uint8 or floats in [0, 1], or for vectors
    [N, D] in any units, which get dense networks. Keywords are the flags of `train_gmgan.py`; those that matter are

        K: number of components, 2 to 3 times the clusters that are expected; those without examples stay empty.
        recipe: "modern", or "released" and "paper", the authors' code and text.
        steps: number of training steps; None is 4,000, minutes of one core for small images.
        seed: of the initial weights, the order of the data and the noise.
        run_dir: folder of the run, in which the same call goes on; None is a temporary one, gone with the estimator.
        views: "affine" for drawings, "photo" for photographs, or "none"; "by_colour", the default, is "affine" for
            grey images and "photo" for coloured ones.
        networks: "paper" has convolutions; "dense" none, the default of tables and of images below 12 x 12.

    Attributes:
        labels_: int [N], the component of each example that it was fitted to.
        run_dir_, scores_, n_features_in_: see `Estimator`.
    """

    def _array(self, X: Any, reset: bool) -> np.ndarray:
        if getattr(X, "ndim", None) is None:
            X = np.asarray(X)  # lists, and what is an array in name alone
        if X.ndim > 2 or not (reset or len(self._shape) == 1):
            return np.asarray(X)
        if reset and X.ndim == 2 and X.shape[0] == X.shape[1]:
            warnings.warn(f"X of shape {list(X.shape)} is taken for a table, not for one image.", stacklevel=3)
        return validate_data(self, X, reset=reset, ensure_min_samples=LEAST if reset else 1)

    def _examples(self, x: np.ndarray, y: Any) -> Examples:
        return examples_of(x, y)

    def _defaults(self, x: np.ndarray) -> Settings:
        return {"networks": "dense"} if x.ndim > 2 and x.shape[1] < SMALL else {}

    def _of_model(self, x: np.ndarray) -> np.ndarray:
        if x.ndim > 2:
            x = arrays.pixels(x) / np.float32(255)
        elif len(self._shape) == 1:
            x = arrays.vectors(x)
        return check_shape(x, self._shape)

    def _unit(self, examples):
        return deviations(examples) if examples.ndim == 2 else 1.0

    def _fitted(self, x):
        if int(self._model.components):
            self.labels_ = self.predict(x)

    def predict(self, X) -> np.ndarray:
        """The most probable component of each example, int64 [N]."""
        return self.predict_proba(X).argmax(1)

    def predict_proba(self, X) -> np.ndarray:
        """q(k|x), the probability of each component given the example, float32 [N, K].

        Raises:
            ValueError: for a model without components.
        """
        found, K = self.infer(X), int(self._model.components)
        of_k = [value for name, value in sorted(found.items()) if name.endswith(ENDING) and value.shape[1] == K]
        if not of_k:
            raise ValueError(
                f"The model {self.model or PROGRAM.recipe.defaults['model']} has no components; expected one with them "
                "for clusters. Give another model, such as gmgan-l, or cluster what `transform` gives."
            )
        return of_k[0]

    def sample(self, n: int = 1, k: int | None = None, seed: int = 0) -> np.ndarray:
        """New examples, float32 [n, H, W, C] in [0, 1], or [n, D] in the units of the table.

        Args:
            n: how many.
            k: component that they are of; None draws one for each from the prior.
            seed: of the noise.

        Raises:
            ValueError: if there is no such component.
        """
        check_is_fitted(self)
        components = int(self._model.components)
        if not (k is None or (is_whole(k) and 0 <= k < components)):
            raise ValueError(
                f"k={k!r} of a model with {components} components; expected one whole number below, 0 or more, or "
                "None. Give one, and call sample for each."
            )
        of = {} if k is None else {"k": int(k)}
        return self._in_parts(lambda count, part: self._model.sample(count, seed=part, **of), n, BATCH, seed)


def examples_of(x: np.ndarray, y: Any, labelled: str | None = "k") -> Examples:
    """Images, or vectors, as a data set.

    Args:
        x: images [N, H, W] or [N, H, W, C], or vectors [N, D].
        y: their classes, or None.
        labelled: name of the node that is the class of an example, see `programs.of_images`.

    Raises:
        ValueError: as `arrays.checked`.
    """
    name = "table" if x.ndim == 2 else "arrays"
    y = None if y is None else arrays.classes(y, len(x))
    split, names = arrays.checked(name, x, y)

    def describe(settings):
        return data.held_out(arrays.describe_split(split, names, name), settings["holdout"])

    def load(settings):
        chosen = {n: settings[n] for n in ("holdout", "labels", "seed")}
        return data.load_arrays(name, split, names, labelled=labelled, **chosen)

    return Examples(name, describe, load, {"x": split.images, "y": y})
