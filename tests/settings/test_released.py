"""The defaults of the recipe released beside the constants of the paper's code, row by row.

Columns are the code's scripts: GAN-G and GMGAN on MNIST, SVHN, CIFAR10 and faces; SSGAN on Moving MNIST and chairs.
"""

import pytest

from graphical_gan import data
from graphical_gan.runs.programs import PROGRAMS

# The code's scripts: program, data set.
SCRIPTS = {
    "mnist": ("gmgan", "mnist"),
    "svhn": ("gmgan", "svhn_cropped"),
    "cifar10": ("gmgan", "cifar10"),
    "face": ("gmgan", "celeb_a"),
    "moving_mnist": ("ssgan", "moving_mnist"),
    "chairs": ("ssgan", "chairs"),
}
IMAGES, CLIPS = ("mnist", "svhn", "cifar10", "face"), ("moving_mnist", "chairs")
# By knob, the constant of each script, or one for all of them.
CODE = {
    "steps": (200_000, 200_000, 200_000, 100_000, 100_000, 40_000),  # ITERS
    "batch_size": (50, 64, 64, 128, 50, 50),  # BATCH_SIZE
    "learning_rate": (2e-4, 2e-4, 2e-4, 2e-4, 1e-4, 1e-4),  # LR
    "latent": 128,  # DIM_LATENT, DIM_LATENT_G
    "width": (64, 64, 64, 32, 32, 32),  # DIM, DIM_G, DIM_D
    "units": 512,
    "batch_norm": (True, False, True, False, False, False),  # BN_FLAG, BN_FLAG_G and BN_FLAG_E
    "dropout": 0.0,  # DR_RATE is .2, but tf.layers.dropout is never told that it trains
    "divergence": "js",  # MODE: local_ep, ali
    "players_cost": "non_saturating",
    "gradient_penalty": 0.0,
    "reconstruction": "none",
    "learning_rate_decay": "none",  # DECAY is False
    "update": "alternating",
    "update_order": "players_first",
    "discriminator_steps": 1,  # CRITIC_ITERS
    "precision": "float32",
    "average": None,
}
CODE_OF_IMAGES = {
    "K": (30, 50, 30, 100),  # N_COMS
    "relaxation": "concrete",  # MODE_K
    "temperature": 0.1,  # TEMP
    "discriminator_batch_norm": False,
    "discriminator_dense_layers": 1,
    "networks": "paper",
    "labels": 0,
    "crop": (None, None, None, "released"),
    "views": "none",
    "augment": "none",  # no image is changed anywhere
    "refit_until": 0,
    "holdout": (None, 0, 0, 0),  # of MNIST the 10,000 of its pickle
}
CODE_OF_CLIPS = {
    "T": (16, 31),  # LEN
    "motion": 8,  # DIM_LATENT_L, DIM_LATENT_T
    "recognition": "mean_field",  # POS_MODE: naive_mean_field
    "noise": "same",
    "transition_units": 256,  # DIM_OP
    "transition_skip": ("identity", "linear"),  # OP_DYN_MODE: res, res_w
    "transition_weights": "glorot_uniform",
    "content_factor": True,  # ZGDiscrminator
    "networks": "paper",
    "prior_weight": 0.0,
    "transition_weight": 0.0,
    "split": (None, "released"),
    "starts": (None, "first"),
    "holdout": 0,
}
# What the code has no word for, or no choice of: how runs are named, kept and looked at, other models, other data.
OURS = {
    "dataset", "model", "recipe", "seed", "jit", "strategy", "deterministic", "on_nonfinite", "image_size",
    "run_dir", "data_dir", "manual_dir", "log_every", "evaluate_every", "save_every", "keep_best",
}  # fmt: skip


def resolved(script, **given):
    program, dataset = SCRIPTS[script]
    return PROGRAMS[program].recipe.resolve({"dataset": dataset} | given)


def constants(script):
    """The code's constants of a script, by knob."""
    own, scripts = (CODE_OF_IMAGES, IMAGES) if script in IMAGES else (CODE_OF_CLIPS, CLIPS)
    columns = [(CODE, tuple(SCRIPTS)), (own, scripts)]
    return {
        name: value[names.index(script)] if isinstance(value, tuple) else value
        for rows, names in columns
        for name, value in rows.items()
    }


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_default_of_released_is_the_constant_of_the_code(script):
    settings, expected = resolved(script), constants(script)
    for name, value in expected.items():
        assert settings[name] == value, name
    unknown = {name for name, value in settings.items() if value is not None} - set(expected) - OURS
    assert not unknown, "new defaults of released: say here what the code does"


@pytest.mark.parametrize("script", IMAGES)
def test_gan_g_is_the_codes_too(script):
    settings, expected = resolved(script, model="gan-g"), constants(script)
    only_with_k = {"relaxation", "temperature", "labels", "refit_until"}
    # The discriminator of gan_inference_mnist.py is deeper than all others, and normalised.
    deeper = {"discriminator_batch_norm": True, "discriminator_dense_layers": 2} if script == "mnist" else {}
    for name, value in (expected | deeper).items():
        assert settings[name] == (None if name in only_with_k else value), name


def test_vegan_has_the_codes_sizes_and_critic_steps():
    settings = resolved("mnist", model="vegan")
    chosen = {"latent": 8, "batch_norm": False, "discriminator_steps": 5, "reconstruction": "x"}
    assert {name: settings[name] for name in chosen} == chosen
    assert resolved("mnist", model="vegan", latent=3, discriminator_steps=2)["discriminator_steps"] == 2


# What the code reads: examples to train on, and the test set, which it watches too; the range of pixels.
READ = {
    "mnist": (50_000, 10_000, (0, 1), (28, 28, 1)),
    "svhn": (73_257, 26_032, (-1, 1), (32, 32, 3)),
    "cifar10": (50_000, 10_000, (-1, 1), (32, 32, 3)),
    "face": (197_599, 5_000, (-1, 1), (64, 64, 3)),
    "moving_mnist": (60_000, 10_000, (-1, 1), (64, 64, 1)),
    "chairs": (2_586, 200, (-1, 1), (64, 64, 3)),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_data_is_the_codes(script):
    about = PROGRAMS[SCRIPTS[script][0]].describe(resolved(script))
    assert (about.training_examples, about.test_examples, about.value_range, about.image_shape) == READ[script]


def test_only_moving_mnist_is_given_labels():
    assert [n for n, known in data.CLIP_DESCRIPTIONS.items() if known.conditioned] == ["moving_mnist"]


# Where the text differs; all else is the same in both recipes.
TEXT = {
    "mnist": {"dropout": 0.2, "update_order": "discriminators_first"},
    "face": {"dropout": 0.2, "update_order": "discriminators_first", "crop": "paper"},
    "moving_mnist": {
        "dropout": 0.2,
        "update_order": "discriminators_first",
        "content_factor": False,
        "transition_skip": "linear",
    },
    "chairs": {
        "dropout": 0.2,
        "update_order": "discriminators_first",
        "content_factor": False,
        "split": "chair",
        "starts": "random",
    },
}


@pytest.mark.parametrize("script", TEXT)
def test_paper_differs_from_released_where_the_text_does(script):
    released, paper = resolved(script), resolved(script, recipe="paper")
    assert {n: v for n, v in paper.items() if v != released[n] and n != "recipe"} == TEXT[script]
