"""p and q of any Bayesian network: sampling, priors, relaxations, the plate, and stateless randomness.

Imports graph and common.
"""
