"""Factors of a game, chosen from its network alone: which variables each discriminator looks at."""

from graphical_gan.graph.bayesian_network import BayesianNetwork, Family
from graphical_gan.graph.dag import Ref


def local_families(network: BayesianNetwork) -> tuple[Family, ...]:
    """One factor a maximal family: the local algorithm (Alg. 1, Eq. 12)."""
    return network.maximal_families()


def global_family(network: BayesianNetwork) -> tuple[Family, ...]:
    """One factor over all variables: the global baseline (Alg. 3, Eq. 13); with the network h -> x it is ALI."""
    return (_over(network, network.variables),)


def latent_family(network: BayesianNetwork) -> tuple[Family, ...]:
    """One factor over all latent variables: an adversarial match of the aggregated posterior (VEGAN)."""
    return (_over(network, network.latent),)


def _over(network, names):
    return Family(tuple(Ref(n, "1:T" if network[n].plate else "") for n in reversed(names)), 1)
