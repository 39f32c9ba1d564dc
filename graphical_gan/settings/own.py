"""The knobs of a network of one's own: those of an instance that its builder can use, and how its q is found."""

from graphical_gan.settings import tables
from graphical_gan.settings.common_knobs import AUTHORS
from graphical_gan.settings.knobs import Instance, Knob
from graphical_gan.settings.modern import views
from graphical_gan.settings.recipes import GMGAN, SSGAN

# What makes q right in networks that are not the paper's, where its own choices do not.
_FAITHFUL = "structure of q: an inverse that assumes no independence that p lacks, or the inverse of the paper's Alg. 2"
_FACTORS = "factors: one for each family of p and q, one for each family of p, or one of all variables"
_OWN = (
    Knob("faithful", bool, _FAITHFUL, default=True, before=False),
    Knob("factors", str, _FACTORS, tables.FACTORS, default="families", before="local"),
)
_RELAXED = {
    "relaxation": {
        "only": {},
        "help": "how gradients pass through discrete variables of q",
        "default": "straight_through_concrete",
        "before": "concrete",
    },
    "temperature": {"only": {"relaxation": ("concrete", "straight_through_concrete")}, "before": 0.1},
}


def of_images(name: str) -> Instance:
    """The knobs of a network of one's own over images: those of GMGAN that its builder can use, and one model."""
    left_out = ("coarse", "recognition", "match")
    changed = {"labels": {"only": {}, "help": "number of training images whose class is known"}}
    changed |= {knob.name: {"only": knob.only} for knob in views({})}  # whatever the name of the model
    return _own(GMGAN, name, left_out, changed)


def of_clips(name: str) -> Instance:
    """The knobs of a network of one's own over clips: those of SSGAN and its discriminators', and one model."""
    of_transition = ("noise", "transition_units", "transition_skip", "transition_weights")
    of_latents = ("networks", "prior_weight", "transition_weight")
    left_out = ("recognition", "content_factor", *of_transition, *of_latents)
    own = _own(SSGAN, name, left_out, {"recipe": {"allowed": AUTHORS}})  # modern is of these
    theirs, wanted = {k.name for k in own.knobs}, ("discriminator_", "networks", *_RELAXED)
    further = tuple(k for k in GMGAN.knobs if k.name.startswith(wanted) and k.name not in theirs)
    return own._replace(knobs=own.knobs + tuple(k._replace(**_RELAXED.get(k.name, {})) for k in further))


def of_variables(name: str) -> Instance:
    """The knobs of a network of one's own over variables of any kind: those of GMGAN that are not of images."""
    left_out = ["coarse", "recognition", "match", "labels", "crop", "image_size", "data_dir", "networks"]
    left_out += [
        "augment",
        "augment_strength",
        "discriminator_batch_norm",
        "discriminator_dense_layers",
        *(knob.name for knob in views({})),
    ]
    datasets = {"variables": {"K": 10, "width": 16, "latent": 8, "batch_size": 50, "steps": 4000}}
    changed = {"dataset": {"allowed": datasets, "default": "variables"}, "keep_best": {"allowed": ("mse",)}}
    return _own(GMGAN, name, left_out, changed)._replace(datasets=datasets)


def _own(instance, name, left_out, changed):
    changed |= _RELAXED
    changed |= {"model": {"allowed": (name,), "help": "the network of your own", "default": name}}
    changed |= {"batch_norm": {"help": "batch normalisation of the generator and the extractors"}}
    knobs = [k._replace(**changed.get(k.name, {})) for k in instance.knobs if k.name not in left_out]
    datasets = {of: {n: v for n, v in sizes.items() if n != "recipe"} for of, sizes in instance.datasets.items()}
    return instance._replace(knobs=(*knobs, *_OWN), datasets=datasets)
