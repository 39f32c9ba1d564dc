"""Inception Score, FID and KID: feature networks, distances between them, and the protocol in a score's name.

Imports export, to load networks of others safely, settings and common.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
