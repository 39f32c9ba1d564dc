"""Parameters of estimators: the knobs of the commands as keywords, and messages that name them as Python does."""

import contextlib
import difflib
import inspect
import os
import pathlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from graphical_gan.common.files import local_path
from graphical_gan.settings.helping import OTHER_NAMES
from graphical_gan.settings.knobs import Instance, Settings

OF_DATA = ("dataset", "data_dir", "manual_dir", "image_size", "crop", "split", "starts")  # which the arrays tell


def defaults_of(recipe: Instance, changed: Settings) -> Settings:
    """The parameters of an estimator with their defaults: None is the recipe's.

    Args:
        changed: the first of them, with defaults of their own.
    """
    return changed | {k.name: None for k in recipe.knobs if k.name not in (*OF_DATA, *changed)}


def initialiser(defaults: Mapping[str, Any]) -> Callable:
    """An `__init__` that keeps its keywords as attributes, as scikit-learn wants, and names them in its signature."""

    def __init__(self, **given):
        check_names(type(self).__name__, given, defaults)
        vars(self).update(defaults | given)

    kind = inspect.Parameter.KEYWORD_ONLY
    keywords = [inspect.Parameter(name, kind, default=value) for name, value in defaults.items()]
    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = inspect.Signature([first, *keywords])
    return __init__


def check_names(what: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Refuses a keyword that there is not, with the one that may have been meant.

    Raises:
        TypeError: naming the first unknown one.
    """
    for name in given:
        if name not in known:
            elsewhere = [own for own, others in OTHER_NAMES.items() if name in others and own in known]
            near = elsewhere or difflib.get_close_matches(name, known, 1) or [n for n in known if n == name.upper()]
            hint = f" Did you mean {near[0]}?" if near else f" See help({what.partition('(')[0]})."
            raise TypeError(f"{what} got the keyword {name!r}; expected one of {', '.join(known)}.{hint}")


def chosen(given: Mapping[str, Any]) -> Settings:
    """What was chosen of some parameters, as settings: no None, numbers of NumPy's as Python's, paths as absolute ones.

    Raises:
        ValueError: for a path that is none on this machine.
    """
    plain = {n: v.item() if isinstance(v, np.generic) else v for n, v in given.items() if v is not None}
    return {n: _path(v, n) if n in ("run_dir", "start_from") else v for n, v in plain.items()}


def _path(value, name):
    if not isinstance(value, (str, pathlib.PurePath)):
        raise ValueError(f"{name}={value!r} is no path; expected a text or a pathlib.Path. Name a folder.")
    return local_path(os.fspath(value), name)


def refuse_masked(arrays: Mapping[str, Any]) -> None:
    """Refuses masked arrays: NumPy would hand on whatever lies under the mask.

    Args:
        arrays: by name, of any kind.

    Raises:
        ValueError: naming the first in which values are masked.
    """
    for name, array in arrays.items():
        if np.ma.is_masked(array):
            raise ValueError(
                f"{name} is a masked array, and {np.ma.count_masked(array)} of its values are masked; expected one "
                "in which all are known. Fill them, or leave out the examples that they are of."
            )


@contextlib.contextmanager
def in_python() -> Iterator[None]:
    """Inside, messages on flags name keywords: `--K=0` is `K=0` here."""
    try:
        yield
    except ValueError as error:
        said = re.sub(r"(?<![\w-])--(\w+)", r"\1", str(error))
        if said == str(error):
            raise
        raise ValueError(said) from None
