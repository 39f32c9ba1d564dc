"""The two programs: which settings, data and engine an instance is trained and evaluated with."""

from collections.abc import Callable
from typing import NamedTuple

from graphical_gan import data
from graphical_gan.settings import knobs, recipes
from graphical_gan.settings.knobs import Settings


class Program(NamedTuple):
    """An instance with its data.

    Attributes:
        name: of the instance.
        recipe: its knobs and their defaults.
        sizes: knobs that may not be larger than the training set.
        describe: from settings to what is known of the data set, without TensorFlow.
        load: from settings to the data set.
        engine: loads TensorFlow; returns the builder of the game, and the study of its kind of data.
    """

    name: str
    recipe: knobs.Instance
    sizes: tuple[str, ...]
    describe: Callable
    load: Callable
    engine: Callable

    def check(self, settings: Settings):
        """What is known of the data set, if a run of these settings can begin; before anything slow.

        Raises:
            ValueError: if it can't.
        """
        about = self.describe(settings)
        knobs.check_size(settings, about.training_examples, self.sizes)
        knobs.check_best(settings, about)
        return about


def _pick(settings: Settings, *names: str) -> Settings:
    return {name: settings[name] for name in names}


def _gmgan():
    from graphical_gan.evaluation import image_study
    from graphical_gan.instances import gmgan, style, tree

    instances = dict.fromkeys((*gmgan.MODELS, "vegan"), gmgan) | {"tree": tree, "style": style}
    return lambda s, about: instances[s["model"]].from_settings(s, about), image_study.ImageStudy


def _ssgan():
    from graphical_gan.evaluation import clip_study
    from graphical_gan.instances import ssgan

    return ssgan.from_settings, clip_study.ClipStudy


_IMAGES = ("data_dir", "manual_dir", "image_size", "holdout", "crop", "labels", "seed")
GMGAN = Program(
    name="gmgan",
    recipe=recipes.GMGAN,
    sizes=("K", "batch_size"),
    describe=lambda s: data.describe(s["dataset"], **_pick(s, "manual_dir", "image_size", "holdout")),
    load=lambda s: data.load(s["dataset"], **_pick(s, *_IMAGES)),
    engine=_gmgan,
)
SSGAN = Program(
    name="ssgan",
    recipe=recipes.SSGAN,
    sizes=("batch_size",),
    describe=lambda s: data.describe_clips(s["dataset"], **_pick(s, "T", "manual_dir", "image_size")),
    load=lambda s: data.load_clips(s["dataset"], **_pick(s, "T", "data_dir", "manual_dir", "image_size", "split")),
    engine=_ssgan,
)


def of_images(name: str, build: Callable, labelled: str | None = None) -> Program:
    """The program of a network of your own over images x: flags, training, evaluation and export need no further code.

    Args:
        name: of the network, which `--model` and the run folder get.
        build: makes the `factors.Game` from the settings and what is known of the data set.
        labelled: name of the node that is the class of an image, known for `--labels` of them; it is partly observed
            where they are given.
    """
    _check_name(name)

    def engine():
        from graphical_gan.evaluation import image_study

        def checked(settings, about):
            if settings["labels"] and about.classes is None:
                raise ValueError(
                    f"--labels={settings['labels']}, but --dataset={settings['dataset']} has no classes. Leave it out."
                )
            game = build(settings, about)
            image_study.check_data(game.model, settings, about, labelled)
            return game

        return checked, image_study.ImageStudy

    def load(settings):
        return data.load(settings["dataset"], labelled=labelled, **_pick(settings, *_IMAGES))

    return GMGAN._replace(name=name, recipe=recipes.of_images(name), load=load, engine=engine)


def of_clips(name: str, build: Callable) -> Program:
    """The program of a network of your own over clips x, whose frames are on a plate: as `of_images`.

    Args:
        name: of the network, which `--model` and the run folder get.
        build: makes the `factors.Game` from the settings and what is known of the data set.
    """
    _check_name(name)

    def engine():
        from graphical_gan.evaluation import clip_study

        def checked(settings, about):
            game = build(settings, about)
            clip_study.check_data(game.model, settings, about)
            return game

        return checked, clip_study.ClipStudy

    return SSGAN._replace(name=name, recipe=recipes.of_clips(name), engine=engine)


def _check_name(name):
    if not name.isidentifier() or name in PROGRAMS:
        raise ValueError(
            f"The network is named {name!r}; expected a word that is not {' or '.join(PROGRAMS)}. Give it another name."
        )


PROGRAMS = {program.name: program for program in (GMGAN, SSGAN)}
