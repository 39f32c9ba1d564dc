"""GMGAN, the Gaussian mixture GAN (the paper, section 3), and its baselines: k -> h -> x."""

from graphical_gan.engine import GraphicalGAN, Relaxed, priors
from graphical_gan.game import Game, Objective
from graphical_gan.game.aggregated import AggregatedKL, GaussianExtractor, MeanDiscrepancy, mixture_log_density
from graphical_gan.graph import BayesianNetwork, Node, global_family, latent_family, local_families
from graphical_gan.layers.networks import ImageNetworks, image_networks

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
    networks: ImageNetworks,
    K: int,
    relaxation: str,
    temperature: float,
    objective: Objective | None = None,
    labels: bool = False,
) -> Game:
    """GMGAN-L (local), GMGAN-G (global) or GAN-G (ALI, without k).

    Args:
        relaxation: of k in q, a key of `tables.RELAXATIONS`.
        temperature: of the concrete relaxations.
        objective: divergence and terms; the paper's if None.
        labels: whether k is known for some images, as the class of each.
    """
    network, families = MODELS[model]
    if network is ALI_NETWORK:
        conditionals = _plain(networks)
    else:
        network = LABELLED_NETWORK if labels else network
        conditionals = _mixture(networks, K, relaxation, temperature)
    engine = GraphicalGAN(network, *conditionals)
    return (objective or Objective()).game(engine, families(network), networks)


def build_vegan(
    match: str, networks: ImageNetworks, K: int, relaxation: str, temperature: float | None, objective: Objective
) -> Game:
    """VEGAN: data by a reconstruction alone, and the latents of q matched to those of p; no joint discriminator.

    Args:
        objective: with a reconstruction of x.
    """
    model = GraphicalGAN(NETWORK, *_mixture(networks, K, relaxation, temperature, density=match == "kl"))
    log_prior = mixture_log_density(model.generative["h"])
    terms = {"adversarial": [], "mmd": [MeanDiscrepancy()], "kl": [AggregatedKL(log_prior)]}
    return objective.game(model, VEGAN_FAMILIES[match](NETWORK), networks, further=terms[match])


def _plain(networks):
    """The conditionals of p and of q without k."""
    generative = {
        "h": priors.standard_normal(networks.latent),  # p(h) = N(0, I)
        "x": networks.generator(),  # x = G(h)
    }
    return generative, {"h": networks.extractor(networks.latent)}  # h = E(x)


def _mixture(networks, K, relaxation, temperature, density=False):
    """The conditionals of p and of q; q(h|x) with a density, or without noise."""
    generator, latent = networks.generator(), networks.latent
    extractor = GaussianExtractor(networks.extractor(2 * latent)) if density else networks.extractor(latent)
    table = priors.GaussianTable(K, latent)
    generative = {
        "k": priors.uniform_one_hot(K),  # p(k) = 1/K
        "h": table,  # p(h|k) = N(h; mu_k, I)
        "x": generator,  # x = G(h)
    }
    recognition = {
        "h": extractor,  # h = E(x)
        "k": Relaxed(priors.GaussianPosterior(table), relaxation, temperature),  # q(k|h) = N(h; mu_k, I) / sum
    }
    return generative, recognition


def from_settings(settings: dict, data_spec) -> Game:
    """The game that the settings of a run describe (`recipes`), for images of the data's shape and range."""
    networks, objective = image_networks(settings, data_spec), Objective.from_settings(settings)
    mixture = settings["K"], settings["relaxation"], settings["temperature"]
    if settings["model"] == "vegan":
        _check_vegan(settings)
        return build_vegan(settings["match"], networks, *mixture, objective)
    return build(settings["model"], networks, *mixture, objective, bool(settings["labels"]))


def _check_vegan(settings):
    if settings["reconstruction"] not in ("x", "both"):
        raise ValueError(
            f"--reconstruction={settings['reconstruction']} with --model=vegan, to which only a reconstruction shows "
            "the data; expected x or both. Leave the flag out."
        )
