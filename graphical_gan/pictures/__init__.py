"""From arrays: grids and films, charts, drawings of graphs, the page of clusters (`gallery`), the embedding projector.

Imports common.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
