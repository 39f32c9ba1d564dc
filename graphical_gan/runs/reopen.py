"""Runs and exports that are on the disk, opened again for what comes after training."""

import pathlib
from typing import Any, NamedTuple

import numpy as np

from graphical_gan import data, export, pictures, runs
from graphical_gan.common.files import fits, is_number, read_json, refuse_others
from graphical_gan.common.parts import in_parts
from graphical_gan.common.phase import phase
from graphical_gan.runs.programs import GMGAN, Program, named
from graphical_gan.settings import knobs
from graphical_gan.settings.knobs import Knob, Settings

PLACES = tuple(knob for knob in GMGAN.recipe.knobs if knob.name in ("data_dir", "manual_dir"))
WHERE = (
    *PLACES,
    Knob("program", str, "file that defines the network of the run, if it is one's own; the file is run", path=True),
)
FINISHED = ("results.json", "saved_model/saved_model.pb")  # that training leaves at its end
PROTOCOL = (  # what stands beside the scores of a run, see `Experiment.protocol` and `scoring.results`
    "step", "split", "dataset", "model", "recipe", "K", "T", "seed", "version", "rollbacks", "weights", "chosen_by",
)  # fmt: skip
WEIGHTS = ("last", "best", "average")  # kinds of weights that a run is scored with
PART = 200  # samples drawn at once


class Opened(NamedTuple):
    """A run with its weights: the experiment at its last checkpoint, its data set, and the study of both."""

    run: Any
    dataset: Any
    study: Any


def settings_of(path: pathlib.Path, given: Settings) -> tuple[Program, Settings]:
    """The program and the settings of a run; a knob that is newer than the run has its value of before.

    Args:
        given: values of `WHERE`, and of other knobs that replace the run's.

    Raises:
        ValueError: if the folder holds no run, or one of a network that the file does not define.
    """
    saved = knobs.read_settings(path)
    program = named(saved["program"], given.get("program"))
    names = {k.name for k in program.recipe.knobs} - {"jit"}  # it is for training alone
    known = knobs.older(path, program.recipe.knobs)
    known |= {name: saved[name] for name in names if saved.get(name) is not None}
    for knob in program.recipe.knobs:
        if known.get(knob.name) is not None:
            _check(knob, known[knob.name], path / "settings.json")
    described = (data.DESCRIPTIONS | data.CLIP_DESCRIPTIONS).get(given.get("dataset", known["dataset"]))
    reads = described.reads if described else ("manual_dir",)  # the arrays of a network's variables
    for place in PLACES:
        if place.name not in reads:  # before 0.2.0 it was accepted where it has no effect
            known.pop(place.name, None)
    here = {"strategy": "mirrored"}  # wherever it was trained
    return program, program.recipe.resolve(known | here | {n: v for n, v in given.items() if n != "program"})


def _check(knob, value, file):
    try:
        knob.check(value)
    except ValueError as error:
        raise ValueError(f"{file} is damaged: {error} Restore it, or name another run.") from error


def open_run(path: pathlib.Path, program: Program, settings: Settings) -> Opened:
    """Builds the game of a run and takes its last checkpoint; loads TensorFlow.

    Raises:
        ValueError: if it has none, or the data can't be read, or is other data than it was trained on.
    """
    if not runs.experiment.checkpoints(path).paths():
        raise ValueError(f"{path} has no checkpoint yet. Train it first.")
    with phase("Builds the networks"):
        run = runs.experiment.Experiment(settings, program.build, program.describe(settings))
        run.restore(path)
    with phase(f"Reads {settings['dataset']}"):
        dataset = program.load(settings)
    runs.folder.check_data(path, dataset.fingerprint)
    return Opened(run, dataset, program.study(run.game.model, dataset, settings))


def is_finished(path: pathlib.Path) -> bool:
    """Whether the run in a folder has come to its end; scores alone may be those of `evaluate`, on the way."""
    return not _missing(path)


def check_finished(path: pathlib.Path) -> None:
    """Refuses the folder of a run that has not come to its end, where it is scored and exported."""
    if missing := " and ".join(_missing(path)):
        raise ValueError(
            f"{path} never finished: it has no {missing}. Train it to the end, with the command that it was begun with."
        )


def _missing(path):
    return [file for file in FINISHED if not (path / file).is_file()]


def export_of(path: pathlib.Path) -> pathlib.Path:
    """The folder of the SavedModel of a finished run, or the folder itself where it is one.

    Raises:
        ValueError: if it is neither.
    """
    if (path / "settings.json").exists():
        refuse_others(path)
        check_finished(path)
        return path / "saved_model"
    if not path.exists():
        raise ValueError(f"{path} does not exist. Name a finished run, or an export such as models/mnist.")
    if not (path / "saved_model.pb").is_file():
        raise ValueError(f"{path} is no SavedModel. Name a finished run, or its folder saved_model.")
    return path


def results_file(path: pathlib.Path, weights: str, split: str = "test") -> pathlib.Path:
    """Where the scores of a kind of weights on a split are kept: results.json for the last ones on the test set."""
    further = [word for word in (weights, split) if word not in ("last", "test")]
    return path / f"{'-'.join(['results', *further])}.json"


def results_of(path: pathlib.Path) -> dict[str, dict[str, Any]]:
    """The scores of a run on the test set, by the kind of weights: "last", "best" and "average", where it has them.

    Raises:
        ValueError: if a file of them is damaged.
    """
    files = {kind: results_file(path, kind) for kind in WEIGHTS}
    found = {kind: read_json(file) for kind, file in files.items() if file.exists()}
    for kind, results in found.items():
        if not fits(results, {"step": int, "version": str}):
            raise ValueError(f"{files[kind]} holds no results with step and version. Write them again with evaluate.")
    return found


def scores_of(results: dict[str, Any]) -> dict[str, float]:
    """The scores among what `results_of` has of a kind of weights."""
    return {name: value for name, value in results.items() if name not in PROTOCOL and is_number(value)}


def exported_samples(path: pathlib.Path, count: int, seed: int) -> np.ndarray:
    """Images that an export draws, uint8 [count, H, W, C]; loads TensorFlow.

    Raises:
        ValueError: if it draws clips or vectors.
    """
    model = export.saved_models.load_saved_model(path)
    if not export.saved_models.draws_images(model):
        raise ValueError(f"{path} draws no images. Name a run, an export or a folder of images.")
    return in_parts(lambda n, part: pictures.grids.to_uint8(model.sample(n, seed=part)), count, PART, seed)


def samples_by_batch(path: pathlib.Path, given: Settings, count: int, seed: int) -> np.ndarray:
    """`ImageStudy.samples_by_batch` of a run."""
    return open_run(path, *settings_of(path, given)).study.samples_by_batch(count, seed)
