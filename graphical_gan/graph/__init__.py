"""Bayesian networks as declarations, and what is derived from them; TensorFlow is not loaded.

Imports none of the other packages.
"""
