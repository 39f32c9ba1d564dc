"""p and q of any Bayesian network: the model, sampling, the plate, and stateless randomness.

`priors` has p(k), p(h|k) and q(k|h) of the mixture, `relaxations` the ways through a discrete variable.

Imports layers, graph, settings and common.
"""

from graphical_gan.common import keras_defaults  # noqa: F401
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import Stream, make_stream
from graphical_gan.engine.relaxations import Relaxed
from graphical_gan.engine.sampling import Sample

__all__ = ["GraphicalGAN", "Relaxed", "Sample", "Stream", "make_stream"]
