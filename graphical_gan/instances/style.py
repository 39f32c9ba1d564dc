"""An image with two parents, content k and style h, independent a priori; its inverse makes them dependent."""

from graphical_gan.engine import GraphicalGAN, Relaxed, priors
from graphical_gan.game import Game, Objective
from graphical_gan.graph import BayesianNetwork, Node, local_families
from graphical_gan.layers.networks import image_networks

NETWORK = BayesianNetwork([Node("k"), Node("h"), Node("x", ["k", "h"], observed=True)])
STRUCTURES = {"inverse": NETWORK.inverse(), "mean_field": NETWORK.mean_field()}  # q(h|x) q(k|h,x); q(k|x) q(h|x)


def from_settings(settings: dict, data_spec) -> Game:
    """The game that the settings of a run describe (`recipes`), for images of `data_spec`."""
    networks, K, latent = image_networks(settings, data_spec), settings["K"], settings["latent"]
    generative = {
        "k": priors.uniform_one_hot(K),  # p(k) = 1/K
        "h": priors.standard_normal(latent),  # p(h) = N(0, I)
        "x": networks.generator(),  # x = G(k, h)
    }
    recognition = {
        "h": networks.extractor(latent),  # h = E(x)
        "k": Relaxed(networks.extractor(K), settings["relaxation"], settings["temperature"]),  # q(k|x), or q(k|h, x)
    }
    model = GraphicalGAN(NETWORK, generative, recognition, STRUCTURES[settings["recognition"]])
    return Objective.from_settings(settings).game(model, local_families(NETWORK), networks)
