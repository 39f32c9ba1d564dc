"""p and q of any Bayesian network: sampling, priors, relaxations, the plate, and stateless randomness.

Imports graph and common.
"""

from graphical_gan.common import keras_defaults  # noqa: F401
