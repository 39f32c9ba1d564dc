"""SavedModels: what ours can do, how they are written, and a look at those of others before TensorFlow runs them.

Imports engine, graph and common.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
