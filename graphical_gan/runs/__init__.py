"""Runs from start to end and opened again: programs, the experiment, its folder, checkpoints, signals, the lock.

Imports data and every package below it; only estimators, paper and the commands import it.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
