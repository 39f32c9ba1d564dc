"""All commands by one name: `graphical-gan evaluate RUN`, or `python -m graphical_gan evaluate RUN`."""

import runpy
import sys

from graphical_gan import __version__
from graphical_gan.settings.command_line import fail

COMMANDS = {
    "train-gmgan": "train_gmgan",
    "train-ssgan": "train_ssgan",
    "evaluate": "graphical_gan.evaluate",
    "sample": "graphical_gan.sample",
    "cluster": "graphical_gan.cluster",
    "figures": "graphical_gan.figures",
    "report": "graphical_gan.report",
    "reproduce": "graphical_gan.reproduce",
    "evaluate-samples": "graphical_gan.evaluate_samples",
    "data": "graphical_gan.data",
}


def main() -> None:
    """Runs the command that is named, with what follows it."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print(f"{__doc__}\n\nCommands: {', '.join(COMMANDS)}. Each one has a --help of its own.")
        return
    if name == "--version":
        print(f"graphical-gan {__version__}")
        return
    if name not in COMMANDS:
        sys.argv[0] = "graphical-gan"
        fail(f"{name!r} is no command; expected one of {', '.join(COMMANDS)}. See --help.")
    del sys.argv[1]
    runpy.run_module(COMMANDS[name], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
