"""Steps of the game: gradients of both players, optimizers, precision, replicas, recalibration.

Imports game, engine, layers and common; no instance.
"""
