"""The neural networks of the paper's appendix tables, and their convolutions.

Imports settings and common.
"""
