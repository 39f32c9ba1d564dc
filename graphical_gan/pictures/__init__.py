"""Grids, films, charts, drawings of graphs, and the embedding projector, from arrays.

Imports common.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
