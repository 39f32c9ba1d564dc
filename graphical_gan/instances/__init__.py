"""Declarations of networks: GMGAN, SSGAN and others, a file each; none imports another.

Imports game, engine, layers and graph.
"""
