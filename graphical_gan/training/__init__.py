"""Steps of the game: gradients of both players, optimizers, precision, replicas, recalibration.

Imports game, engine, layers, settings and common; no instance.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
