"""Settings beside what is known of the data: what does not fit it is refused, and what is done with it is said."""

from collections.abc import Iterable

from graphical_gan.settings.knobs import Settings
from graphical_gan.settings.recipes import MIXTURES


def check_size(settings: Settings, training_examples: int | None, names: Iterable[str]) -> None:
    """Compares settings with the size of the training set, where it is known.

    Args:
        names: the knobs that may not be larger, such as "K" and "batch_size".
    """
    for name in names:
        if training_examples is not None and settings[name] > training_examples:
            raise ValueError(
                f"--{name}={settings[name]} is more than the {training_examples} training examples of "
                f"--dataset={settings['dataset']}. Choose at most that many."
            )


def check_best(settings: Settings, data_spec) -> None:
    """Refuses --keep_best by a score that validation data can't give.

    Args:
        data_spec: the data: at least `label_names` and `validation_examples`, of clips also `transferable`.

    Raises:
        ValueError: if there are no validation examples, or the score needs labels or analogies and there are none.
    """
    metric, dataset = settings["keep_best"], settings["dataset"]
    if metric and not metric.endswith("mse") and data_spec.label_names is None:
        raise ValueError(f"--keep_best={metric} needs labels, and --dataset={dataset} has none. Give --keep_best=mse.")
    if metric == "analogy_mse" and not data_spec.transferable:
        raise ValueError(
            f"--keep_best={metric} needs motion analogies whose truth is known, and --dataset={dataset} has none. "
            "Give --keep_best=mse."
        )
    if metric and data_spec.validation_examples == 0:
        raise ValueError(
            f"--keep_best={metric} needs validation examples, and none of --dataset={dataset} are held out with "
            "--holdout=0, which is a default of --recipe=released and paper. Give --holdout=5000 or the like."
        )


def check_labels(settings: Settings, data_spec) -> None:
    """Refuses --labels that don't fit the classes of the data, or components that can't be these classes.

    Args:
        settings: of the run, with `labels` above 0.
        data_spec: the data, with `classes` and `training_examples`.

    Raises:
        ValueError: if there are no classes, fewer labels than classes, more than examples, or another number of
            components; whether the smallest class has enough examples is known once they are read.
    """
    labels, classes, count = settings["labels"], data_spec.classes, data_spec.training_examples
    given = f"--labels={labels} of --dataset={settings['dataset']}"
    if classes is None:
        raise ValueError(f"{given}, which has no classes; expected a data set with classes. Leave it out.")
    if settings["model"] in MIXTURES["model"] and settings["K"] != classes:
        raise ValueError(
            f"{given} with --K={settings['K']}; expected the {classes} classes as components. Give --K={classes}."
        )
    if not classes <= labels <= (count or labels):
        raise ValueError(
            f"{given}, which has {classes} classes and {count or 'some'} training examples; expected a label of each "
            "class at least, and of an example at most. Give another number."
        )


def said_of_recipe(settings: Settings, given: Settings) -> str | None:
    """Which recipe a run begins with, and how long it is; None if the user chose the recipe."""
    if "recipe" in given:
        return None
    other = " --recipe=released follows the paper's code instead." if settings["recipe"] == "modern" else ""
    return f"No --recipe is given, so it is {settings['recipe']}, with {settings['steps']:,} steps.{other}"


def said_of_holdout(settings: Settings, data_spec) -> str | None:
    """What to tell of a run that nothing watches, None if validation examples are held out."""
    if data_spec.validation_examples:
        return None
    number = "" if data_spec.training_examples is None else f"{data_spec.training_examples:,} "
    return (
        f"No validation split: all {number}training examples of --dataset={settings['dataset']} are trained on, as the "
        "paper does, and only the end is scored, on the test set. --holdout=5000, or another number, holds some out: "
        "scores on the way, and --keep_best, need that."
    )
