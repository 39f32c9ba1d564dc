"""A SavedModel on the disk: written beside its place and renamed, and nothing but an earlier one is replaced."""

import contextlib
import errno
import fcntl
import os
import pathlib
import re
import shutil
from collections.abc import Callable

import tensorflow as tf

from graphical_gan.common.files import first_line
from graphical_gan.export.functions import Functions

_OF_AN_EXPORT = re.compile(r"(saved_model|fingerprint)\.pb|variables(/variables[._].*)?|assets")


def check_place(path: pathlib.Path) -> None:
    """Refuses a place that an export may not take: only an empty folder or an earlier export is replaced.

    Raises:
        ValueError: if something else is there, or lies where an export is made before it gets its name.
    """
    for place in (path, *_beside(path)):
        names = (str(entry.relative_to(place)) for entry in place.rglob("*"))
        foreign = not all(map(_OF_AN_EXPORT.fullmatch, names))
        begun = place == path and place.is_dir() and any(place.iterdir()) and not (place / "saved_model.pb").exists()
        if place.is_symlink() or (place.exists() and not place.is_dir()) or foreign or begun:
            raise ValueError(
                f"{place} holds something that is no export; expected no such place, an empty folder or an earlier "
                "export, which is replaced. Name another folder, such as one that does not exist yet."
            )


def export(functions: Functions, path: pathlib.Path) -> None:
    """Writes a SavedModel.

    Raises:
        ValueError: if something is there that is no export.
        OSError: if it can't be written.
    """
    signatures = {name.rstrip("_"): getattr(functions, name) for name in functions.names}
    if "infer" in signatures:
        signatures |= {"serving_default": signatures["infer"]}  # what servers look for; Keras looks for `serve`

    def write(folder):
        try:
            tf.saved_model.save(functions, str(folder), signatures)
        except tf.errors.OpError as error:
            raise OSError(errno.EIO, first_line(error), str(folder)) from error

    put(path, write)


def put(path: pathlib.Path, write: Callable[[pathlib.Path], None]) -> None:
    """Has a SavedModel written beside its place and then renamed: whoever finds one finds a whole one.

    Raises:
        ValueError: if something is there that is no export.
        OSError: if it can't be written.
    """
    beside, old = _beside(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(path.parent):
        check_place(path)
        if old.exists() and not path.exists():  # killed between the two renames
            os.replace(old, path)
        for left in (beside, old):  # by a killed process
            shutil.rmtree(left, ignore_errors=True)
        write(beside)
        if path.exists():
            os.replace(path, old)
        os.replace(beside, path)
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _one_at_a_time(folder):
    """Lets one process export to a folder at a time, in a `with` block, where the disk has locks."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _beside(path):
    """Where an export is made, and where the one before it waits until the new one has its name."""
    return tuple(path.parent / f".{path.name}.{end}" for end in ("new", "old"))
