"""The neural networks of the paper's appendix tables, and their convolutions.

Imports settings and common.
"""

from graphical_gan.common import keras_defaults  # noqa: F401
