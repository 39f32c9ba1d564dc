"""Measurements of speed and of inference, each a command."""

import graphical_gan  # noqa: F401 -- before TensorFlow, whose environment it sets
