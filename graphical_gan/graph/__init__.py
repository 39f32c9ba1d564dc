"""Bayesian networks as declarations, and what is derived from them; TensorFlow is not loaded.

Imports none of the other packages.
"""

from graphical_gan.graph.bayesian_network import BayesianNetwork
from graphical_gan.graph.dag import Graph
from graphical_gan.graph.families import Family, global_family, latent_family, local_families
from graphical_gan.graph.nodes import Node, Ref

__all__ = ["BayesianNetwork", "Family", "Graph", "Node", "Ref", "global_family", "latent_family", "local_families"]
