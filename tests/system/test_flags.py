"""Every flag: any combination trains, saves, resumes and exports, or is refused with a message before slow work.

Drawn from the rows of the recipes, so that a new knob is drawn too.
"""

import dataclasses
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graphical_gan import data
from graphical_gan.data import npy
from graphical_gan.data.clips.splits import ClipSplit, Stored
from graphical_gan.data.splits import Source, Split
from graphical_gan.evaluation import clip_study
from graphical_gan.runs import loop, scoring
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.folder import RunFolder, check_folder
from graphical_gan.runs.programs import PROGRAMS
from tests.small_runs import state, variables
from tests.system.test_fuzz import picture

FAST, FAST_TRAINED, SLOW, SLOW_TRAINED = 14, 1, 200, 20  # combinations
PHASES = {"phases": [Phase.generate], "deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
TINY = {"width": 2, "latent": 4, "units": 6, "batch_size": 4, "K": 3, "T": 4, "motion": 2, "transition_units": 6}
SMALL_NUMBERS = {int: (1, 2, 3, 4, 5, 7, 8, 16), float: (0.0, 1e-3, 0.1, 0.5, 2.0)}
ELSEWHERE = (
    "start_from",
    "run_dir",
    "data_dir",
    "manual_dir",
    "steps",
    "log_every",
    "evaluate_every",
    "save_every",
    "deterministic",
)
HELD = 20  # images or clips of a split


def values(knob):
    """Mostly what a knob allows."""
    if knob.allowed:
        return st.sampled_from(sorted(knob.allowed))
    return st.booleans() if knob.kind is bool else st.sampled_from(SMALL_NUMBERS[knob.kind])


@st.composite
def flags(draw):
    """A program and what a user gives: the data set and the model, and some of all knobs."""
    program = PROGRAMS[draw(st.sampled_from(sorted(PROGRAMS)))]
    drawn = {k.name: k for k in program.recipe.knobs if k.name not in ELSEWHERE}
    base = {name: value for name, value in TINY.items() if name in drawn}
    chosen = draw(st.lists(st.sampled_from(sorted(drawn)), max_size=4, unique=True))
    return program, base | {name: draw(values(drawn[name])) for name in ["dataset", "model", *chosen]}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders of a user's own images, clips and arrays."""
    root = tmp_path_factory.mktemp("own")
    for number in range(30):
        picture(root / "folder" / f"{number % 3}/{number}.png", number)
    for number in range(30):
        picture(root / "clips_folder" / f"{number // 5}/{number % 5}.png", number)
    random = np.random.default_rng(0)
    arrays = {"arrays": random.random((30, 9, 9)), "table": random.normal(size=(30, 3)) * [1, 100, 1e-3]}
    for name, x in (arrays | {"clips_arrays": random.random((30, 5, 9, 9))}).items():
        (root / name).mkdir()
        npy.write(root / name, {"x": x, "y": np.arange(30) % 3})
    return root


@pytest.fixture(scope="module", autouse=True)
def small_data():
    """Stand-ins for what would be downloaded, of the true shapes; fewer clips to score."""

    def noise(*shape):
        return np.random.RandomState(0).randint(0, 256, shape).astype(np.uint8)

    def images(request):
        known = data.DESCRIPTIONS[request.name]
        labels = np.arange(3 * HELD) % (known.classes or 1)
        split = Split(noise(3 * HELD, *known.image_shape), labels.astype(np.int32) if known.classes else None)
        return Source(split, split[:HELD], known.label_names, HELD)

    def chairs(request):
        films = Stored(noise(31 * 6, 64, 64, 3), begins=31 * np.arange(6), lengths=np.full(6, 31), transferable=True)
        return dict.fromkeys(("train", "validation", "test"), ClipSplit(films, request.T))

    with pytest.MonkeyPatch.context() as patch:
        for name in ("mnist", "fashion_mnist", "svhn_cropped", "cifar10", "celeb_a"):
            patch.setitem(data.DESCRIPTIONS, name, dataclasses.replace(data.DESCRIPTIONS[name], read=images))
        for name in ("chairs", "turning_chairs"):
            patch.setitem(data.CLIP_DESCRIPTIONS, name, dataclasses.replace(data.CLIP_DESCRIPTIONS[name], read=chairs))
        patch.setattr(scoring, "RECALIBRATION_BATCHES", 2)
        patch.setattr(clip_study, "CLIPS", 4)
        patch.setattr(clip_study, "LONG", 6)
        yield


def refused(program, given, path):
    """The built run, or None if it was refused; nothing before this point is slow."""
    try:
        chosen = program.recipe.resolve(given)
        data_spec = program.check(chosen)
        check_folder(path, chosen, program.recipe.knobs)
        return Experiment(chosen, program.build, data_spec)
    except ValueError as error:
        assert len(str(error)) > 20 and "--" in str(error), f"{given}: {error}"
        return None


def try_flags(drawn, folders, eager=False, train=True):
    """Trains two steps, saves, resumes at another, exports; or is refused. Returns whether it was built."""
    program, given = drawn
    given = given | {"steps": 3, "log_every": 1, "save_every": 2, "evaluate_every": 3}
    if (folders / given["dataset"]).is_dir():
        given["manual_dir"] = str(folders / given["dataset"])
    with tempfile.TemporaryDirectory() as root, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*run_functions_eagerly.*")
        path = Path(root)
        run = refused(program, given, path)
        if run is None or not train:
            return run is not None
        dataset = program.load(run.settings)
        study = program.study(run.game.model, dataset, run.settings)
        folder = RunFolder(path, program.name, run.settings)
        tf.config.run_functions_eagerly(eager)
        try:
            schedule, run.schedule = run.schedule, run.schedule._replace(steps=2)
            assert not loop.begin(run, folder)
            loop.train(run, study, folder)
            saved = state(run)
            for variable in variables(run):
                variable.assign(tf.zeros_like(variable))
            run.schedule = schedule
            assert loop.begin(run, folder) and all(map(np.array_equal, saved, state(run)))
            loop.train(run, study, folder)
        finally:
            tf.config.run_functions_eagerly(False)
        assert run.step == 3
        assert all(np.isfinite(v) for v in scoring.finish(run, study, folder).values())
        assert (path / "saved_model" / "saved_model.pb").exists()
        keras.backend.clear_session()
        return True


def test_sizes_that_no_machine_holds_are_refused_before_they_are_built():
    for program in PROGRAMS.values():
        sized = [
            k for k in program.recipe.knobs if k.kind is int and k.identifies and k.name not in ("labels", "holdout")
        ]
        for knob in (k for k in sized if not k.allowed):
            with pytest.raises(ValueError, match=f"--{knob.name}=10000000000 is out of range; it is .* below"):
                knob.check(10**10)


def test_some_combinations_of_flags(folders):
    """All are built or refused, the first that is built is trained: eagerly, as tracing is what takes time."""
    outcomes = []

    @settings(max_examples=FAST, derandomize=True, **PHASES)
    @given(flags())
    def combinations(drawn):
        outcomes.append(try_flags(drawn, folders, eager=True, train=sum(outcomes) < FAST_TRAINED))

    combinations()
    assert len(outcomes) == FAST and sum(outcomes) >= FAST_TRAINED and not all(outcomes)


@pytest.mark.slow
def test_many_combinations_of_flags(folders):
    """All are built or refused, some are trained in graphs."""
    outcomes = []

    @settings(max_examples=SLOW, **PHASES)
    @given(flags())
    def combinations(drawn):
        outcomes.append(try_flags(drawn, folders, train=sum(outcomes) < SLOW_TRAINED))

    combinations()
    assert len(outcomes) == SLOW and sum(outcomes) > SLOW / 4
