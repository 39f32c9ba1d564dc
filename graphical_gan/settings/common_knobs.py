"""The knobs that all instances have, with their defaults, such as the learning rate; what the recipes say of them."""

from collections.abc import Collection
from typing import Any

from graphical_gan.settings import tables
from graphical_gan.settings.knobs import EVERYWHERE, Knob
from graphical_gan.settings.modern import OF_OWN_DATA

# The recipes of the paper's authors, and what their code and their text differ in for all instances.
AUTHORS = {
    "released": {"dropout": 0.0, "update_order": "players_first"},
    "paper": {"dropout": 0.2, "update_order": "discriminators_first"},
}
# A critic of WGAN-GP has a penalty of 10, and no batch normalisation.
WGAN_GP = ({"divergence": "wasserstein_gp"}, {"gradient_penalty": 10.0, "discriminator_batch_norm": False})
_TERMS = ("none", "x", "h", "both")
_RECONSTRUCTED = {"reconstruction": _TERMS[1:]}
_OWN_IMAGES = ("folder", "clips_folder")
_PRECISIONS = ("float32", "bfloat16", "float16")
_UPDATES = ("alternating", "simultaneous")
_NO_FACTOR = {"match": ("mmd", "kl"), "model": ("gmvae", "catgan")}  # VEGAN's, and models that have none
_DEVICES = ("mirrored", "multi_worker", "current")
_RECONSTRUCTION = (
    Knob("reconstruction", str,
         "reconstructions whose error is a further cost (ALICE): of data, of latent vectors, or both", _TERMS,
         default="none"),
    Knob("reconstruction_weight", float, "weight of each reconstruction cost", least=0, only=_RECONSTRUCTED,
         default=1.0),
    Knob("reconstruction_x_weight", float, "weight of the reconstruction of data; by default --reconstruction_weight",
         least=0, only={"reconstruction": ("x", "both")}),
    Knob("reconstruction_distance", str, "distance between data and its reconstruction, the mean over all elements",
         tables.DISTANCES, only=_RECONSTRUCTED, default="l2"),
)  # fmt: skip
_GAME = (
    Knob("steps", int, "number of training steps of a minibatch each; an epoch has examples / batch_size steps",
         least=1, identifies=False),
    Knob("batch_size", int, "number of examples in a minibatch, over all devices", least=2, below=2**16,
         kept=OF_OWN_DATA),
    Knob("seed", int, "seed of initial weights, order of the data and noise", least=0, below=2**31, default=0),
    Knob("width", int, "number of channels of the feature map next to the image", least=1, below=2**12,
         kept=OF_OWN_DATA),
    Knob("latent", int, "length of the latent vector h", least=1, below=2**14, default=128),
    Knob("units", int, "units of each dense layer of the discriminators", least=1, below=2**14,
         idle=_NO_FACTOR | {"model": ("catgan",)}, default=512),  # GMVAE has a dense layer
    Knob("batch_norm", bool, "batch normalisation of the generator, and of GMGAN's extractor", default=False),
    Knob("dropout", float, "dropout rate in the discriminators", least=0, below=1, idle=_NO_FACTOR),
    Knob("learning_rate", float, "learning rate of both Adam optimizers", least=0, default=2e-4),
    Knob("learning_rate_decay", str, "how the learning rate falls to 0 over all steps", tables.DECAYS, default="none",
         before="none"),
    Knob("divergence", str, "divergence that the discriminators estimate", tables.DIVERGENCES, idle=_NO_FACTOR,
         default="js"),
    Knob("players_cost", str,
         "cost of p and q: non-saturating, as in the paper's code, or the minimax cost of the paper's Eq. 12",
         tables.PLAYERS_COSTS, only={"divergence": ("js", "reverse_kl")}, idle=_NO_FACTOR, default="non_saturating",
         before="non_saturating"),  # others have one cost
    Knob("gradient_penalty", float, "weight of the gradient penalty that keeps the discriminators 1-Lipschitz", least=0,
         idle=_NO_FACTOR, default=0.0),
    *_RECONSTRUCTION,
    Knob("precision", str, "number format that networks compute in; variables, logits and costs are float32",
         _PRECISIONS, default="float32"),
    Knob("update", str,
         "whether the two players are updated in turn, each on its own minibatch, or both from one forward pass",
         _UPDATES, idle=_NO_FACTOR, default="alternating"),
    Knob("discriminator_steps", int, "number of updates of the discriminators per step, each on its own minibatch",
         least=1, below=2**10, only={"update": ("alternating",)}, idle=_NO_FACTOR, default=1, before=1),
    Knob("update_order", str, "player that is updated first in a step", ("players_first", "discriminators_first"),
         only={"update": ("alternating",)}, idle=_NO_FACTOR),
)  # fmt: skip
_RUN = (
    Knob("image_size", int, "height and width that your own images are resized to", (28, 32, 64, 128),
         only={"dataset": _OWN_IMAGES}),
    Knob("strategy", str,
         "devices: all of this machine, of all machines in TF_CONFIG, or those on which the model was made", _DEVICES,
         identifies=False, default="mirrored"),
    Knob("jit", bool, "compile each step with XLA, which draws other random numbers; the default on one GPU"),
    Knob("start_from", str, "folder of a run of the same networks, whose weights are the initial weights", path=True),
    Knob("holdout", int,
         "number of training examples held out for validation; by default none where the paper trains on all, else "
         "the number that belongs to the data set",
         least=0, kept=EVERYWHERE),
    Knob("run_dir", str, "folder of the run; by default in ~/graphical-gan/runs, named by what is not default",
         identifies=False, path=True),
    Knob("data_dir", str, "folder in which tensorflow-datasets keeps its data", identifies=False, path=True),
    Knob("manual_dir", str, "folder of your own images, or of files that you downloaded", identifies=False, path=True),
    Knob("log_every", int, "number of steps between rows of costs", least=1, identifies=False, default=100),
    Knob("evaluate_every", int, "number of steps between evaluations and pictures", least=1, identifies=False,
         default=1000),
    Knob("save_every", int, "number of steps between checkpoints", least=1, identifies=False, default=1000),
    Knob("average", float, "momentum of an average of the model's weights, which is scored beside the last weights",
         least=0, below=1),
    Knob("deterministic", bool, "make a run the same to the bit every time, also on a GPU, where it is slower",
         identifies=False, default=False),
    Knob("on_nonfinite", str,
         "at a number that is not finite: stop, or go on from the last checkpoint with other random numbers",
         ("stop", "rollback"), identifies=False, default="stop"),
)  # fmt: skip


def common(datasets: Collection[str], models: Collection[str], scores: Collection[str], **defaults: Any) -> list[Knob]:
    """Knobs of both instances, with their own choices and defaults; the first data set and model are defaults."""
    knobs = (
        Knob("dataset", str, "name of the data set", datasets, default=next(iter(datasets))),
        Knob("model", str, "model to train: local or global algorithm, or a baseline", models,
             default=next(iter(models))),
        Knob("recipe", str,
             "set of defaults: modern is the fastest, released the paper's code, paper its text; digits and your own "
             "data begin with modern",
             (*AUTHORS, "modern"), kept=EVERYWHERE, default="released", before="released"),
        *_GAME,
        Knob("keep_best", str, "score on validation data by which the best weights are kept, beside the last weights",
             scores, identifies=False),
        *_RUN,
    )  # fmt: skip
    return [knob._replace(default=defaults.get(knob.name, knob.default)) for knob in knobs]
