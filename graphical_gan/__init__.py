"""Graphical Generative Adversarial Networks (Li, Welling, Zhu, Zhang, NeurIPS 2018) on TensorFlow 2 and Keras 3."""

import os
import pathlib
import sys

__version__ = "0.2.0"

# Read by Keras and TensorFlow when they are loaded; what the user has set stays. TensorFlow has oneDNN off on CPUs
# without AVX-512, where a step takes more than twice as long then.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
if "tensorflow" not in sys.modules:
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# The data sets are graphical_gan.data, in a checkout the folder beside this package.
if not (pathlib.Path(__path__[0]) / "data").is_dir():
    __path__.append(str(pathlib.Path(__path__[0]).parent))
