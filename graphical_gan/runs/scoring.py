"""Scores and pictures of a run, on validation data while it trains and on test data at its end."""

import pathlib
import sys
from typing import Any

from tqdm import tqdm

from graphical_gan.common.files import write_json
from graphical_gan.common.phase import phase
from graphical_gan.engine import make_stream
from graphical_gan.runs import description
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.folder import RunFolder
from graphical_gan.runs.reopen import results_file
from graphical_gan.runs.weights import best_checkpoints, best_step, using
from graphical_gan.training.recalibration import statistics_kept

RECALIBRATION_BATCHES = 20


def show(run: Experiment, study, folder: RunFolder) -> None:
    """Pictures alone; leaves the state of the run as it is."""
    with statistics_kept(run.game.model):
        recalibrate(run, study.dataset)
        _draw(run, study, folder)


def _draw(run, study, folder):
    for name, pixels in study.pictures().items():
        folder.picture(run.step, name, pixels)


def look(run: Experiment, study, folder: RunFolder) -> None:
    """Pictures, and scores on the validation set; leaves the state of the run as it is."""
    with statistics_kept(run.game.model):
        recalibrate(run, study.dataset)
        _draw(run, study, folder)
        scores = study.scores("validation")
    if run.settings["keep_best"] not in (None, *scores):
        tqdm.write(f"--keep_best={run.settings['keep_best']}: the validation data gives no such score.")
    folder.scalars(run.protocol("validation"), scores)
    tqdm.write(f"step {run.step}: {description.one_line(scores)}")
    _warn(run, study, scores)
    keep_best(run, folder)


def keep_best(run: Experiment, folder: RunFolder) -> None:
    """Keeps these weights if none before did better on the validation data."""
    metric = run.settings["keep_best"]
    values = folder.history("validation", metric) if metric else {}
    if values and best_step(values, metric) == run.step:
        run.save(folder)  # the run never goes on from before its best
        best_checkpoints(folder.path).save(run.state, run.step, chosen_by=metric)


def finish(run: Experiment, study, folder: RunFolder) -> dict[str, float]:
    """Scores on the test set, of each kind of weights that the run has; and what the study leaves for others."""
    with phase(f"Scores {len(study.dataset.test):,} test examples"):
        scores = score(run, study)
    _warn(run, study, scores)
    last = _with_protocol(run, folder.path, "last", "test", scores)
    with phase("Exports the model"):
        study.finish(folder.path)
    for kind in _further(run, folder):
        if kind == "best" and best_checkpoints(folder.path).steps()[-1] == run.step:  # then the last are the best
            found = _with_protocol(run, folder.path, kind, "test", scores)
        else:
            with phase(f"Scores the {kind} weights"), statistics_kept(run.game.model), using(run, kind, folder.path):
                found = results(run, study, folder.path, kind)
        write_json(results_file(folder.path, kind), found)
    write_json(results_file(folder.path, "last"), last)  # at the very end: it says that the run is finished
    return scores


def results(run: Experiment, study, path: pathlib.Path, kind: str, split: str = "test") -> dict[str, Any]:
    """The scores of the weights in use, with their protocol; of the best ones, what they were chosen by.

    Args:
        path: folder of the run.
    """
    return _with_protocol(run, path, kind, split, score(run, study, split))


def _with_protocol(run, path, kind, split, scores):
    chosen = {"chosen_by": f"{_chosen_by(run, path)} on validation data"} if kind == "best" else {}
    return run.protocol(split) | {"weights": kind} | chosen | scores


def _chosen_by(run, path):
    """The score by which the best weights were chosen; of those before 0.2.0, the flag as it is now."""
    best = best_checkpoints(path)
    return best.chosen_by(best.steps()[-1]) or run.settings["keep_best"]


def score(run: Experiment, study, split: str = "test") -> dict[str, float]:
    """Scores on a split, which an export then says of itself."""
    by_batch = study.batch_scores(split)
    recalibrate(run, study.dataset)
    further = study.final_scores() if split == "test" else {}
    study.scored.update(scores := study.scores(split) | by_batch | further)
    return scores


def recalibrate(run: Experiment, dataset) -> None:
    """Sets the statistics of batch normalisation for inference."""
    batches = dataset.minibatches(run.settings["batch_size"], run.settings["seed"]).take(RECALIBRATION_BATCHES)
    stream = make_stream(run.settings["seed"]).at("recalibration")
    run.recalibrate(batches, stream)


def _further(run, folder):
    """The kinds of weights that the run has beside the last; best ones that are damaged are set aside."""
    best = best_checkpoints(folder.path)
    for bad, reason in best.damaged():
        aside = best.set_aside(bad)
        tqdm.write(f"The best weights {bad} {reason}; set aside as {aside.name}, not scored.", file=sys.stderr)
    has = {"best": bool(best.paths()), "average": run.settings["average"] is not None}
    return [kind for kind, kept in has.items() if kept]


def _warn(run, study, scores):
    warning = study.warning(scores)
    if warning and run.step > study.patience * run.settings["steps"]:
        tqdm.write(f"step {run.step}: {warning}.")
