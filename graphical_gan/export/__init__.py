"""SavedModels: what ours can do, and a look at those of others before TensorFlow runs any of them.

Imports engine and common.
"""
