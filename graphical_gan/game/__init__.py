"""What the two players minimise: factors with their discriminators, divergences and further terms.

Imports engine, layers, graph and common.
"""
