"""The loop of a run: begins it or goes on, trains, logs, looks, saves, and rolls back."""

import contextlib
import pathlib
import signal
import sys
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from graphical_gan import runs
from graphical_gan.common.phase import phase
from graphical_gan.pictures.grids import save_png
from graphical_gan.runs import description
from graphical_gan.runs.experiment import Experiment, checkpoints
from graphical_gan.runs.folder import RunFolder, check_contents, check_data
from graphical_gan.runs.lock import locked
from graphical_gan.runs.log import logged
from graphical_gan.runs.pace import Pace
from graphical_gan.runs.programs import Program
from graphical_gan.runs.scoring import keep_best, look, show
from graphical_gan.runs.signals import Signals
from graphical_gan.runs.weights import best_checkpoints
from graphical_gan.settings import knobs
from graphical_gan.training.strategies import from_chief, total, wait_for_all
from graphical_gan.training.trainer import NonFiniteError

ROLLBACKS = 3  # of a run, before it stops after all
BAR_SECONDS = 1 if sys.stderr.isatty() else 30


@contextlib.contextmanager
def opened(
    path: pathlib.Path, program: Program, run: Experiment, fingerprint: dict[str, Any]
) -> Iterator[tuple[RunFolder, bool]]:
    """The folder of a run, where no other process trains, after `begin`; and whether the run goes on there.

    Args:
        run: which is where it stopped, if it did.

    Raises:
        ValueError: if another process holds the folder, or it holds another run, other data or what is no run.
        OSError: if it can't be written.
    """
    path.mkdir(parents=True, exist_ok=True)
    with locked(path):
        check_contents(path, run.settings, program.recipe.knobs)
        check_data(path, fingerprint)
        identity = knobs.identity(program.recipe.knobs, run.settings, fingerprint)
        folder = RunFolder(path, program.name, run.settings, fingerprint, identity)
        with logged(path):
            yield folder, begin(run, folder)


def begin(run: Experiment, folder: RunFolder) -> bool:
    """Goes on where a run stopped, else begins it: writes down what it trains, and a first checkpoint.

    Returns:
        Whether it goes on.

    Raises:
        ValueError: if the folder has rows, but no checkpoint that they lead to; if checkpoints, best weights or rows
            are of another run, or rows are gone; or as `Experiment.restore`.
        OSError: if the folder can't be written.
    """
    resumed = _go_back(run, folder)
    if folder.has_rows and not resumed:
        raise ValueError(
            f"{folder.path} holds metrics.jsonl but no checkpoint; expected one to go on from. Restore the folder "
            "checkpoints, or start a new run with another --run_dir."
        )
    if not resumed and (other := run.settings.get("start_from")):
        tqdm.write(f"Starts from {run.start_from(pathlib.Path(other))}.")
    if resumed:
        best_checkpoints(folder.path).refuse_foreign()
        folder.check_rows(run.step, checkpoints(folder.path).rows(run.step))
    folder.write_settings()
    if not resumed or run.step < run.schedule.steps:
        folder.unfinish()
    unreadable = folder.forget(run.step if resumed else -1)
    if unreadable:
        tqdm.write(f"{unreadable} damaged lines of metrics.jsonl were dropped.", file=sys.stderr)
    if not resumed:
        folder.text("network.txt", description.description(run.game) + "\n")
        run.save(folder)  # a disk that is too small is found now, and a rollback always has a place to go to
    elif folder.has_rows:
        keep_best(run, folder)  # killed after its row was written, and before its weights were
    return resumed


def train(run: Experiment, study, folder: RunFolder | None, signals: Signals | None = None) -> None:
    """Trains up to --steps from where the run is, or until a signal comes; then the step is saved.

    The processes of a run take the same calls of the same steps: a signal that one of them gets stops all.

    Args:
        study: of the data and the model, such as `image_study.ImageStudy`.
        folder: of the run, after `begin`; None in a process that is not the chief, and has the chief's state.

    Raises:
        NonFiniteError: if a cost or gradient is not finite and --on_nonfinite does not help.
        OSError: if the folder can't be written any more.
    """
    signals, strategy, stopped = signals or Signals(), run.trainer.strategy, False
    run.share()
    steps, pace, minibatches = run.schedule.steps, Pace(), run.minibatches(study.dataset)
    if run.step < steps:
        with phase("Builds the graph of a step"):
            run.trainer.trace(minibatches)
    with signals.held(), tqdm(total=steps, initial=run.step, unit="step", mininterval=BAR_SECONDS) as bar:
        while run.step < steps and not stopped:
            [count] = map(int, from_chief(strategy, [min(pace.call, run.schedule.steps_to_next(run.step))]))
            try:
                with pace.training(count):
                    watched = run.trainer.run(minibatches, count)
                if run.schedule.looks_at_weights(run.step):
                    run.check_finite()
            except NonFiniteError as error:
                _roll_back(run, folder, error)
                minibatches = run.minibatches(study.dataset)
            else:
                _act(run, study, folder, watched, pace)
            bar.update(run.step - bar.n)
            stopped = total(strategy, int(signals.received or 0)) > 0
        if stopped:
            signals.received = signals.received or signal.SIGTERM
            if folder and not run.schedule.due("save", run.step):
                run.save(folder)
        wait_for_all(strategy)  # nobody leaves before the chief has saved


def _act(run, study, folder, watched, pace):
    """What is due after this step."""
    step, schedule = run.step, run.schedule
    if folder and schedule.due("log", step):
        folder.scalars(run.protocol("train"), watched)
        folder.curves(run.protocol("train"), {"steps_per_second": pace.read()})
        _draw_graphs(run, folder)
    if schedule.regular("log", step):
        run.trainer.means.reset()
    if schedule.refits(step):
        runs.refit.refit(run, study)
    if folder and schedule.due("evaluate", step):  # from here on the state of the step is what may be saved
        look(run, study, folder)
    if folder and schedule.shows(step):
        show(run, study, folder)
    if folder and schedule.due("save", step):
        run.save(folder)


def _draw_graphs(run, folder):
    """Pictures of p and q, if there are none yet; after the first row, as matplotlib takes a while to load."""
    model = run.game.model
    for name, graph in (("p.png", model.network), ("q.png", model.recognition_graph)):
        if not (folder.path / name).exists():
            save_png(folder.path / name, description.graph_picture(graph))


def _go_back(run, folder):
    """As `Experiment.restore`; damaged checkpoints are set aside."""
    kept = checkpoints(folder.path)
    kept.put_back()
    found, damaged = run.restore(folder.path)
    for bad in damaged:
        kept.set_aside(bad)
    return found


def _roll_back(run, folder, error):
    """Goes back to the last checkpoint and on with other draws, if it may."""
    rollbacks = int(run.trainer.rollbacks) + 1
    if run.settings["on_nonfinite"] == "stop" or rollbacks > ROLLBACKS:
        tried = f" after {ROLLBACKS} rollbacks" if rollbacks > ROLLBACKS else ""
        last = (checkpoints(folder.path).paths() or ["gone"])[-1] if folder else "with the chief"
        raise NonFiniteError(f"{error}. The run stops{tried}; the last good checkpoint is {last}") from None
    if folder:
        _restore_before(run, folder, rollbacks, error)
    run.share()
    tqdm.write(f"{error}. Rollback {rollbacks} of {ROLLBACKS}: back to step {run.step}, with other draws.")


def _restore_before(run, folder, rollbacks, error):
    """The state of the last checkpoint, with the count of rollbacks, in the run and in its folder."""
    try:
        if not _go_back(run, folder):
            raise ValueError(f"{folder.path} has no checkpoint any more")
    except ValueError as damage:
        raise NonFiniteError(f"{error}. The run can't be rolled back: {damage}") from None
    run.trainer.rollbacks.assign(rollbacks)
    folder.forget(run.step)
    run.save(folder)  # the count, as a run that is stopped and goes on may not roll back more often
