"""What all commands share: flags, and errors of the user as one message with exit status 2.

The only place, with the commands themselves, that knows of flags. TensorFlow is loaded after they were checked.
"""

import contextlib
import os
import pathlib
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from absl import app, flags, logging

from graphical_gan.settings.knobs import Knob

_DEFINE = {str: flags.DEFINE_string, int: flags.DEFINE_integer, float: flags.DEFINE_float, bool: flags.DEFINE_boolean}


def define(knobs: Iterable[Knob]) -> None:
    """Defines a flag for each knob; without a default, so that what the user gave can be told from the rest."""
    for knob in knobs:
        allowed = f" ({', '.join(map(str, knob.allowed))})" if knob.allowed else ""
        _DEFINE[knob.kind](knob.name, None, knob.help + allowed)
        flags.declare_key_flag(knob.name)


def given(knobs: Iterable[Knob]) -> dict[str, Any]:
    """The values of the flags that the user gave."""
    return {k.name: flags.FLAGS[k.name].value for k in knobs if flags.FLAGS[k.name].value is not None}


def only_argument(argv: list[str], usage: str) -> pathlib.Path:
    """The one folder that a command is given, such as RUN in "evaluate RUN".

    Raises:
        ValueError: if there is not exactly one.
    """
    if len(argv) != 2:
        raise ValueError(f"{len(argv) - 1} folders are given; expected one: {usage}. See --help.")
    return pathlib.Path(argv[1])


def fail(message: object, status: int = 2) -> None:
    """Ends the program with a message and an exit status: 2 for a mistake of the user, 1 for what befell the run."""
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)
    sys.exit(status)


@contextlib.contextmanager
def user_errors(kinds: tuple[type[Exception], ...] = (ValueError, OSError)) -> Iterator[None]:
    """Around what checks the user's input: errors of these kinds are messages to the user, not tracebacks."""
    try:
        yield
    except kinds as error:
        fail(error)


def run(main: Callable[[list[str]], None]) -> None:
    """Runs a command. An error that nobody foresaw is printed and lets go of what its frames hold, such as minibatches:
    Python would wait for their thread for ever.
    """

    def guarded(argv):
        try:
            main(argv)
        except Exception as error:
            traceback.print_exception(error)
            traceback.clear_frames(error.__traceback__)
            sys.exit(1)

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's notes on the machine are not the user's concern
    logging.set_verbosity(logging.WARNING)
    app.run(guarded, flags_parser=_parse)


def _parse(argv):
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        fail(f"{error}. See --help.")
