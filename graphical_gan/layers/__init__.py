"""The neural networks of the paper's appendix tables, and their convolutions.

Imports none of the other packages.
"""
