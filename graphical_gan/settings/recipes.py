"""The knobs of each instance, and their defaults by data set and recipe. A flag that the user gives wins.

`released` is what the released code computes when run, `paper` follows the text where the two differ; `modern` is what
measures better than both (see `modern`): the default of embedded digits and of all data of a user's own.
"""

from collections import ChainMap

from graphical_gan.settings import tables
from graphical_gan.settings.common_knobs import AUTHORS, WGAN_GP, common
from graphical_gan.settings.knobs import EVERYWHERE, Instance, Knob
from graphical_gan.settings.modern import MODERN, MODERN_CLIP_DATASETS, MODERN_CLIPS, MODERN_DATASETS, views

_IMAGE_SCORES = ("mse", "acc_nearest", "acc_top_posterior", "nmi", "ari")
_DIGITS_28 = {"K": 30, "width": 64, "batch_size": 50, "steps": 200_000, "batch_norm": True}
_COLOUR_32 = {"K": 30, "width": 64, "batch_size": 64, "steps": 200_000, "batch_norm": True}
_GMGAN_DATASETS = {
    "digits": {"K": 20, "width": 32, "batch_size": 50, "steps": 4000, "batch_norm": True, "recipe": "modern"},
    "mnist": _DIGITS_28,
    "fashion_mnist": _DIGITS_28,
    "svhn_cropped": {"K": 50, "width": 64, "batch_size": 64, "steps": 200_000, "holdout": 0},
    "cifar10": _COLOUR_32 | {"holdout": 0},
    "celeb_a": {"K": 100, "width": 32, "batch_size": 128, "steps": 100_000, "holdout": 0},
    "folder": _COLOUR_32 | {"image_size": 32, "recipe": "modern"},
    "arrays": _COLOUR_32 | {"width": 32, "batch_size": 50, "steps": 4000, "recipe": "modern"},
    "table": _COLOUR_32 | {"width": 32, "batch_size": 50, "steps": 4000, "recipe": "modern"},
}
MIXTURES = {"model": ("gmgan-l", "gmgan-g")}  # which take --labels
_WITH_K = {"model": ("gmgan-l", "gmgan-g", "tree", "style", "vegan")}
_K_UNUSED = {"match": ("mmd", "kl")}  # of VEGAN, which then matches h alone
_NO_IMAGE_DISCRIMINATOR = {"model": ("vegan", "gmvae", "catgan")}  # which have no discriminator of images
_TREE = {"model": ("tree",)}
# GAN-G on 28x28 digits has a deeper discriminator with batch normalisation in the released code.
_RELEASED_ALI = {"discriminator_batch_norm": True, "discriminator_dense_layers": 2}

GMGAN = Instance(
    knobs=(
        *common(_GMGAN_DATASETS, tables.IMAGE_MODELS, _IMAGE_SCORES),
        Knob("K", int, "number of mixture components", least=1, below=2**16),
        Knob("labels", int, "number of training images whose class is known; the class is then the component k",
             least=0, only=MIXTURES, default=0),
        Knob("coarse", int, "number of coarse components, each with K / coarse fine components", least=1, below=2**16,
             only=_TREE, default=10),
        Knob("match", str, "how the latent variables of q are matched with those of p", ("adversarial", "mmd", "kl"),
             only={"model": ("vegan",)}, default="adversarial"),
        Knob("recognition", str, "structure of the recognition network q", ("inverse", "mean_field"),
             only={"model": ("style",)}, default="inverse"),
        Knob("relaxation", str, "how gradients pass through the discrete variable k of q", tables.RELAXATIONS,
             only=_WITH_K, idle=_K_UNUSED, default="concrete"),
        Knob("temperature", float, "temperature of the concrete relaxations", least=1e-3,
             only=_WITH_K | {"relaxation": ("concrete", "straight_through_concrete")}, idle=_K_UNUSED, default=0.1),
        *views({"model": (*_WITH_K["model"], "gmvae", "catgan")}),
        Knob("refit_until", int,
             "step up to which, every 500 steps, the mixture's means move to those of k-means on q's latent vectors",
             least=0, below=2**31, only={**MIXTURES, "labels": (0,)}, default=0, before=0),
        Knob("augment", str,
             "random change of real and generated images before the discriminators see them; for few training images",
             ChainMap(tables.VIEWS, {"none": None}), idle=_NO_IMAGE_DISCRIMINATOR, default="none", before="none"),
        Knob("augment_strength", float, "strength of --augment", least=0, only={"augment": tables.VIEWS}, default=1.0),
        Knob("networks", str, "neural networks of the generator and the extractor", tables.NETWORKS, default="paper",
             before="paper"),
        Knob("discriminator_batch_norm", bool, "batch normalisation in the discriminator of images",
             idle=_NO_IMAGE_DISCRIMINATOR, default=False),
        Knob("discriminator_dense_layers", int, "number of dense layers in each branch of the discriminator of images",
             least=1, below=2**6, idle=_NO_IMAGE_DISCRIMINATOR, default=1),
        Knob("crop", str, "part of an image that is taken: rows 7 to 70 at width 64, or the central square", AUTHORS,
             only={"dataset": ("celeb_a",)}, default="released"),
    ),
    datasets=_GMGAN_DATASETS,
    recipes=AUTHORS | {"modern": MODERN},
    exceptions=(
        *(({"recipe": "modern", "dataset": name}, chosen) for name, chosen in MODERN_DATASETS.items()),
        ({"dataset": "table"}, {"networks": "dense", "views": "none"}),
        ({"dataset": "mnist", "model": "gan-g", "recipe": "released"}, _RELEASED_ALI),
        ({"dataset": "fashion_mnist", "model": "gan-g", "recipe": "released"}, _RELEASED_ALI),
        ({"recipe": "paper"}, {"crop": "paper"}),
        ({"model": "vegan"}, {"reconstruction": "x"}),
        ({"model": "vegan", "recipe": "released"}, {"latent": 8, "batch_norm": False, "discriminator_steps": 5}),
        WGAN_GP,
    ),
)  # fmt: skip


_CLIPS = {"T": 16, "width": 32, "batch_size": 50, "steps": 40_000, "recipe": "modern"}
_SSGAN_DATASETS = {
    "moving_digits": {
        "T": 16, "width": 16, "latent": 16, "batch_size": 8, "steps": 1500, "learning_rate": 2e-4, "batch_norm": True,
        "transition_weights": "he_uniform", "evaluate_every": 500, "recipe": "modern",
    },
    "turning_chairs": {"T": 31, "width": 32, "batch_size": 50, "steps": 40_000, "transition_skip": "linear"},
    "moving_mnist": {"T": 16, "width": 32, "batch_size": 50, "steps": 100_000, "holdout": 0},
    "chairs": {"T": 31, "width": 32, "batch_size": 50, "steps": 40_000, "transition_skip": "linear", "holdout": 0},
    "clips_folder": _CLIPS | {"image_size": 64},
    "clips_arrays": _CLIPS,
}  # fmt: skip

_CHAIRS = {"dataset": ("chairs",)}

SSGAN = Instance(
    knobs=(
        *common(
            _SSGAN_DATASETS, tables.CLIP_MODELS, ("mse", "analogy_mse"), learning_rate=1e-4, reconstruction_weight=0.1
        ),  # released code
        Knob("T", int, "number of frames of a clip", least=2, below=2**12),
        Knob("recognition", str, "structure of the recognition network q over time",
             ("mean_field", "inverse", "released_inverse", "forward", "smoothing", "window"), default="mean_field"),
        Knob("motion", int, "length of the motion vector v[t]", least=1, below=2**14, default=8),
        Knob("noise", str, "noise of the transition: the same at all steps of a clip, or fresh at each",
             ("same", "fresh"), default="same"),
        Knob("transition_units", int, "units of each dense layer of the transition", least=1, below=2**14, default=256),
        Knob("transition_skip", str,
             "what is added to the dense layers of the transition: v[t-1], with a bound or not, or a linear layer of "
             "it",
             ("identity", "linear", "bounded"), default="identity"),
        Knob("transition_weights", str, "initial weights of the transition", ("glorot_uniform", "he_uniform"),
             default="glorot_uniform"),
        Knob("networks", str,
             "neural networks: the paper's, or those that draw one thing at a place, for one thing that moves on black",
             tables.CLIP_NETWORKS, default="paper", before="paper"),
        Knob("prior_weight", float, "weight of a cost that makes latent variables of q distributed as the prior",
             least=0, default=0.0, before=0.0),
        Knob("transition_weight", float, "weight of a cost that makes p's transition lead from q's v[t] to q's v[t+1]",
             least=0, default=0.0, before=0.0),
        Knob("content_factor", bool, "a factor of its own for the content h", only={"model": ("ssgan-l",)}),
        Knob("split", str,
             "how chairs are divided into training and test: by chair, or by sequence as in the paper's code",
             ("chair", "released"), only=_CHAIRS, kept=EVERYWHERE, default="chair", before="chair"),
        Knob("starts", str, "first frame of a clip that is shorter than the turn of a chair: any, or the first one",
             ("random", "first"), only=_CHAIRS, default="random", before="random"),
    ),
    datasets=_SSGAN_DATASETS,
    recipes={
        "released": AUTHORS["released"] | {"content_factor": True},
        "paper": AUTHORS["paper"] | {"content_factor": False, "transition_skip": "linear"},
        "modern": MODERN_CLIPS,
    },
    exceptions=(
        ({"dataset": "chairs", "recipe": "released"}, {"split": "released", "starts": "first"}),
        ({"dataset": "chairs", "recipe": "released", "T": 4}, {"starts": "random"}),
        *(({"recipe": "modern", "dataset": name}, chosen) for name, chosen in MODERN_CLIP_DATASETS.items()),
        WGAN_GP,
    ),
)  # fmt: skip
