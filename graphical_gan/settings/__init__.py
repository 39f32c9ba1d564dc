"""Knobs with their defaults, tables of what is chosen by name, and the flags of all commands; TensorFlow is not loaded.

Imports common.
"""
