"""GMGAN, the Gaussian mixture GAN (the paper, section 3), and its baselines: k -> h -> x."""

import dataclasses

from graphical_gan import priors
from graphical_gan.factors import Game, global_family, local_families
from graphical_gan.graph import BayesianNetwork, Node
from graphical_gan.model import GraphicalGAN
from graphical_gan.networks import Extractor, Features, Generator, JointDiscriminator, VectorDiscriminator, output_of
from graphical_gan.objective import Objective
from graphical_gan.relaxations import Relaxed
from graphical_gan.terms import KnownValues

NETWORK = BayesianNetwork([Node("k"), Node("h", ["k"]), Node("x", ["h"], observed=True)])
LABELLED_NETWORK = BayesianNetwork([Node("k", partly=True), Node("h", ["k"]), Node("x", ["h"], observed=True)])
LABEL_WEIGHT = 10.0  # a tenth of a minibatch has labels
ALI_NETWORK = BayesianNetwork([Node("h"), Node("x", ["h"], observed=True)])
MODELS = {
    "gmgan-l": (NETWORK, local_families),
    "gmgan-g": (NETWORK, global_family),
    "gan-g": (ALI_NETWORK, global_family),
}


@dataclasses.dataclass(frozen=True)
class Architecture:
    """Sizes and choices of the networks of Tables 2 and 3.

    Attributes:
        image_shape: (H, W, C).
        latent: length of h.
        width: channels next to the image.
        units: of each dense layer of the discriminators.
        output: activation of the images, "sigmoid" or "tanh".
        batch_norm: whether G and E are normalised.
        dropout: rate in the discriminators.
        discriminator_batch_norm: whether D of the images is normalised.
        discriminator_dense_layers: dense layers of its latent branch and of its joint one.
    """

    image_shape: tuple[int, int, int]
    latent: int
    width: int
    units: int
    output: str
    batch_norm: bool
    dropout: float
    discriminator_batch_norm: bool
    discriminator_dense_layers: int


def build(
    model: str,
    architecture: Architecture,
    K: int,
    relaxation: str,
    temperature: float,
    objective: Objective | None = None,
    labels: bool = False,
) -> Game:
    """GMGAN-L (local), GMGAN-G (global) or GAN-G (ALI, without k).

    Args:
        model: a key of `MODELS`.
        architecture: of the networks.
        K: number of mixture components.
        relaxation: of k in q, a key of `relaxations.RELAXATIONS`.
        temperature: of the concrete relaxations.
        objective: divergence and terms; the paper's if None.
        labels: whether k is known for some images, as the class of each.
    """
    network, families = MODELS[model]
    network = LABELLED_NETWORK if labels else network
    a = architecture
    generator = Generator(a.image_shape, a.width, a.output, a.batch_norm)
    extractor = Extractor(a.image_shape, a.latent, a.width, a.batch_norm)
    if "k" in network.nodes:
        table = priors.GaussianTable(K, a.latent)
        posterior = Relaxed(priors.GaussianPosterior(table), relaxation, temperature)
        generative = {"k": priors.uniform_one_hot(K), "h": table, "x": generator}
        recognition = {"h": extractor, "k": posterior}
    else:
        generative = {"h": priors.standard_normal(a.latent), "x": generator}
        recognition = {"h": extractor}
    families = families(network)
    engine = GraphicalGAN(network, generative, recognition)
    discriminators = [_discriminator(family, a) for family in families]
    further = [KnownValues(LABEL_WEIGHT)] if labels else []
    return (objective or Objective()).game(engine, families, discriminators, further)


def from_settings(settings: dict, about) -> Game:
    """The game that the settings of a run describe (`recipes`), for images of `about.image_shape` and `value_range`."""
    derived = {"image_shape": about.image_shape, "output": output_of(about.value_range)}
    names = {field.name for field in dataclasses.fields(Architecture)} - set(derived)
    architecture = Architecture(**{name: settings[name] for name in names}, **derived)
    if settings["labels"] and settings["K"] != about.classes:
        raise ValueError(
            f"--K={settings['K']} with --labels={settings['labels']}; components are then the "
            f"{about.classes} classes of --dataset={settings['dataset']}. Give --K={about.classes}."
        )
    chosen = {name: settings[name] for name in ("model", "K", "relaxation", "temperature")}
    return build(
        **chosen,
        architecture=architecture,
        objective=Objective.from_settings(settings),
        labels=bool(settings["labels"]),
    )


def _discriminator(family, a):
    if family.scope[0].name != "x":
        return VectorDiscriminator(a.units, a.dropout)
    features = Features(a.image_shape, a.width, a.discriminator_batch_norm, a.dropout)
    return JointDiscriminator(features, a.units, a.dropout, a.discriminator_dense_layers)
