"""The paper's tables and figures beside what is measured here: its numbers, rows that are trained or found, the table.

Imports runs, data and all that they build on; only commands import it.
"""

from graphical_gan.common import lazy

__getattr__ = lazy.attributes(__name__)
