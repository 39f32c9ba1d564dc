"""Graphical Generative Adversarial Networks (Li, Welling, Zhu, Zhang, NeurIPS 2018) on TensorFlow 2 and Keras 3."""

import importlib
import os
import pathlib
import sys

__version__ = "0.2.0"

_ESTIMATORS = ("GMGAN", "SSGAN", "fit")  # of graphical_gan.estimators, which is loaded when one is asked for

# Read by Keras when it is loaded, before what ~/.keras/keras.json says; see also `common.keras_defaults`.
if "keras" in sys.modules and sys.modules["keras"].config.backend() != "tensorflow":
    raise ImportError(
        f"Keras is loaded with the backend {sys.modules['keras'].config.backend()}; graphical_gan expects tensorflow. "
        "Import graphical_gan before keras, or set KERAS_BACKEND=tensorflow."
    )
os.environ["KERAS_BACKEND"] = "tensorflow"
# Read by TensorFlow when it is loaded, which has oneDNN off on CPUs without AVX-512, where a step takes more than twice
# as long then; what the user has set stays.
if "tensorflow" not in sys.modules:
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# The data sets are graphical_gan.data, in a checkout the folder beside this package.
if not (pathlib.Path(__path__[0]) / "data").is_dir():
    __path__.append(str(pathlib.Path(__path__[0]).parent))


def __getattr__(name):
    if name in _ESTIMATORS:
        return getattr(importlib.import_module("graphical_gan.estimators"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return [*globals(), *_ESTIMATORS]
