"""What a model is judged by: clustering, inference, reconstruction, the oracle; pictures of a run and of the paper.

`scores` has the formulas, `glossary` a line for what each score means.

Imports export, engine, settings, pictures and common; no instance.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
