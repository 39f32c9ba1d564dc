"""An image with two parents, content k and style h, independent a priori; its inverse makes them dependent."""

from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.game.discriminators import Architecture, discriminators
from graphical_gan.game.factors import Game, local_families
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node

NETWORK = BayesianNetwork([Node("k"), Node("h"), Node("x", ["k", "h"], observed=True)])
STRUCTURES = {"inverse": NETWORK.inverse(), "mean_field": NETWORK.mean_field()}  # q(h|x) q(k|h,x); q(k|x) q(h|x)


def from_settings(settings: dict, about) -> Game:
    """The game that the settings of a run describe (`recipes`), for images of `about`."""
    a, K = Architecture.from_settings(settings, about), settings["K"]
    generative = {"k": priors.uniform_one_hot(K), "h": priors.standard_normal(a.latent), "x": a.generator()}
    posterior = Relaxed(a.extractor(K), settings["relaxation"], settings["temperature"])
    recognition = {"h": a.extractor(a.latent), "k": posterior}
    model = GraphicalGAN(NETWORK, generative, recognition, STRUCTURES[settings["recognition"]])
    families = local_families(NETWORK)
    return Objective.from_settings(settings).game(model, families, discriminators(model, families, a))
