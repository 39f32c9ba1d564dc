"""What the estimators have in common: fitting, what the trained model infers and draws, and keeping it in a file."""

import abc
import json
import math
import os
import pathlib
import shutil
import tempfile
import weakref
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from graphical_gan import export
from graphical_gan.common.files import local_path
from graphical_gan.common.parts import in_parts
from graphical_gan.estimators import parameters
from graphical_gan.estimators.training import Examples, train
from graphical_gan.runs import reopen
from graphical_gan.runs.programs import Program
from graphical_gan.settings import command_line
from graphical_gan.settings.knobs import Settings

_OF_FIT = ("labels_", "run_dir_", "scores_")
BATCH = 200  # examples that pass through a model at once
ENDING = "_probabilities"  # of the name of what is told of a discrete variable, beside its value


class Estimator(TransformerMixin, BaseEstimator):
    """A network of the package as an estimator: its parameters are the knobs of its command, None for the recipe's.

    Attributes:
        run_dir_: folder of the run: what the commands `evaluate`, `report`, `cluster` and `sample` take.
        scores_: on a tenth of the examples that is held out as test set, by name.
        n_features_in_: number of values of an example.
    """

    _program: Program

    def __init_subclass__(cls, program: Program | None = None, defaults: Settings | None = None, **further):
        super().__init_subclass__(**further)
        if program:
            cls._program = program
            named = parameters.defaults_of(program.recipe, defaults or {})
            cls.__init__ = parameters.initialiser(named)  # type: ignore[method-assign]

    def fit(self, X, y=None) -> Self:
        """Trains on examples, or goes on where a call with the same examples, parameters and `run_dir` stopped.

        A tenth of the examples is held out to watch the run, another one to score it.

        Args:
            X: images, vectors or clips, see the class.
            y: the class of each example, [N], whole numbers or texts, if it is known: for `scores_` alone.

        Raises:
            ValueError: if the examples are not as described, a parameter is out of range, or `run_dir` holds another
                run, the same one on other examples, or what is no run.
        """
        with parameters.in_python():
            parameters.refuse_masked({"X": X, "y": y})
            x = self._array(X, reset=True)
            examples = self._examples(x, y)
            given = self._defaults(x) | parameters.chosen(self.get_params())
            path = pathlib.Path(given["run_dir"]) if self.run_dir else self._temporary() / "run"
            self.scores_ = train(self._program, given, examples, path).scores
        self.run_dir_ = str(path)
        self._open(path / "saved_model")
        self._fitted(x)
        return self

    @abc.abstractmethod
    def _array(self, X: Any, reset: bool) -> np.ndarray:
        """The examples as an array; `reset` in `fit`, where they say what all others have to be like."""

    @abc.abstractmethod
    def _examples(self, x: np.ndarray, y: Any) -> Examples:
        """The examples as a data set."""

    @abc.abstractmethod
    def _of_model(self, x: np.ndarray) -> np.ndarray:
        """The examples as the model takes them, float32."""

    def _defaults(self, x: np.ndarray) -> Settings:
        """Settings that depend on the examples, where neither parameter nor recipe says otherwise."""
        return {}

    def _fitted(self, x):
        """Sets what is told of the examples that the model was fitted to."""

    def __getattr__(self, name):
        if name in _OF_FIT and "_model" in vars(self):
            raise AttributeError(
                f"{name} is of `fit`, and this {type(self).__name__} was loaded, without the examples that it was "
                "fitted to. Give examples to predict, transform or score."
            )
        raise AttributeError(f"{type(self).__name__} has no attribute {name}.")

    def _temporary(self):
        """A folder that lives as long as the estimator."""
        folder = tempfile.mkdtemp(prefix="graphical-gan-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return pathlib.Path(folder)

    def infer(self, X) -> dict[str, np.ndarray]:
        """What q infers of examples: its latent variables by name, a discrete one as k beside `k_probabilities`."""
        found = self._in_batches(lambda batch: dict(self._model.infer(batch)), self._checked(X))
        return {name: np.concatenate([part[name] for part in found]) for name in found[0]}

    def transform(self, X) -> np.ndarray:
        """The latent vectors that q infers of each example, side by side, float32 [N, D]: h."""
        found = {n: v for n, v in sorted(self.infer(X).items()) if v.ndim == 2 and not n.endswith(ENDING)}
        return np.concatenate(list(found.values()), 1)

    def reconstruct(self, X) -> np.ndarray:
        """Examples as the generator makes them from what q infers of them; in [0, 1], or the units of a table."""
        return np.concatenate(self._in_batches(lambda batch: self._model.reconstruct(batch), self._checked(X)))

    def score(self, X, y=None) -> float:
        """Minus the mean squared error of the reconstruction of a value: the greater the better, at most 0.

        Values are in [0, 1], and those of a table in standard deviations of its columns. A GAN has no likelihood.

        Args:
            X: examples.
            y: has no effect.
        """
        examples = self._checked(X)
        return -float(np.mean(((examples - self.reconstruct(X)) / self._unit(examples)) ** 2, dtype=np.float64))

    def _unit(self, examples):
        """What errors are counted in."""
        return 1.0

    def save(self, path: str | os.PathLike) -> None:
        """Writes the SavedModel, a folder that needs TensorFlow alone; `load` reads it again.

        Args:
            path: of the folder: a new or an empty one, or an earlier SavedModel, which is replaced.

        Raises:
            ValueError: if something else is there.
        """
        check_is_fitted(self)
        export.saving.put(pathlib.Path(local_path(os.fspath(path), "path")), self._write)

    def _write(self, folder):
        """Writes the SavedModel as it was when it was taken; the run may have gone on since."""
        for name, content in self._files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """The estimator of a SavedModel that `save` or a run of a command has written, with `scores_` of its weights.

        Args:
            path: its folder, or that of a finished run.

        Raises:
            ValueError: if there is none, or it is of another kind of network.
        """
        found = reopen.export_of(pathlib.Path(local_path(os.fspath(path), "path")))
        loaded = cls()
        about = loaded._open(found)
        settings = about["settings"]
        if about.get("scores"):  # older exports have none
            loaded.scores_ = about["scores"]
        known = next(k.allowed for k in cls._program.recipe.knobs if k.name == "model")
        if settings.get("model") not in known:
            raise ValueError(
                f"{found} is of the model {settings.get('model')}; expected one of {', '.join(known)}. Load it with "
                "the other class, or with tf.saved_model.load."
            )
        names = loaded.get_params().keys() & settings.keys() - {"run_dir"}
        return loaded.set_params(**{name: settings[name] for name in names})

    def _open(self, path):
        """Takes a SavedModel for use; returns what it says of itself."""
        self._model = export.saved_models.load_saved_model(path)
        self._files = {str(f.relative_to(path)): f.read_bytes() for f in sorted(path.rglob("*")) if f.is_file()}
        if not {"sample", "infer", "reconstruct"} <= set(self._model.signatures):
            raise ValueError(f"{path} is no model of this package; expected one that a run has written. Name another.")
        about = json.loads(self._model.about().numpy())
        [signature] = self._model.signatures["reconstruct"].structured_input_signature[1].values()
        self._shape = tuple(signature.shape[1:])
        self.n_features_in_ = math.prod(self._shape)
        return about

    def _checked(self, X):
        """Examples as the model takes them."""
        check_is_fitted(self)
        with parameters.in_python():
            parameters.refuse_masked({"X": X})
            return self._of_model(self._array(X, reset=False))

    @staticmethod
    def _in_batches(function, examples):
        """What a function of the model gives for each batch, in NumPy; no examples are one batch."""
        tf = command_line.load_tensorflow()
        starts = range(0, max(1, len(examples)), BATCH)
        parts = [function(tf.constant(examples[start : start + BATCH])) for start in starts]
        return [tf.nest.map_structure(np.asarray, part) for part in parts]

    @staticmethod
    def _in_parts(draw, n, part, seed):
        """As `parts.in_parts`."""
        if not (is_whole(n) and n > 0 and is_whole(seed) and 0 <= seed < 2**31):
            raise ValueError(
                f"n={n!r}, seed={seed!r}; expected whole numbers, n of at least 1, and a seed in [0, 2**31). "
                "Change them."
            )
        return in_parts(draw, int(n), part, int(seed))

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_model"}

    def __setstate__(self, state):
        super().__setstate__(state)
        if "_files" in state:
            with tempfile.TemporaryDirectory(prefix="graphical-gan-") as folder:
                self._write(pathlib.Path(folder))
                self._open(pathlib.Path(folder))


def check_shape(examples: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Refuses examples that the model does not take.

    Args:
        examples: [N, ...].
        shape: of an example that it takes.

    Returns:
        The examples.

    Raises:
        ValueError: if they are of another shape.
    """
    if examples.shape[1:] == shape:
        return examples
    advice = "Give examples like those that it was fitted to."
    if examples.shape in (shape, shape[:-1]):
        advice = "That is one of them: give X[np.newaxis]."
    elif math.prod(examples.shape[1:]) == math.prod(shape):
        advice = f"Give X.reshape({', '.join(map(str, (-1, *shape)))})."
    raise ValueError(
        f"The examples are of shape {list(examples.shape[1:])}, the model takes {list(shape)}; expected the same. "
        f"{advice}"
    )


def is_whole(value: Any) -> bool:
    """Whether a value is one whole number, of Python's or of NumPy's."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
