"""What is chosen by name, a row each: the name, and where it is ("module:attribute").

TensorFlow is loaded when an entry is used (`common.choices.chosen`), not when flags are checked. An addition is a row,
also from outside the package: `tables.DIVERGENCES["pearson"] = "my_module:PEARSON"` before a command begins.
"""

# The function from settings and what is known of the data to the `game.Game`.
IMAGE_MODELS = {
    "gmgan-l": "graphical_gan.instances.gmgan:from_settings",
    "gmgan-g": "graphical_gan.instances.gmgan:from_settings",
    "gan-g": "graphical_gan.instances.gmgan:from_settings",
    "tree": "graphical_gan.instances.tree:from_settings",
    "style": "graphical_gan.instances.style:from_settings",
    "vegan": "graphical_gan.instances.gmgan:from_settings",
    "gmvae": "graphical_gan.instances.gmvae:from_settings",
    "catgan": "graphical_gan.instances.catgan:from_settings",
}
CLIP_MODELS = {
    "ssgan-l": "graphical_gan.instances.ssgan:from_settings",
    "3dcnn": "graphical_gan.instances.ssgan:from_settings",
    "concat_x": "graphical_gan.instances.ssgan:from_settings",
    "concat_z": "graphical_gan.instances.ssgan:from_settings",
}

# The class of the neural networks of a model of images, made by `from_settings`.
NETWORKS = {
    "paper": "graphical_gan.layers.networks:ImageNetworks",
    "residual": "graphical_gan.layers.residual:ResidualNetworks",
    "dense": "graphical_gan.layers.dense:DenseNetworks",
}
# That of a model of clips.
CLIP_NETWORKS = {
    "paper": "graphical_gan.layers.clip_networks:ClipNetworks",
    "placed": "graphical_gan.layers.placed:PlacedNetworks",
}

# From p's network and q's graph to the factors of a network of one's own.
FACTORS = {
    "families": "graphical_gan.graph.families:families_of_both",
    "local": "graphical_gan.graph.families:local_families",
    "global": "graphical_gan.graph.families:global_family",
}

# A `losses.Divergence`.
DIVERGENCES = {
    "js": "graphical_gan.game.losses:JS",
    "kl": "graphical_gan.game.losses:KL",
    "reverse_kl": "graphical_gan.game.losses:REVERSE_KL",
    "hellinger": "graphical_gan.game.losses:HELLINGER",
    "wasserstein_gp": "graphical_gan.game.losses:WASSERSTEIN_GP",
}

# From a `losses.Divergence` to the one whose players are to be trained by it.
PLAYERS_COSTS = {
    "non_saturating": "graphical_gan.game.losses:non_saturating",
    "minimax": "graphical_gan.game.losses:minimax",
}

# From two tensors to their distance an element [B].
DISTANCES = {
    "l1": "graphical_gan.game.losses:l1",
    "l2": "graphical_gan.game.losses:l2",
}

# From logits and a temperature to a distribution of one-hot vectors, or to these themselves.
RELAXATIONS = {
    "concrete": "graphical_gan.engine.relaxations:concrete",
    "straight_through_concrete": "graphical_gan.engine.relaxations:straight_through_concrete",
    "straight_through": "graphical_gan.engine.relaxations:straight_through",
    "reinforce": "graphical_gan.engine.relaxations:reinforce",
}

# From images, a strength and a stream to other views of the images.
VIEWS = {
    "mirror": "graphical_gan.game.views:mirror",
    "shift": "graphical_gan.game.views:shift",
    "affine": "graphical_gan.game.views:affine",
    "photo": "graphical_gan.game.views:photo",
    "by_colour": "graphical_gan.game.views:by_colour",
}

# From the learning rate and the number of steps to a rate of Keras, or a schedule of rates.
DECAYS = {
    "none": "graphical_gan.training.optimizers:constant",
    "linear": "graphical_gan.training.optimizers:linear",
    "cosine": "graphical_gan.training.optimizers:cosine",
}

# From a study of a run and a seed to a picture, uint8 [H, W, C]; the first one shows samples.
IMAGE_FIGURES = {
    "components": "graphical_gan.evaluation.image_figures:components",
    "reconstructions": "graphical_gan.evaluation.image_figures:reconstructions",
    "tsne": "graphical_gan.evaluation.image_figures:tsne",
    "parallelogram": "graphical_gan.evaluation.image_figures:parallelogram",
}
CLIP_FIGURES = {
    "samples": "graphical_gan.evaluation.clip_figures:samples",
    "reconstructions": "graphical_gan.evaluation.clip_figures:reconstructions",
    "analogy": "graphical_gan.evaluation.clip_figures:analogy",
    "long": "graphical_gan.evaluation.clip_figures:long",
}
