"""Knobs with their defaults by recipe and data set, and the flags of all commands; TensorFlow is not loaded.

Imports common.
"""
