"""GMGAN, the Gaussian mixture GAN (the paper, section 3), and its baselines: k -> h -> x."""

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.game.aggregated import AggregatedKL, GaussianExtractor, MeanDiscrepancy, mixture_log_density
from graphical_gan.game.discriminators import Architecture
from graphical_gan.game.factors import Game, global_family, latent_family, local_families
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node

NETWORK = BayesianNetwork([Node("k"), Node("h", ["k"]), Node("x", ["h"], observed=True)])
LABELLED_NETWORK = BayesianNetwork([Node("k", partly=True), Node("h", ["k"]), Node("x", ["h"], observed=True)])
ALI_NETWORK = BayesianNetwork([Node("h"), Node("x", ["h"], observed=True)])
MODELS = {
    "gmgan-l": (NETWORK, local_families),
    "gmgan-g": (NETWORK, global_family),
    "gan-g": (ALI_NETWORK, global_family),
}
VEGAN_FAMILIES = {"adversarial": latent_family, "mmd": lambda network: (), "kl": lambda network: ()}


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
    generator, extractor = a.generator(), a.extractor(a.latent)
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
    of_images = [family.scope[0].name == "x" for family in families]
    discriminators = [a.image_discriminator() if x else a.vector_discriminator() for x in of_images]
    return (objective or Objective()).game(engine, families, discriminators)


def build_vegan(match: str, architecture: Architecture, K: int, relaxed: dict, objective: Objective) -> Game:
    """VEGAN: data by a reconstruction alone, and the latents of q matched to those of p; no joint discriminator.

    Args:
        match: a key of `VEGAN_FAMILIES`.
        architecture: of the networks.
        K: number of mixture components.
        relaxed: relaxation and temperature of k, keywords of `Relaxed`.
        objective: with a reconstruction of x.
    """
    a, table = architecture, priors.GaussianTable(K, architecture.latent)
    extractor = GaussianExtractor(a.extractor(2 * a.latent)) if match == "kl" else a.extractor(a.latent)
    generative = {"k": priors.uniform_one_hot(K), "h": table, "x": a.generator()}
    recognition = {"h": extractor, "k": Relaxed(priors.GaussianPosterior(table), **relaxed)}
    families = VEGAN_FAMILIES[match](NETWORK)
    terms = {"adversarial": [], "mmd": [MeanDiscrepancy()], "kl": [AggregatedKL(mixture_log_density(table))]}
    model = GraphicalGAN(NETWORK, generative, recognition)
    return objective.game(model, families, [a.vector_discriminator() for _ in families], terms[match])


def from_settings(settings: dict, about) -> Game:
    """The game that the settings of a run describe (`recipes`), for images of `about.image_shape` and `value_range`."""
    if settings["labels"] and settings["K"] != about.classes:
        raise ValueError(
            f"--K={settings['K']} with --labels={settings['labels']}; components are then the "
            f"{about.classes} classes of --dataset={settings['dataset']}. Give --K={about.classes}."
        )
    if settings["model"] == "vegan":
        _check_vegan(settings)
        relaxed = {name: settings[name] for name in ("relaxation", "temperature") if settings[name] is not None}
        a, objective = Architecture.from_settings(settings, about), Objective.from_settings(settings)
        return build_vegan(settings["match"], a, settings["K"], relaxed, objective)
    chosen = {name: settings[name] for name in ("model", "K", "relaxation", "temperature")}
    return build(
        **chosen,
        architecture=Architecture.from_settings(settings, about),
        objective=Objective.from_settings(settings),
        labels=bool(settings["labels"]),
    )


def _check_vegan(settings):
    if settings["reconstruction"] not in ("x", "both"):
        raise ValueError(
            f"--reconstruction={settings['reconstruction']} with --model=vegan, to which only a reconstruction shows "
            "the data; expected x or both. Leave the flag out."
        )
    for name, default in (("divergence", "js"), ("gradient_penalty", 0)):
        if settings["match"] != "adversarial" and settings[name] != default:
            raise ValueError(
                f"--{name}={settings[name]} has no effect with --match={settings['match']}, which has no "
                "discriminator. Leave one of them out."
            )
