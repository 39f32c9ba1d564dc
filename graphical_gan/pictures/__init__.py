"""Grids, films, charts, drawings of graphs, and the embedding projector, from arrays.

Imports none of the other packages.
"""
