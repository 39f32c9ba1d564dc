"""Every knob of a run, and its default: by recipe and data set. A flag that the user gives wins.

Nothing here needs TensorFlow, so that flags are checked before it is loaded.
"""

import json
import pathlib
from typing import Any, NamedTuple


class Knob(NamedTuple):
    """A setting: it is a flag, a line of the run folder's settings, and a keyword of the same name.

    Attributes:
        name: as everywhere.
        kind: of the value: str, int, float or bool.
        help: one line.
        allowed: the values that it may take, or None.
        least: the least value of a number, or None.
        identity: whether a run with another value is another run; else a run folder can go on with another value.
    """

    name: str
    kind: type
    help: str
    allowed: tuple | None = None
    least: float | None = None
    identity: bool = True


KNOBS = (
    Knob("dataset", str, "data set; 'folder' reads the images of --manual_dir"),
    Knob("model", str, "local algorithm, global baseline, or ALI without k", ("gmgan-l", "gmgan-g", "gan-g")),
    Knob("K", int, "number of mixture components", least=1),
    Knob("recipe", str, "which side to be on where the paper and its code differ", ("released", "paper")),
    Knob("steps", int, "number of training steps", least=1, identity=False),
    Knob("batch_size", int, "images of a minibatch, over all replicas", least=2),
    Knob("seed", int, "of weights, data order and noise", least=0),
    Knob("width", int, "channels of the feature map next to the image", least=1),
    Knob("latent", int, "length of h", least=1),
    Knob("units", int, "of each dense layer of the discriminators", least=1),
    Knob("batch_norm", bool, "normalise generator and extractor over the minibatch"),
    Knob("discriminator_batch_norm", bool, "normalise the image discriminator over the minibatch"),
    Knob("discriminator_dense_layers", int, "of each branch of the image discriminator", least=1),
    Knob("dropout", float, "rate in the discriminators", least=0),
    Knob("learning_rate", float, "of both Adam optimizers", least=0),
    Knob("update_order", str, "which player moves first in a step", ("players_first", "discriminators_first")),
    Knob("relaxation", str, "how gradients pass k in q",
         ("concrete", "straight_through_concrete", "straight_through", "reinforce")),
    Knob("temperature", float, "of the concrete relaxations", least=1e-3),
    Knob("image_size", int, "height and width that --dataset=folder is resized to", (28, 32, 64)),
    Knob("crop", str, "of celeb_a: rows 7 to 70 of the image at width 64, or the centre", ("released", "paper")),
    Knob("holdout", int, "training images held out for validation; by default the data set's own number", least=0),
    Knob("run_dir", str, "folder of the run; by default under ~/graphical-gan/runs", identity=False),
    Knob("data_dir", str, "where tensorflow-datasets keeps its data", identity=False),
    Knob("manual_dir", str, "files that you have: images of 'folder', or downloads for tensorflow-datasets",
         identity=False),
    Knob("log_every", int, "steps between scalars", least=1, identity=False),
    Knob("evaluate_every", int, "steps between evaluations and pictures", least=1, identity=False),
    Knob("save_every", int, "steps between checkpoints", least=1, identity=False),
)  # fmt: skip

DATA_KNOBS = ("data_dir", "manual_dir", "image_size", "holdout", "crop")

DEFAULTS = {
    "dataset": "digits",
    "model": "gmgan-l",
    "recipe": "released",
    "seed": 0,
    "latent": 128,
    "units": 512,
    "discriminator_batch_norm": False,
    "discriminator_dense_layers": 1,
    "learning_rate": 2e-4,
    "relaxation": "concrete",
    "temperature": 0.1,
    "image_size": None,
    "crop": None,
    "holdout": None,
    "run_dir": None,
    "data_dir": None,
    "manual_dir": None,
    "log_every": 100,
    "evaluate_every": 1000,
    "save_every": 1000,
}

_DIGITS_28 = {"K": 30, "width": 64, "batch_size": 50, "steps": 200_000, "batch_norm": True}
_COLOUR_32 = {"K": 30, "width": 64, "batch_size": 64, "steps": 200_000, "batch_norm": True}

# Sizes of the released code, and ours where it has no such data set.
DATASETS = {
    "digits": {"K": 20, "width": 32, "batch_size": 50, "steps": 3000, "batch_norm": True, "evaluate_every": 500},
    "mnist": _DIGITS_28,
    "fashion_mnist": _DIGITS_28,
    "svhn_cropped": {"K": 50, "width": 64, "batch_size": 64, "steps": 200_000, "batch_norm": False},
    "cifar10": _COLOUR_32,
    "celeb_a": {"K": 100, "width": 32, "batch_size": 128, "steps": 100_000, "batch_norm": False},
    "folder": _COLOUR_32 | {"image_size": 32},
}

# Where the paper as printed and the code as it runs differ.
RECIPES = {
    "released": {"dropout": 0.0, "update_order": "players_first"},
    "paper": {"dropout": 0.2, "update_order": "discriminators_first"},
}

# GAN-G on 28x28 digits has a deeper discriminator with batch normalisation in the released code.
_RELEASED_ALI = {"discriminator_batch_norm": True, "discriminator_dense_layers": 2}


def resolve(given: dict[str, Any]) -> dict[str, Any]:
    """All settings of a run.

    Args:
        given: what the user gave, by knob.

    Returns:
        A value for every knob, in the order of `KNOBS`.

    Raises:
        ValueError: for a value that is not allowed, naming the flag.
    """
    for knob in KNOBS:
        if knob.name in given:
            _check(knob, given[knob.name])
    chosen = {name: given.get(name, DEFAULTS[name]) for name in ("dataset", "model", "recipe")}
    settings = DEFAULTS | _row("dataset", DATASETS, chosen) | _row("recipe", RECIPES, chosen)
    if (
        chosen["model"] == "gan-g"
        and chosen["recipe"] == "released"
        and chosen["dataset"] in ("mnist", "fashion_mnist")
    ):
        settings |= _RELEASED_ALI
    if chosen["dataset"] == "celeb_a":
        settings["crop"] = chosen["recipe"]
    settings |= given
    return {knob.name: settings[knob.name] for knob in KNOBS}


def _row(name, table, chosen):
    if chosen[name] not in table:
        raise ValueError(f"--{name}={chosen[name]} is unknown; it is one of {', '.join(table)}. Choose one of them.")
    return table[chosen[name]]


def _check(knob, value):
    if knob.allowed is not None and value not in knob.allowed:
        allowed = ", ".join(map(str, knob.allowed))
        raise ValueError(f"--{knob.name}={value} is not allowed; it is one of {allowed}. Choose one of them.")
    if knob.least is not None and not knob.least <= value < float("inf"):
        raise ValueError(f"--{knob.name}={value} is out of range; it is a number of at least {knob.least:g}. Mend it.")
    if knob.name == "dropout" and value >= 1:
        raise ValueError(f"--dropout={value} drops everything; it is a rate below 1. The paper has 0.2.")


def check_size(settings: dict[str, Any], training_examples: int | None) -> None:
    """Compares the settings with the size of the training set, where it is known.

    Raises:
        ValueError: if there are more components, or more images in a minibatch, than training images.
    """
    for name in ("K", "batch_size"):
        if training_examples is not None and settings[name] > training_examples:
            raise ValueError(
                f"--{name}={settings[name]} is more than the {training_examples} training images of "
                f"--dataset={settings['dataset']}. Choose at most that many."
            )


def differences(settings: dict[str, Any], others: dict[str, Any]) -> list[str]:
    """Flags that make two runs different ones, such as `--K=30 (was --K=20)`."""
    return [
        f"--{k.name}={settings[k.name]} (was --{k.name}={others.get(k.name)})"
        for k in KNOBS
        if k.identity and settings[k.name] != others.get(k.name)
    ]


def read_settings(path: pathlib.Path) -> dict[str, Any]:
    """Settings of the run in a folder.

    Raises:
        ValueError: if the folder holds no run.
    """
    file = pathlib.Path(path) / "settings.json"
    if not file.is_file():
        raise ValueError(f"{path} holds no run: {file.name} is missing. Name the folder that training printed.")
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise ValueError(f"{file} can't be read: {error}. Restore it, or name another run.") from error


def flag_lines(settings: dict[str, Any]) -> str:
    """Settings as a flag file, one `--name=value` a line, to be given back with --flagfile."""
    return "".join(f"--{name}={value}\n" for name, value in settings.items() if value is not None)
