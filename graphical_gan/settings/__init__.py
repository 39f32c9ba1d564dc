"""Knobs with their defaults, tables of what is chosen by name, and the flags of all commands; TensorFlow is not loaded.

Defaults: `common_knobs` of all instances, `recipes` by instance, data set and recipe, `modern` of that recipe. Imports
common.
"""
