"""Graphical Generative Adversarial Networks (Li, Welling, Zhu, Zhang, NeurIPS 2018) on TensorFlow 2 and Keras 3."""

import os
import pathlib
import sys

__version__ = "0.2.0"

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

from graphical_gan.common import lazy  # noqa: E402, from here on Keras may be loaded

_NAMES = {"GMGAN": "estimators.gmgan", "SSGAN": "estimators.ssgan", "fit": "estimators.own"}
__getattr__ = lazy.attributes(__name__, _NAMES)


def __dir__():
    return [*globals(), *_NAMES]
