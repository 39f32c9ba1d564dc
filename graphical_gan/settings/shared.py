"""What the instances have in common: their knobs, and what the recipes say of them."""

from collections.abc import Collection
from typing import Any

from graphical_gan.settings import tables
from graphical_gan.settings.knobs import Knob

RECIPES = ("released", "paper")
_TERMS = ("none", "x", "h", "both")
_RECONSTRUCTED = {"reconstruction": _TERMS[1:]}
_OWN_IMAGES = ("folder", "clips_folder")
_PRECISIONS = ("float32", "bfloat16", "float16")
_UPDATES = ("alternating", "simultaneous")
_NO_FACTOR = {"match": ("mmd", "kl"), "model": ("gmvae", "catgan")}  # VEGAN's, and models that have none
_DEVICES = ("mirrored", "multi_worker", "current")
_RECONSTRUCTION = (
    Knob(
        "reconstruction",
        str,
        "which reconstructions are a further cost (ALICE): of data, of latent vectors, or both",
        _TERMS,
        default="none",
    ),
    Knob(
        "reconstruction_weight", float, "weight of each reconstruction cost", least=0, only=_RECONSTRUCTED, default=1.0
    ),
    Knob(
        "reconstruction_x_weight",
        float,
        "weight of the reconstruction of data, if it differs from that of latent vectors",
        least=0,
        only={"reconstruction": ("x", "both")},
    ),
    Knob(
        "reconstruction_distance",
        str,
        "distance of a reconstruction, the mean over its elements",
        tables.DISTANCES,
        only=_RECONSTRUCTED,
        default="l2",
    ),
)


_GAME = (
    Knob(
        "steps",
        int,
        "number of training steps, a minibatch each: an epoch is examples / batch_size of them",
        least=1,
        identifies=False,
    ),
    Knob("batch_size", int, "number of examples of a minibatch, over all devices", least=2, below=2**16),
    Knob(
        "seed", int, "seed of the initial weights, the order of the data and the noise", least=0, below=2**31, default=0
    ),
    Knob("width", int, "number of channels of the feature map next to the image", least=1, below=2**12),
    Knob("latent", int, "length of the latent vector h", least=1, below=2**14, default=128),
    Knob(
        "units",
        int,
        "units of each dense layer of the discriminators",
        least=1,
        below=2**14,
        idle=_NO_FACTOR | {"model": ("catgan",)},  # GMVAE has a dense layer
        default=512,
    ),
    Knob("batch_norm", bool, "batch normalisation of the generator, and of GMGAN's extractor", default=False),
    Knob("dropout", float, "dropout rate in the discriminators", least=0, below=1, idle=_NO_FACTOR),
    Knob("learning_rate", float, "learning rate of both Adam optimizers", least=0, default=2e-4),
    Knob(
        "learning_rate_decay",
        str,
        "how the learning rate falls to 0 over all steps",
        tables.DECAYS,
        default="none",
        before="none",
    ),
    Knob(
        "divergence",
        str,
        "divergence that the discriminators estimate",
        tables.DIVERGENCES,
        idle=_NO_FACTOR,
        default="js",
    ),
    Knob(
        "players_cost",
        str,
        "what p and q minimise: a cost whose slope stays where a discriminator is sure, as the paper's code does, or "
        "the min-max of Eq. 12 to the letter",
        tables.PLAYERS_COSTS,
        only={"divergence": ("js", "reverse_kl")},  # others have one cost
        idle=_NO_FACTOR,
        default="non_saturating",
        before="non_saturating",
    ),
    Knob(
        "gradient_penalty",
        float,
        "weight of the gradient penalty that keeps discriminators 1-Lipschitz",
        least=0,
        idle=_NO_FACTOR,
        default=0.0,
    ),
    *_RECONSTRUCTION,
    Knob(
        "precision",
        str,
        "type that networks compute in; variables, logits and costs are float32",
        _PRECISIONS,
        default="float32",
    ),
    Knob(
        "update",
        str,
        "whether the two players move in turn, each on its own minibatch, or both from one forward pass",
        _UPDATES,
        idle=_NO_FACTOR,
        default="alternating",
    ),
    Knob(
        "discriminator_steps",
        int,
        "number of updates of the discriminators in a step, each on a minibatch of its own",
        least=1,
        below=2**10,
        only={"update": ("alternating",)},
        idle=_NO_FACTOR,
        default=1,
        before=1,
    ),
    Knob(
        "update_order",
        str,
        "which player moves first in a step",
        ("players_first", "discriminators_first"),
        only={"update": ("alternating",)},
        idle=_NO_FACTOR,
    ),
)
_RUN = (
    Knob(
        "image_size",
        int,
        "height and width that images of your own are resized to",
        (28, 32, 64, 128),
        only={"dataset": _OWN_IMAGES},
    ),
    Knob(
        "strategy",
        str,
        "devices of this machine, of all in TF_CONFIG, or those in whose scope a model was made",
        _DEVICES,
        identifies=False,
        default="mirrored",
    ),
    Knob("jit", bool, "compile with XLA, which draws other numbers; by default on one GPU"),
    Knob("start_from", str, "folder of a run of the same networks, whose weights are the initial ones", path=True),
    Knob(
        "holdout",
        int,
        "number of training examples held out for validation; by default none where the paper trains on all, else the "
        "data set's own",
        least=0,
        kept=True,
    ),
    Knob(
        "run_dir",
        str,
        "folder of the run; by default under ~/graphical-gan/runs, named by what differs",
        identifies=False,
        path=True,
    ),
    Knob("data_dir", str, "folder in which tensorflow-datasets keeps its data", identifies=False, path=True),
    Knob("manual_dir", str, "folder of your own images, or of downloads by hand", identifies=False, path=True),
    Knob("log_every", int, "number of steps between rows of costs", least=1, identifies=False, default=100),
    Knob(
        "evaluate_every",
        int,
        "number of steps between evaluations and pictures",
        least=1,
        identifies=False,
        default=1000,
    ),
    Knob("save_every", int, "number of steps between checkpoints", least=1, identifies=False, default=1000),
    Knob(
        "average",
        float,
        "momentum of an average of the model's weights, which is scored beside the last",
        least=0,
        below=1,
    ),
    Knob(
        "deterministic",
        bool,
        "make a run the same to the bit every time, on GPUs too, where it is slower",
        identifies=False,
        default=False,
    ),
    Knob(
        "on_nonfinite",
        str,
        "at a number that is not finite: stop, or go back to the last checkpoint and on with other draws",
        ("stop", "rollback"),
        identifies=False,
        default="stop",
    ),
)


def common(datasets: Collection[str], models: Collection[str], scores: Collection[str], **defaults: Any) -> list[Knob]:
    """Knobs of both instances, with their own choices and defaults; the first data set and model are defaults."""
    recipes = (*RECIPES, "modern")
    knobs = (
        Knob("dataset", str, "name of the data set", datasets, default=next(iter(datasets))),
        Knob("model", str, "model to train: local algorithm, or a baseline", models, default=next(iter(models))),
        Knob(
            "recipe",
            str,
            "set of defaults: those of the paper's code, of its text, or newer ones, which embedded digits begin with",
            recipes,
            kept=True,
            default="released",
            before="released",
        ),
        *_GAME,
        Knob(
            "keep_best",
            str,
            "score on validation data by which the best weights are kept, beside the last",
            scores,
            identifies=False,
        ),
        *_RUN,
    )
    return [knob._replace(default=defaults.get(knob.name, knob.default)) for knob in knobs]


ORDERS = {
    "released": {"dropout": 0.0, "update_order": "players_first"},
    "paper": {"dropout": 0.2, "update_order": "discriminators_first"},
}

# A critic of WGAN-GP has a penalty of 10, and no batch normalisation.
WGAN_GP = ({"divergence": "wasserstein_gp"}, {"gradient_penalty": 10.0, "discriminator_batch_norm": False})
