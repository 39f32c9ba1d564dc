"""Runs a command again and again in one process, as its start takes most of its time.

Reads the arguments of a run as a line of JSON, and prints a line of JSON: exit status, standard output, standard error.
"""

import contextlib
import functools
import importlib
import io
import json
import os
import sys

from absl import flags

from graphical_gan.settings import command_line

REPLIES, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr  # what is printed meanwhile is no reply


def once(main, arguments):
    """A run of a command: (exit status, standard output, standard error)."""
    out, err = io.StringIO(), io.StringIO()
    for name in flags.FLAGS:
        flags.FLAGS[name].unparse()
    sys.argv = ["command", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            command_line.run(main)
            status = 0
        except SystemExit as ended:
            status = ended.code or 0
    return status, out.getvalue(), err.getvalue()


def train(argv):
    """Training, as train_gmgan.py does it."""
    from graphical_gan.runs.programs import GMGAN
    from graphical_gan.train import train

    train(GMGAN, argv)


def main_of(name):
    """What runs a command: from its arguments to (exit status, standard output, standard error)."""
    if name == "train":
        from graphical_gan.runs.programs import GMGAN

        command_line.define(GMGAN.recipe.knobs)
        return functools.partial(once, train)
    return functools.partial(once, importlib.import_module(name).main)


if __name__ == "__main__":
    run = main_of(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=REPLIES, flush=True)
