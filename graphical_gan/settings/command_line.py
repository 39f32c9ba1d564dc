"""What all commands share: flags, and errors of the user as one message with exit status 2.

The only place, with the commands themselves, that knows of flags. TensorFlow is loaded after they were checked.
"""

import contextlib
import functools
import importlib
import io
import os
import pathlib
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, NoReturn

from absl import app, flags, logging

from graphical_gan.common.files import disk_error, local_path, read_bytes
from graphical_gan.common.phase import phase
from graphical_gan.settings import helping
from graphical_gan.settings.knobs import Instance, Knob

flags.disclaim_key_flags()  # a flag belongs to the command that has it defined here
_NOTE = re.compile(r"WARNING: All log messages before absl|[IW]\d{4} |To enable the following instructions")
_DEFINE = {str: flags.DEFINE_string, int: flags.DEFINE_integer, float: flags.DEFINE_float, bool: flags.DEFINE_boolean}


def define(knobs: Iterable[Knob]) -> None:
    """Defines a flag for each knob; without a default, so that what the user gave can be told from the rest."""
    for knob in knobs:
        allowed = f" ({', '.join(map(str, knob.allowed))})" if knob.allowed else ""
        (define_path if knob.path else _DEFINE[knob.kind])(knob.name, None, knob.help + allowed)
        flags.declare_key_flag(knob.name)


class _PathParser(flags.ArgumentParser):
    """Of a flag that is the path of a file or folder; see `files.local_path`."""

    def __init__(self, name):
        self._name = name

    def parse(self, argument):
        return local_path(argument, f"--{self._name}")


def define_path(name: str, default: str | None, help: str) -> flags.FlagHolder:
    """Defines a flag that is the path of a file or folder: its value is absolute."""
    return flags.DEFINE(_PathParser(name), name, default, help, serializer=flags.ArgumentSerializer())


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
    return argument_path(argv[1])


def argument_path(argument: str) -> pathlib.Path:
    """The path that an argument without a name is."""
    return pathlib.Path(local_path(argument, "the path"))


def fail(message: object, status: int = 2) -> NoReturn:
    """Ends the program with a message and an exit status: 2 for a mistake of the user, 1 for a failure of the run."""
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)
    sys.exit(status)


@contextlib.contextmanager
def user_errors(kinds: tuple[type[Exception], ...] = (ValueError, OSError)) -> Iterator[None]:
    """Around what checks the user's input: errors of these kinds are messages to the user, not tracebacks.

    The status is 2, and 1 for an error of the disk.
    """
    try:
        yield
    except kinds as error:
        _fail_of_disk(error)
        fail(error)


def fail_of_pipe(error: Exception) -> None:
    """Ends the program with a sentence if an error is that nobody reads what is printed, as after `| head`."""
    if isinstance(error, BrokenPipeError):
        _hush_stdout()
        fail("Nobody reads what is printed any more: its pipe is closed. Print to a file, or read to the end.", 1)


def _hush_stdout():
    """Python flushes what is left for a closed pipe at its end, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())


def _fail_of_disk(error):
    fail_of_pipe(error)
    if said := disk_error(error):
        fail(said, status=1)


def run(main: Callable[[list[str]], None], recipe: Instance | None = None) -> None:
    """Runs a command. An error that nobody foresaw is printed and lets go of what its frames hold, such as minibatches:
    Python would wait for their thread for ever.

    Args:
        main: the command, from the arguments that are no flags.
        recipe: of a training command, for the defaults that its help shows.
    """

    def guarded(argv):
        try:
            main(argv)
        except Exception as error:
            _fail_of_disk(error)
            if isinstance(error, MemoryError):
                print(
                    f"There is too little memory: {error}. Ask for less at once, or use more memory.", file=sys.stderr
                )
            else:
                traceback.print_exception(error)
            traceback.clear_frames(error.__traceback__)
            sys.exit(1)
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            sys.exit(130)

    _mend_streams()
    os.environ["MPLBACKEND"] = "agg"  # a notebook hands its own on, which matplotlib may lack here; no window is opened
    logging.set_verbosity(logging.WARNING)
    app.run(guarded, flags_parser=functools.partial(_parse, recipe))


def _mend_streams():
    """Has the streams take all letters, where they are of fewer, and be there, where the user has closed them."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, it is open to the end
        elif isinstance(getattr(sys, name), io.TextIOWrapper):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def load_tensorflow() -> ModuleType:
    """TensorFlow; the first time it is loaded, which is said, as it takes seconds.

    Without its notes on the machine, which are not the user's concern, and come before it can be told to be quiet.
    """
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with phase("Loads TensorFlow"), _without_notes(), _not_found({"matplotlib", "sklearn"}):
            importlib.import_module("tensorflow")
    return sys.modules["tensorflow"]


@contextlib.contextmanager
def _not_found(libraries):
    """Has Keras not find these inside: it would load them for parts that no command uses, which takes a second.

    Not where some are loaded already, as in a notebook, whose user may want those parts.
    """
    hidden = set() if libraries & set(sys.modules) else libraries
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def _without_notes():
    """Lets nothing of a certain kind that C++ writes to stderr inside be seen."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        stderr = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            file.seek(0)
            others = [line for line in file.read().decode(errors="replace").splitlines() if not _NOTE.match(line)]
            print("".join(f"{line}\n" for line in others), end="", file=sys.stderr)


def _parse(recipe, argv):
    asked = [a for a in argv[1:] if a.lstrip("-") in ("h", "help", "helpfull", "helpshort") and a.startswith("-")]
    with user_errors():
        _check_flag_files(argv)
    try:
        rest = flags.FLAGS([a for a in argv if a not in asked])
    except flags.UnrecognizedFlagError as error:
        fail(f"{error}.{helping.hint(error.flagname)} See --help.")
    except flags.IllegalFlagValueError as error:
        fail(_value_error(str(error)))
    except (flags.Error, ValueError) as error:  # the latter of absl's for --nojit=3
        fail(f"{str(error).removesuffix('.')}. See --help.")
    if asked:
        with user_errors():
            defaults = recipe and recipe.resolve(given(recipe.knobs))
        doc = sys.modules["__main__"].__doc__ or f"{os.path.basename(argv[0])} --FLAG=VALUE ..."
        try:
            print(helping.screen(doc, defaults, "--helpfull" in asked), flush=True)
        except BrokenPipeError:  # of a reader that has seen enough, such as head
            _hush_stdout()
        sys.exit(0)
    return rest


def _check_flag_files(argv):
    """absl would read a device for ever, fail on a picture, and follow a file that names itself."""
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        flag, is_set, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or flag != "flagfile":
            continue
        file = pathlib.Path(value if is_set else following).expanduser()  # as absl does
        try:
            text = read_bytes(file).decode()
        except (ValueError, OSError) as error:
            raise ValueError(f"--flagfile={file} is no text file ({error}). Name a flags.txt of a run.") from error
        if not all(line.lstrip().startswith(("-", "#", "//")) for line in text.splitlines() if line.strip()):
            raise ValueError(f"--flagfile={file} has lines that are no flags. Name a flags.txt of a run.")
        if re.search(r"^\s*--?flagfile\b", text, re.MULTILINE):
            raise ValueError(f"--flagfile={file} names another flag file; expected flags alone. Copy them into one.")


def _value_error(said):
    """A sentence for what absl says of a value that is no number."""
    if ours := re.match(r"flag (--\w+)=.*: (\1=.*)", said, re.DOTALL):
        return ours[2]
    found = re.match(r"flag --(\w+)=(.*): (invalid literal for int|could not convert)", said, re.DOTALL)
    if not found:
        return f"{said}. See --help."
    name, value, whole = found[1], found[2], found[3].endswith("int")
    try:
        example = int(float(value)) if whole else 0.5
    except (ValueError, OverflowError):
        example = 100 if whole else 0.5
    return f"--{name}={value} is no {'whole ' * whole}number; expected one such as --{name}={example}. See --help."
