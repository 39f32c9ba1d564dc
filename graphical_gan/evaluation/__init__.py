"""What a model is judged by: clustering, inference, reconstruction, the oracle; pictures of a run and of the paper.

Imports export, engine, settings, pictures and common; no instance.
"""
