"""Small whole runs of both instances, and what two equal ones have in common."""

import copy
import functools
import json
import pathlib

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.plugin_event_accumulator import TENSORS, EventAccumulator

from graphical_gan import data
from graphical_gan.evaluation.clip_study import ClipStudy
from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.instances import gmgan, ssgan
from graphical_gan.runs import loop
from graphical_gan.runs.checkpoints import Checkpoints
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.folder import RunFolder, check_folder
from graphical_gan.runs.schedule import Schedule
from graphical_gan.settings import recipes
from graphical_gan.settings.knobs import identity

SMALL = {
    "recipe": "released", "width": 2, "units": 8, "latent": 6, "batch_size": 8,
    "log_every": 3, "evaluate_every": 4, "save_every": 3,
}  # fmt: skip
OF_CLIPS = {"T": 4, "motion": 3, "transition_units": 8}
MODERN = {"recipe": "modern", "learning_rate_decay": "none"}  # a rate that falls ends with the steps
INSTANCES = {
    "gmgan": (recipes.GMGAN, gmgan.from_settings, ImageStudy.from_settings, SMALL | {"K": 5}),
    "ssgan": (recipes.SSGAN, ssgan.from_settings, ClipStudy.from_settings, SMALL | OF_CLIPS),
    "ssgan-modern": (recipes.SSGAN, ssgan.from_settings, ClipStudy.from_settings, SMALL | OF_CLIPS | MODERN),
}


BUILT = ("precision", "update", "deterministic", "average")  # settings that an experiment is built with


@functools.cache
def experiment(name, *built):
    """The experiment of an instance, built and traced once, and all its variables as they were at first."""
    recipe, build, _, small = INSTANCES[name]
    data_spec = data.DESCRIPTIONS["digits"] if name == "gmgan" else data.CLIP_DESCRIPTIONS["moving_digits"]
    run = Experiment(recipe.resolve({"steps": 6} | small | dict(built)), build, data_spec)
    return run, state(run)


def new_run(path, name="gmgan", **changes):
    """A run that is not yet begun, with its study and folder. All share their variables: the one before it is gone."""
    recipe, _, make_study, small = INSTANCES[name]
    settings = recipe.resolve({"steps": 6} | small | changes)
    path.mkdir(exist_ok=True)
    check_folder(path, settings, recipe.knobs)
    dataset = data.load("digits") if name == "gmgan" else data.load_clips("moving_digits", T=settings["T"])
    built, first = experiment(name, *((n, changes[n]) for n in BUILT if n in changes))
    run = copy.copy(built)
    run.settings, run.schedule = settings, Schedule.of(settings)
    for variable, value in zip(variables(run), first, strict=True):
        variable.assign(value)
    known = dataset.fingerprint, identity(recipe.knobs, settings, dataset.fingerprint)
    return run, make_study(run.game.model, dataset, settings), RunFolder(path, name, settings, *known)


def trained(path, name="gmgan", **changes):
    """A run that was begun or went on, and is trained."""
    run, study, folder = new_run(path, name, **changes)
    loop.begin(run, folder)
    loop.train(run, study, folder)
    return run


def variables(run):
    """All variables of a run: both players, both optimizers, statistics, what is being averaged, and the step."""
    found = [*run.game.model.variables, *run.game.factors.variables, *run.trainer.variables]
    return found + [v for optimizer in run.trainer.optimizers.values() for v in optimizer.variables]


def state(run):
    """The values of all variables of a run."""
    return [v.numpy() for v in variables(run)]


def events(path):
    """(step, name) of everything that TensorBoard reads of a run, sorted."""
    read = EventAccumulator(str(path / "tensorboard"), {TENSORS: 0}).Reload()
    return sorted((event.step, tag) for tag in read.Tags()["tensors"] for event in read.Tensors(tag))


def rows(path):
    """The rows of metrics.jsonl."""
    return [json.loads(line) for line in (pathlib.Path(path) / "metrics.jsonl").read_text().splitlines()]


def assert_same_folders(a, b, end=None):
    """Rows, pictures and last checkpoints of two run folders are equal to the last byte, as are the steps of events.

    Args:
        a: folder of a run that was left alone.
        b: of one that was stopped and went on.
        end: step that b once ended at, and a passed: its rows and pictures are left out, and best weights that are its.
    """
    lines = [row for row in (b / "metrics.jsonl").read_text().splitlines(True) if json.loads(row)["step"] != end]
    assert (a / "metrics.jsonl").read_text() == "".join(lines)
    pictures = [{p.name: p.read_bytes() for p in (path / "pictures").iterdir()} for path in (a, b)]
    pictures[1] = {name: p for name, p in pictures[1].items() if end is None or f"-{end:07d}." not in name}
    assert pictures[0].keys() == pictures[1].keys() and pictures[0] == pictures[1]
    found = [event for event in events(b) if event[0] != end]
    assert events(a) == found and len(set(found)) == len(found) > 10
    best_at_end = end in Checkpoints(b / "best").steps()  # where only b was scored
    for kind in ("checkpoints", "best")[: 1 if best_at_end else 2]:
        x, y = (last_tensors(path / kind) for path in (a, b))
        assert x.keys() == y.keys() and all(np.array_equal(x[name], y[name]) for name in x)
    assert len(last_tensors(a / "checkpoints")) > 10


def last_tensors(folder):
    """All tensors of the newest checkpoint in a folder, by name; none without one."""
    paths = Checkpoints(folder).paths()
    reader = paths and tf.train.load_checkpoint(str(paths[-1] / "variables"))
    names = reader.get_variable_to_shape_map() if paths else ()
    return {name: reader.get_tensor(name) for name in names if name != "_CHECKPOINTABLE_OBJECT_GRAPH"}


def assert_same_runs(a, b, end=None):
    """Two (state, path) are equal to the last bit; `end` as for `assert_same_folders`."""
    for x, y in zip(a[0], b[0], strict=True):
        np.testing.assert_array_equal(x, y)
    assert_same_folders(a[1], b[1], end)
