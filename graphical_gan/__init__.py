"""Graphical Generative Adversarial Networks (Li, Welling, Zhu, Zhang, NeurIPS 2018) on TensorFlow 2 and Keras 3."""

__version__ = "0.1.0"
