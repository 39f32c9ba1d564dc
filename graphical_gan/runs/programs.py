"""Programs, those of both instances and of networks of one's own: the settings, the data and the game of each."""

import pathlib
import runpy
from collections.abc import Callable, Mapping
from typing import NamedTuple

from graphical_gan import data, evaluation
from graphical_gan.common.choices import chosen
from graphical_gan.settings import knobs, of_data, own, recipes
from graphical_gan.settings.knobs import Settings
from graphical_gan.settings.tables import CLIP_FIGURES, CLIP_MODELS, IMAGE_FIGURES, IMAGE_MODELS


class Program(NamedTuple):
    """An instance with its data.

    Attributes:
        name: of the instance.
        recipe: its knobs and their defaults.
        sizes: knobs that may not be larger than the training set.
        describe: from settings to what is known of the data set, without TensorFlow.
        load: from settings to the data set.
        build: from settings and what is known of the data set to the `game.Game`; loads TensorFlow.
        study: from the model, the data set and settings to the `evaluation.study.Study` of a run.
        figures: what can be drawn of a run, as in `settings.tables`.
        labelled: name of the node that is the class of an image, or None.
    """

    name: str
    recipe: knobs.Instance
    sizes: tuple[str, ...]
    describe: Callable
    load: Callable
    build: Callable
    study: Callable
    figures: Mapping[str, str]
    labelled: str | None = None

    def check(self, settings: Settings):
        """What is known of the data set, if a run of these settings can begin; before anything slow."""
        data_spec = self.describe(settings)
        of_data.check_size(settings, data_spec.training_examples, self.sizes)
        of_data.check_best(settings, data_spec)
        if settings.get("labels"):
            of_data.check_labels(settings, data_spec)
        return data_spec


def _pick(settings: Settings, *names: str) -> Settings:
    return {name: settings[name] for name in names}


_WHERE = ("data_dir", "manual_dir", "image_size")
_CLIPS = (*_WHERE, "T", "split", "holdout", "starts")
_IMAGES = (*_WHERE, "holdout", "crop", "labels", "seed")
GMGAN = Program(
    name="gmgan",
    recipe=recipes.GMGAN,
    sizes=("K", "batch_size"),
    describe=lambda s: data.describe(s["dataset"], **_pick(s, *_WHERE, "holdout", "crop")),
    load=lambda s: data.load(s["dataset"], labelled="k", **_pick(s, *_IMAGES)),
    build=lambda s, data_spec: chosen(IMAGE_MODELS, model=s["model"])(s, data_spec),
    study=lambda *of_run: evaluation.image_study.study_of(*of_run),
    figures=IMAGE_FIGURES,
    labelled="k",
)
SSGAN = Program(
    name="ssgan",
    recipe=recipes.SSGAN,
    sizes=("batch_size",),
    describe=lambda s: data.describe_clips(s["dataset"], **_pick(s, *_CLIPS)),
    load=lambda s: data.load_clips(s["dataset"], **_pick(s, *_CLIPS)),
    build=lambda s, data_spec: chosen(CLIP_MODELS, model=s["model"])(s, data_spec),
    study=lambda *of_run: evaluation.clip_study.ClipStudy.from_settings(*of_run),
    figures=CLIP_FIGURES,
)


def of_images(name: str, build: Callable, labelled: str | None = None) -> Program:
    """The program of a network of your own over images x: flags, training, evaluation and export need no further code.

    Args:
        name: of the network, which `--model` and the run folder get.
        build: makes the `game.Game` from the settings and what is known of the data set.
        labelled: name of the node that is the class of an image, known for `--labels` of them; it is partly observed
            where they are given.
    """
    _check_name(name)
    return GMGAN._replace(
        name=name,
        recipe=own.of_images(name),
        load=lambda s: data.load(s["dataset"], labelled=labelled, **_pick(s, *_IMAGES)),
        build=_checked(build, lambda *of_game: evaluation.image_study.check_data(*of_game, labelled)),
        labelled=labelled,
    )


def of_clips(name: str, build: Callable) -> Program:
    """The program of a network of your own over clips x, whose frames are on a plate: as `of_images`.

    Args:
        name: of the network, which `--model` and the run folder get.
        build: makes the `game.Game` from the settings and what is known of the data set.
    """
    _check_name(name)
    checked = _checked(build, lambda *of_game: evaluation.clip_study.check_data(*of_game))
    return SSGAN._replace(name=name, recipe=own.of_clips(name), build=checked)


def of_variables(name: str, build: Callable) -> Program:
    """The program of a network of your own over variables of any kind, such as vectors: as `of_images`.

    Args:
        name: of the network, which `--model` and the run folder get.
        build: makes the `game.Game` from the settings and what is known of the data: `shapes`, by name.
    """
    _check_name(name)
    return Program(
        name=name,
        recipe=own.of_variables(name),
        sizes=("batch_size",),
        describe=lambda s: data.describe_variables(**_pick(s, "manual_dir", "holdout")),
        load=lambda s: data.load_variables(**_pick(s, "manual_dir", "holdout")),
        build=_checked(build, lambda *of_game: evaluation.variables_study.check_data(*of_game)),
        study=lambda *of_run: evaluation.variables_study.VariablesStudy.from_settings(*of_run),
        figures={},
    )


def _checked(build, check):
    """What builds a game, and then refuses data that its model is not for."""

    def checked(settings, data_spec):
        game = build(settings, data_spec)
        check(game.model, settings, data_spec)
        return game

    return checked


def _check_name(name):
    if not name.isidentifier() or name in PROGRAMS:
        raise ValueError(
            f"The network is named {name!r}; expected a word that is not {' or '.join(PROGRAMS)}. Give it another name."
        )


PROGRAMS = {program.name: program for program in (GMGAN, SSGAN)}


def named(name: str, file: str | None) -> Program:
    """The program of a name.

    Args:
        name: "gmgan", "ssgan", or that of a network of one's own.
        file: of a network of one's own, which is run and holds its program as PROGRAM; None without one.

    Raises:
        ValueError: if the file has no such program, or none is given for a network of one's own.
    """
    if file is None and name in PROGRAMS:
        return PROGRAMS[name]
    if file is None:
        raise ValueError(
            f"The run is of the network {name}, which is none of {', '.join(PROGRAMS)}. Give the file that defines it, "
            "such as --program=my_network.py; of `fit` there is none: see its report, or load its saved_model."
        )
    if not pathlib.Path(file).is_file():
        raise ValueError(f"--program={file} is no file; expected the one that defines {name}. Give its path.")
    found = runpy.run_path(file, run_name="program").get("PROGRAM")
    if not isinstance(found, Program) or found.name != name:
        raise ValueError(
            f"--program={file} defines {getattr(found, 'name', 'no PROGRAM')}; the run is of the network {name}. Give "
            "the file that trained it."
        )
    return found
