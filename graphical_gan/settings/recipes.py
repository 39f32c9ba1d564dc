"""The defaults of every knob, by instance, data set and recipe: one table. A flag that the user gives wins.

`released` is what the released code computes when run, `paper` follows the text where the two differ; `modern`, for
images, is what measures better than both (see `modern`).
"""

from graphical_gan.settings import tables
from graphical_gan.settings.knobs import Instance, Knob
from graphical_gan.settings.modern import MODERN, MODERN_DATASETS, WITHOUT_VIEWS, views

RECIPES = ("released", "paper")
_TERMS = ("none", "x", "h", "both")
_RECONSTRUCTED = {"reconstruction": _TERMS[1:]}
_OWN_IMAGES = ("folder", "clips_folder")
_PRECISIONS = ("float32", "bfloat16", "float16")
_UPDATES = ("alternating", "simultaneous")
_DEVICES = ("mirrored", "multi_worker")
_RECONSTRUCTION = (
    Knob("reconstruction", str, "of data, of latent vectors, or both, as a further term (ALICE)", _TERMS),
    Knob("reconstruction_weight", float, "of each term", least=0, only=_RECONSTRUCTED),
    Knob(
        "reconstruction_x_weight",
        float,
        "of the term of data, if it is another",
        least=0,
        only={"reconstruction": ("x", "both")},
    ),
    Knob("reconstruction_distance", str, "an element", tables.DISTANCES, only=_RECONSTRUCTED),
)


def _common(datasets, models, scores, recipes=RECIPES):
    """Knobs of both instances; the first data set and model are the defaults."""
    return (
        Knob("dataset", str, "data set", datasets),
        Knob("model", str, "local algorithm, or a global baseline", models),
        Knob("recipe", str, "which side to be on where the paper and its code differ", recipes),
        Knob("steps", int, "number of training steps", least=1, identity=False),
        Knob("batch_size", int, "examples of a minibatch, over all replicas", least=2, below=2**16),
        Knob("seed", int, "of weights, data order and noise", least=0, below=2**31),
        Knob("width", int, "channels of the feature map next to the image", least=1, below=2**12),
        Knob("latent", int, "length of h", least=1, below=2**14),
        Knob("units", int, "of each dense layer of the discriminators", least=1, below=2**14),
        Knob("batch_norm", bool, "normalise over the minibatch: generator, and the extractor of GMGAN"),
        Knob("dropout", float, "rate in the discriminators", least=0, below=1),
        Knob("learning_rate", float, "of both Adam optimizers", least=0),
        Knob("learning_rate_decay", str, "of the rate to 0, over all steps", tables.DECAYS, before="none"),
        Knob("divergence", str, "that the discriminators estimate", tables.DIVERGENCES),
        Knob("gradient_penalty", float, "weight of the penalty that keeps discriminators 1-Lipschitz", least=0),
        *_RECONSTRUCTION,
        Knob("precision", str, "that networks compute in; variables, logits and costs are float32", _PRECISIONS),
        Knob("update", str, "players in turn, each on its own minibatch, or both from one forward pass", _UPDATES),
        Knob(
            "update_order",
            str,
            "which player moves first",
            ("players_first", "discriminators_first"),
            only={"update": ("alternating",)},
        ),
        Knob(
            "image_size",
            int,
            "height and width that images of your own are resized to",
            (28, 32, 64),
            only={"dataset": _OWN_IMAGES},
        ),
        Knob("strategy", str, "devices of this machine, or of those in TF_CONFIG", _DEVICES, identity=False),
        Knob("jit", bool, "compile steps with XLA; by default on one GPU, and not elsewhere", identity=False),
        Knob("run_dir", str, "folder of the run; by default under ~/graphical-gan/runs", identity=False),
        Knob("data_dir", str, "where tensorflow-datasets keeps its data", identity=False),
        Knob("manual_dir", str, "files that you have: your own, or downloads for tensorflow-datasets"),
        Knob("log_every", int, "steps between scalars", least=1, identity=False),
        Knob("evaluate_every", int, "steps between evaluations and pictures", least=1, identity=False),
        Knob("save_every", int, "steps between checkpoints", least=1, identity=False),
        Knob(
            "keep_best", str, "keep the weights that do best by this score on validation data", scores, identity=False
        ),
        Knob(
            "average", float, "momentum of an average of the model's weights, scored beside the last", least=0, below=1
        ),
        Knob("deterministic", bool, "the same bits every time, on GPUs as well, where it is slower", identity=False),
        Knob(
            "on_nonfinite",
            str,
            "stop at a number that is not finite, or go back to the last checkpoint and on with other draws",
            ("stop", "rollback"),
            identity=False,
        ),
    )


_DEFAULTS = {
    "recipe": "released",
    "seed": 0,
    "latent": 128,
    "units": 512,
    "batch_norm": False,
    "learning_rate_decay": "none",
    "divergence": "js",
    "gradient_penalty": 0.0,
    "reconstruction": "none",
    "reconstruction_weight": 1.0,
    "reconstruction_x_weight": None,
    "reconstruction_distance": "l2",
    "precision": "float32",
    "strategy": "mirrored",
    "jit": None,
    "update": "alternating",
    "image_size": None,
    "keep_best": None,
    "average": None,
    "run_dir": None,
    "data_dir": None,
    "manual_dir": None,
    "log_every": 100,
    "evaluate_every": 1000,
    "save_every": 1000,
    "deterministic": False,
    "on_nonfinite": "stop",
}
_ORDERS = {
    "released": {"dropout": 0.0, "update_order": "players_first"},
    "paper": {"dropout": 0.2, "update_order": "discriminators_first"},
}

# A critic of WGAN-GP has a penalty of 10, and no batch normalisation.
_WGAN_GP = ({"divergence": "wasserstein_gp"}, {"gradient_penalty": 10.0, "discriminator_batch_norm": False})

_IMAGE_SCORES = ("mse", "acc_nearest", "acc_top_posterior", "nmi", "ari")
_DIGITS_28 = {"K": 30, "width": 64, "batch_size": 50, "steps": 200_000, "batch_norm": True}
_COLOUR_32 = {"K": 30, "width": 64, "batch_size": 64, "steps": 200_000, "batch_norm": True}
_GMGAN_DATASETS = {
    "digits": {"K": 20, "width": 32, "batch_size": 50, "steps": 4000, "batch_norm": True},
    "mnist": _DIGITS_28,
    "fashion_mnist": _DIGITS_28,
    "svhn_cropped": {"K": 50, "width": 64, "batch_size": 64, "steps": 200_000},
    "cifar10": _COLOUR_32,
    "celeb_a": {"K": 100, "width": 32, "batch_size": 128, "steps": 100_000},
    "folder": _COLOUR_32 | {"image_size": 32},
}
_MIXTURES = {"model": ("gmgan-l", "gmgan-g")}
_WITH_K = {"model": ("gmgan-l", "gmgan-g", "tree", "style", "vegan")}
_TREE = {"model": ("tree",)}
# GAN-G on 28x28 digits has a deeper discriminator with batch normalisation in the released code.
_RELEASED_ALI = {"discriminator_batch_norm": True, "discriminator_dense_layers": 2}

GMGAN = Instance(
    knobs=_common(tuple(_GMGAN_DATASETS), tables.IMAGE_MODELS, _IMAGE_SCORES, (*RECIPES, "modern"))
    + (
        Knob("K", int, "number of mixture components", least=1, below=2**16),
        Knob("labels", int, "training images whose class is known: it is k then", least=0, only=_MIXTURES),
        Knob("coarse", int, "coarse clusters, each with K / coarse fine ones", least=1, below=2**16, only=_TREE),
        Knob(
            "match",
            str,
            "of the latents of q with those of p",
            ("adversarial", "mmd", "kl"),
            only={"model": ("vegan",)},
        ),
        Knob("recognition", str, "structure of q", ("inverse", "mean_field"), only={"model": ("style",)}),
        Knob("relaxation", str, "how gradients pass k in q", tables.RELAXATIONS, only=_WITH_K),
        Knob(
            "temperature",
            float,
            "of the concrete relaxations",
            least=1e-3,
            only=_WITH_K | {"relaxation": ("concrete", "straight_through_concrete")},
        ),
        *views(_WITH_K),
        Knob("networks", str, "generator and extractor", tables.NETWORKS, before="paper"),
        Knob("discriminator_batch_norm", bool, "normalise the image discriminator over the minibatch"),
        Knob("discriminator_dense_layers", int, "of each branch of the image discriminator", least=1, below=2**6),
        Knob(
            "crop", str, "rows 7 to 70 of the image at width 64, or the centre", RECIPES, only={"dataset": ("celeb_a",)}
        ),
        Knob("holdout", int, "training images held out for validation; by default the data set's own", least=0),
    ),
    defaults=_DEFAULTS
    | WITHOUT_VIEWS
    | {
        "networks": "paper",
        "crop": "released",
        "labels": 0,
        "coarse": 10,
        "recognition": "inverse",
        "match": "adversarial",
        "dataset": "digits",
        "model": "gmgan-l",
        "learning_rate": 2e-4,
        "relaxation": "concrete",
        "temperature": 0.1,
        "discriminator_batch_norm": False,
        "discriminator_dense_layers": 1,
        "holdout": None,
    },
    datasets=_GMGAN_DATASETS,
    recipes=_ORDERS | {"modern": MODERN},
    exceptions=(
        *(({"recipe": "modern", "dataset": name}, chosen) for name, chosen in MODERN_DATASETS.items()),
        ({"dataset": "mnist", "model": "gan-g", "recipe": "released"}, _RELEASED_ALI),
        ({"dataset": "fashion_mnist", "model": "gan-g", "recipe": "released"}, _RELEASED_ALI),
        ({"recipe": "paper"}, {"crop": "paper"}),
        ({"model": "vegan"}, {"reconstruction": "x"}),
        _WGAN_GP,
    ),
)


_SSGAN_DATASETS = {
    "moving_digits": {
        "T": 16, "width": 16, "latent": 16, "batch_size": 8, "steps": 1500, "learning_rate": 2e-4, "batch_norm": True,
        "transition_weights": "he_uniform", "evaluate_every": 500,
    },
    "turning_chairs": {"T": 31, "width": 32, "batch_size": 50, "steps": 40_000, "transition_skip": "linear"},
    "moving_mnist": {"T": 16, "width": 32, "batch_size": 50, "steps": 100_000},
    "chairs": {"T": 31, "width": 32, "batch_size": 50, "steps": 40_000, "transition_skip": "linear"},
    "clips_folder": {"T": 16, "width": 32, "batch_size": 50, "steps": 40_000, "image_size": 64},
}  # fmt: skip

SSGAN = Instance(
    knobs=_common(tuple(_SSGAN_DATASETS), tables.CLIP_MODELS, ("mse", "analogy_mse"))
    + (
        Knob("T", int, "number of frames of a clip", least=2, below=2**12),
        Knob("recognition", str, "structure of q over time", ("mean_field", "inverse", "forward", "smoothing")),
        Knob("motion", int, "length of v[t]", least=1, below=2**14),
        Knob("noise", str, "of the transition: the same at every step, or fresh", ("same", "fresh")),
        Knob("transition_units", int, "of each dense layer of the transition", least=1, below=2**14),
        Knob("transition_skip", str, "what the transition adds to v[t]'s network", ("identity", "linear")),
        Knob("transition_weights", str, "initial ones", ("glorot_uniform", "he_uniform")),
        Knob("content_factor", bool, "whether there is a factor (h) of its own", only={"model": ("ssgan-l",)}),
        Knob(
            "split", str, "by chair, or by sequence as released", ("chair", "released"), only={"dataset": ("chairs",)}
        ),
    ),
    defaults=_DEFAULTS
    | {
        "dataset": "moving_digits",
        "model": "ssgan-l",
        "learning_rate": 1e-4,
        "recognition": "mean_field",
        "motion": 8,
        "noise": "same",
        "transition_units": 256,
        "transition_skip": "identity",
        "transition_weights": "glorot_uniform",
        "split": "chair",
        "reconstruction_weight": 0.1,  # released code
    },
    datasets=_SSGAN_DATASETS,
    recipes={
        "released": _ORDERS["released"] | {"content_factor": True},
        "paper": _ORDERS["paper"] | {"content_factor": False, "transition_skip": "linear"},
    },
    exceptions=(_WGAN_GP,),
)


def of_images(name: str) -> Instance:
    """The knobs of a network of one's own over images: those of GMGAN that its builder can use, and one model."""
    left_out = ("coarse", "recognition", "match", "relaxation", "temperature")
    changed = {"labels": {"only": {}, "help": "training images whose class is known"}}
    changed |= {knob.name: {"only": knob.only} for knob in views({})}  # whatever the name of the model
    return _own(GMGAN, name, left_out, changed)


def of_clips(name: str) -> Instance:
    """The knobs of a network of one's own over clips: those of SSGAN and its discriminators', and one model."""
    of_transition = ("noise", "transition_units", "transition_skip", "transition_weights")
    own = _own(SSGAN, name, ("recognition", "content_factor", *of_transition), {})
    further = tuple(k for k in GMGAN.knobs if k.name.startswith(("discriminator_", "networks")))
    return own._replace(
        knobs=own.knobs + further, defaults=own.defaults | {k.name: GMGAN.defaults[k.name] for k in further}
    )


def _own(instance, name, left_out, changed):
    changed = changed | {
        "model": {"allowed": (name,), "help": "the network of one's own"},
        "batch_norm": {"help": "normalise over the minibatch: generator and extractors"},
    }
    knobs = [k._replace(**changed.get(k.name, {})) for k in instance.knobs if k.name not in left_out]
    defaults = {n: v for n, v in instance.defaults.items() if n not in left_out} | {"model": name}
    return instance._replace(knobs=tuple(knobs), defaults=defaults)
