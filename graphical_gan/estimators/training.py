"""The training of an estimator: the same checks, run folder, loop and scores as those of a command."""

import contextlib
import pathlib
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from graphical_gan import runs
from graphical_gan.data import npy
from graphical_gan.runs.programs import Program
from graphical_gan.runs.signals import Signals
from graphical_gan.settings import command_line
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
        path: the run folder, which need not exist.

    Raises:
        ValueError: if settings and arrays don't fit, or the folder holds another run, other data or what is no run.
        OSError: if it can't be written.
        KeyboardInterrupt: if a signal came; the step is saved, and the same call goes on.
    """
    program = program._replace(describe=examples.describe, load=examples.load)
    with _callers_draws():
        return _train(program, given, examples, path)


@contextlib.contextmanager
def _callers_draws() -> Iterator[None]:
    """Puts the states of `random` and `np.random` back afterwards, which a run seeds for Keras."""
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


def _train(program, given, examples, path):
    of_data = {"dataset": examples.name, "manual_dir": str(path / "data"), "run_dir": str(path)}
    settings = program.recipe.resolve_in(path, given | of_data)
    data_spec = program.check(settings)
    tf = command_line.load_tensorflow()
    runs.folder.check_folder(path, settings, program.recipe.knobs)
    run, dataset = runs.experiment.built(settings, program.build, data_spec, path), program.load(settings)
    study, signals = program.study(run.game.model, dataset, settings), Signals()
    in_main = threading.current_thread() is threading.main_thread()  # signals come to no other thread
    with signals if in_main else contextlib.nullcontext():
        try:
            with runs.loop.opened(path, program, run, dataset.fingerprint) as (folder, _):
                npy.write(folder.path / "data", examples.arrays)
                runs.loop.train(run, study, folder, signals)
                if not signals.received:
                    return Trained(run.game.model, path, runs.scoring.finish(run, study, folder))
        except tf.errors.OpError:
            if not signals.received:  # as a signal is told where TensorFlow calls Python
                raise
    raise KeyboardInterrupt(f"Stopped at step {run.step}, which is saved in {path}; the same call goes on.")
