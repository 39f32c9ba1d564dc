"""`fit`: a network of your own on arrays, by the loop, run folder, scores and export of the commands."""

import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from graphical_gan import data as data_sets
from graphical_gan.common.choices import chosen
from graphical_gan.data import variables
from graphical_gan.engine import GraphicalGAN
from graphical_gan.estimators import gmgan, parameters, ssgan
from graphical_gan.estimators.training import Examples, Trained, train
from graphical_gan.game import Game, Objective
from graphical_gan.layers.dense import dense_networks
from graphical_gan.runs import programs
from graphical_gan.runs.programs import Program
from graphical_gan.settings import tables

NAME = "network"  # of the program of a model that comes without one
# What is left to choose of a game that is made, and of a model whose discriminators and terms are still to be made.
_OF_A_GAME = (
    "recipe", "steps", "batch_size", "seed", "learning_rate", "learning_rate_decay", "update", "update_order",
    "keep_best", "jit", "start_from", "log_every", "evaluate_every", "save_every", "average", "deterministic",
    "on_nonfinite", "holdout",
)  # fmt: skip
_OF_A_MODEL = (
    "factors", "units", "dropout", "divergence", "gradient_penalty", "reconstruction", "reconstruction_weight",
    "reconstruction_x_weight", "reconstruction_distance",
)  # fmt: skip


def fit(network: Any, data: Any, *, run_dir: str | os.PathLike, **knobs: Any) -> Trained:
    """Trains a network of your own on arrays, or goes on where the same call stopped.

    Use it in a notebook or a script, as `GMGAN(...).fit` for a network that comes with the package. A tenth of the
    examples is held out to watch the run, another one to score it.

    Args:
        network: a `GraphicalGAN`, which gets dense discriminators; a `Game`; or a `Program`, such as
            `programs.of_images(name, build)`, whose runs the commands open too, with `--program=FILE`.
        data: a dictionary from the names of the observed variables to arrays [N, ...], or a finite `tf.data.Dataset` of
            such examples one by one. A variable that is declared `partly=True` may be among them, NaN for examples
            where it is not known. A program of images or clips takes x as `GMGAN` and `SSGAN` do, and classes as y.
        run_dir: folder of the run, new or empty, or that of the same call before.
        **knobs: steps, batch_size, learning_rate, seed and the other flags of training; of a `GraphicalGAN` also those
            of its discriminators and terms, of a program all of its own.

    Returns:
        `Trained`: the model, the run folder with the SavedModel, and the scores.

    Raises:
        TypeError: for a keyword that there is not, or something that is no network.
        ValueError: if data and network don't fit, a knob is out of range, or the folder holds another run.
    """
    if run_dir is None:
        raise ValueError("run_dir=None; expected the folder of the run, a new or an empty one. Name one.")
    program, allowed = _program(network)
    known = dict.fromkeys(k.name for k in program.recipe.knobs if k.name not in (*parameters.OF_DATA, "run_dir"))
    parameters.check_names("fit", knobs, known if allowed is None else dict.fromkeys(allowed))
    with parameters.in_python():
        examples = _examples(program, _arrays(data))
        made = {} if isinstance(network, Program) else {"strategy": "current"}  # its variables lie where they lie
        given = parameters.chosen(knobs | {"run_dir": run_dir}) | made
        return train(program, given, examples, pathlib.Path(given["run_dir"]))


def _program(network) -> tuple[Program, tuple[str, ...] | None]:
    """The program of a network, and the knobs that it leaves to choose, None for all of its own."""
    if isinstance(network, Program):
        return network, None

    def build(settings, data_spec):
        factors = chosen(tables.FACTORS, factors=settings["factors"])(network.network, network.recognition_graph)
        return Objective.from_settings(settings).game(network, factors, dense_networks(settings))

    if isinstance(network, Game):
        return programs.of_variables(NAME, lambda settings, data_spec: network), _OF_A_GAME
    if isinstance(network, GraphicalGAN):
        return programs.of_variables(NAME, build), _OF_A_GAME + _OF_A_MODEL
    raise TypeError(
        f"fit was given {type(network).__name__}; expected a GraphicalGAN, a Game or a Program of images, clips or "
        "variables. Give what `programs.of_variables(name, build)` returns, for a function from settings to a game."
    )


def _arrays(data) -> Mapping[str, np.ndarray]:
    """The data as arrays by name."""
    if isinstance(data, Mapping):
        parameters.refuse_masked(data)
        return data
    if isinstance(data, tf.data.Dataset) and isinstance(data.element_spec, Mapping):
        if data.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise ValueError("The data has no end; expected a finite tf.data.Dataset. Give data.take(n).")
        examples = list(data.as_numpy_iterator())
        return {name: np.stack([example[name] for example in examples]) for name in examples[0]} if examples else {}
    raise TypeError(
        f"fit was given {type(data).__name__} as data; expected a dictionary of arrays by the name of the variable, or "
        'a tf.data.Dataset of such dictionaries. Give {"x": array}.'
    )


def _examples(program, arrays) -> Examples:
    """Arrays as the data set of a program."""
    of: dict[str, Callable] = {"arrays": _images, "clips_arrays": _clips, "variables": _variables}
    [kind] = [kind for kind in of if kind in program.recipe.datasets]
    return of[kind](program, arrays)


def _images(program, arrays):
    _check_arrays(arrays, "x", "y")
    return gmgan.examples_of(np.asarray(arrays["x"]), arrays.get("y"), program.labelled)


def _clips(program, arrays):
    _check_arrays(arrays, "x")
    return ssgan.examples_of(np.asarray(arrays["x"]))


def _check_arrays(arrays, *known):
    if "x" not in arrays or set(arrays) - set(known):
        raise ValueError(
            f"The data holds {', '.join(arrays) or 'nothing'}; expected {' and, if there are classes, '.join(known)}. "
            "Give the images or clips as x."
        )


def _variables(program, arrays):
    rows = variables.checked(arrays)
    return Examples(
        "variables",
        lambda settings: variables.describe(rows, settings["holdout"]),
        lambda settings: data_sets.load_variable_arrays(rows, settings["holdout"]),
        rows.values,
    )
