"""The training of an estimator: the same checks, run folder, loop and scores as those of a command."""

import contextlib
import os
import pathlib
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from graphical_gan.data import npy
from graphical_gan.runs.programs import Program
from graphical_gan.runs.signals import Signals
from graphical_gan.settings import command_line, knobs
from graphical_gan.settings.knobs import Settings


class Examples(NamedTuple):
    """Arrays that were given, as a data set.

    Attributes:
        name: of the kind of data set, such as "arrays".
        describe, load: from settings to what is known of it and to the data set, as of a `Program`.
        arrays: what is kept of them in the run folder, by name.
    """

    name: str
    describe: Callable
    load: Callable
    arrays: Mapping[str, np.ndarray | None]


class Trained(NamedTuple):
    """A run that has come to its end.

    Attributes:
        model: p and q, with the statistics of batch normalisation that its scores were made with.
        run_dir: its folder.
        scores: on the tenth of the examples that is held out as test set.
    """

    model: Any
    run_dir: pathlib.Path
    scores: dict[str, float]


def train(program: Program, given: Settings, examples: Examples, path: pathlib.Path) -> Trained:
    """Trains a program on arrays, in a run folder, or goes on there.

    Args:
        program: of the network.
        given: settings that were chosen.
        examples: what it is trained on.
        path: the run folder, which need not exist.

    Raises:
        ValueError: if settings and arrays don't fit, or the folder holds another run, other data or what is no run.
        OSError: if it can't be written.
        KeyboardInterrupt: if a signal came; the step is saved, and the same call goes on.
    """
    program = program._replace(describe=examples.describe, load=examples.load)
    of_data = {"dataset": examples.name, "manual_dir": str(path / "data"), "run_dir": str(path)}
    settings = program.recipe.resolve(knobs.older(path, program.recipe.knobs, given) | given | of_data)
    data_spec = program.check(settings)
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        command_line.load_tensorflow()

    import tensorflow as tf

    from graphical_gan.runs import loop, scoring
    from graphical_gan.runs.experiment import built
    from graphical_gan.runs.folder import check_folder

    check_folder(path, settings, program.recipe.knobs)
    build, make_study = program.engine()
    run, dataset = built(settings, build, data_spec, path), program.load(settings)
    study, signals = make_study(run.game.model, dataset, settings), Signals()
    in_main = threading.current_thread() is threading.main_thread()  # signals come to no other thread
    with signals if in_main else contextlib.nullcontext():
        try:
            with loop.opened(path, program, run, dataset.fingerprint) as (folder, _):
                npy.write(folder.path / "data", examples.arrays)
                loop.train(run, study, folder, signals)
                if not signals.received:
                    return Trained(run.game.model, path, scoring.finish(run, study, folder))
        except tf.errors.OpError:
            if not signals.received:  # as a signal is told where TensorFlow calls Python
                raise
    raise KeyboardInterrupt(f"Stopped at step {run.step}, which is saved in {path}; the same call goes on.")
