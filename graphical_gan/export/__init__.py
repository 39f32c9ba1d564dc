"""SavedModels: what ours can do, and a look at those of others before TensorFlow runs any of them.

Imports engine, graph and common.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
