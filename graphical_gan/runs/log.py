"""The log of a run: what its commands said, when, and on which machine; the newest part of it."""

import contextlib
import datetime
import os
import pathlib
import platform
import shlex
import sys
from collections.abc import Iterator
from importlib.metadata import version

import graphical_gan

MOST = 2**20  # bytes; then the older half is dropped
LIBRARIES = ("tensorflow", "keras", "tensorflow-probability", "numpy")


@contextlib.contextmanager
def logged(path: pathlib.Path) -> Iterator[None]:
    """Inside, what is printed goes to log.txt in a folder too, without the progress bars' steps.

    Args:
        path: of a run, whose lock this process holds.
    """
    with open(path / "log.txt", "ab+", buffering=0) as file:
        _add(file, f"--- {datetime.datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}: {_machine()}")
        _add(file, f"--- {shlex.join(sys.argv)}")
        out, err = _Copied(sys.stdout, file), _Copied(sys.stderr, file)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                yield
            except BaseException as error:  # whoever handles it does so elsewhere
                _add(file, f"{type(error).__name__}: {error}")
                raise


def _machine():
    """The machine and what computes on it, in a line."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{platform.node()}, {platform.platform()}, {len(os.sched_getaffinity(0))} CPUs, Python "
        f"{platform.python_version()}, graphical-gan {graphical_gan.__version__}, {libraries}"
    )


class _Copied:
    """A stream whose whole lines go to a file too."""

    def __init__(self, stream, file):
        self._stream, self._file, self._line = stream, file, ""

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        """As of a text stream; a carriage return begins the line anew, as on a screen."""
        self._stream.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if shown := line.rstrip().rpartition("\r")[2]:
                _add(self._file, f"{datetime.datetime.now():%H:%M:%S} {shown}")
        self._line = self._line[self._line.rfind("\r") + 1 :]
        return len(text)


def _add(file, line):
    """Appends a line. A log that can't be written stops nobody: the run's own files say that the disk is full."""
    with contextlib.suppress(OSError):
        if file.seek(0, os.SEEK_END) > MOST:
            file.seek(-MOST // 2, os.SEEK_END)
            newest = file.read().partition(b"\n")[2]
            file.truncate(0)
            file.write(newest)
        file.write(f"{line}\n".encode(errors="replace"))
