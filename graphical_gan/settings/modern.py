"""The recipe `modern`: choices that neither the paper nor its code makes, by what they measure.

Of images chosen on validation images of MNIST and on digits, by the accuracy after a few minutes on two cores; of clips
on moving digits, by what an oracle says of samples, and by how straight and how fast places alone go on.
"""

from collections import ChainMap
from collections.abc import Mapping

from graphical_gan.settings import tables
from graphical_gan.settings.knobs import Knob

_WITH_VIEWS = {"views": tables.VIEWS}

MODERN = {
    "holdout": None,  # the data set's own
    "dropout": 0.0,
    "update": "simultaneous",
    "update_order": "players_first",  # of alternating updates, should they be asked for
    "learning_rate": 4e-4,
    "reconstruction": "both",
    "reconstruction_x_weight": 20.0,
    "views": "photo",
    "views_k_weight": 1.0,
}
_HANDWRITING = {"views": "affine"}
MODERN_DATASETS = {
    "digits": _HANDWRITING | {"learning_rate_decay": "linear"},  # on MNIST a constant rate did better
    "mnist": _HANDWRITING | {"width": 32, "steps": 8000},
    "fashion_mnist": _HANDWRITING | {"width": 32, "steps": 8000},
    "folder": {"views": "by_colour", "width": 32, "steps": 4000},
    "arrays": {"views": "by_colour"},
}
# Whose views, widths and batches under this recipe were others once.
OF_OWN_DATA = {"recipe": ("modern",), "dataset": ("folder", "arrays", "clips_folder", "clips_arrays")}

# Of clips: latents of q are held to the prior and to the transition, by costs that need no discriminator.
MODERN_CLIPS = {
    "dropout": 0.0,
    "batch_norm": False,
    "update": "simultaneous",
    "update_order": "players_first",
    "learning_rate": 2e-3,
    "learning_rate_decay": "linear",
    "content_factor": False,
    "recognition": "window",
    "latent": 8,
    "motion": 4,
    "noise": "fresh",
    "transition_units": 128,
    "transition_skip": "bounded",
    "transition_weights": "he_uniform",
    "reconstruction": "x",
    "reconstruction_weight": 1000.0,
    "prior_weight": 300.0,
    "transition_weight": 300.0,
}
_ONE_THING_MOVES = {"networks": "placed"}
_OWN_CLIPS = {"batch_size": 16, "steps": 2000, "width": 16}
MODERN_CLIP_DATASETS = {
    "moving_digits": _ONE_THING_MOVES | {"batch_size": 16, "steps": 2000, "latent": 4, "width": 8, "units": 128},
    "moving_mnist": _ONE_THING_MOVES,
    "clips_folder": _OWN_CLIPS,
    "clips_arrays": _OWN_CLIPS,
}


def views(with_k: Mapping[str, tuple]) -> tuple[Knob, ...]:
    """The knobs of the term of two views (`view_terms`).

    Args:
        with_k: the models that have a discrete variable, as in `Knob.only`.
    """
    kinds = "changes that make a second view of an image, in which q has to recognise it, as a further cost"
    return (
        Knob("views", str, kinds, ChainMap(tables.VIEWS, {"none": None}), default="none", before="none",
             kept=OF_OWN_DATA),
        Knob("views_strength", float, "strength of the views: shifts, rotations, crops, colours", least=0,
             only=_WITH_VIEWS, default=1.0),
        Knob("views_weight", float, "weight of the views' cost on latent vectors", least=0, only=_WITH_VIEWS,
             default=1.0),
        Knob("views_temperature", float,
             "temperature of the kernel in the views' cost on latent vectors, in squared units of h", least=1e-3,
             only=_WITH_VIEWS, default=10.0),
        Knob("views_k_weight", float, "weight of the views' cost on k", least=0, only=_WITH_VIEWS | with_k,
             default=0.0),
        Knob("views_k_temperature", float, "temperature that softens the posteriors of k in the views' cost on k",
             least=1e-3, only=_WITH_VIEWS | with_k, default=10.0),
    )  # fmt: skip
