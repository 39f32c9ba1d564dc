import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import graphical_gan  # noqa: E402, F401 -- before TensorFlow, whose environment it sets
