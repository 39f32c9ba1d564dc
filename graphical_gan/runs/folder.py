"""The folder of a run: it explains itself, and the run can go on from it.

settings.json  flags.txt      the resolved settings; repeat the run with --flagfile=flags.txt
network.txt    p.png q.png    the graphs, factors and parameter counts
metrics.jsonl  results.json   what was watched, a row a line; the scores on the test set
pictures/      tensorboard/   samples and reconstructions; curves, pictures, embedding projector
checkpoints/   saved_model/   to go on from; to use elsewhere
.lock                         held by the process that trains
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
from collections.abc import Iterable
from typing import Any

import numpy as np

from graphical_gan.common.files import WATCHED, fits, read_rows, refuse_others, write_json, write_text
from graphical_gan.pictures import grids
from graphical_gan.runs.checkpoints import Checkpoints
from graphical_gan.runs.events import Events
from graphical_gan.runs.lock import locked
from graphical_gan.settings.knobs import Knob, Settings, differences, flag_lines, read_settings, run_name

HOME = pathlib.Path.home() / "graphical-gan" / "runs"


def default_path(settings: Settings) -> pathlib.Path:
    """Where a run lives if --run_dir is not given; the same command finds the same folder."""
    parts = [run_name(settings)]
    if settings["manual_dir"]:
        parts.append(pathlib.Path(settings["manual_dir"]).resolve().name)
    return HOME / "-".join(parts)


def check_folder(path: pathlib.Path, settings: Settings, knobs: Iterable[Knob]) -> None:
    """Checks that a run can live in a folder, before anything slow; changes nothing.

    Args:
        path: the folder, which need not exist.
        settings: of the run.
        knobs: that the settings are values of.

    Raises:
        ValueError: if the folder can't be written, is in use, or holds a run of other settings, or something that is
            no run.
    """
    existing = next(p for p in (path, *path.parents) if p.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        raise ValueError(f"--run_dir={path} can't be written: {existing} is no folder to write to. Name another.")
    lock = path / ".lock"
    with locked(path) if lock.exists() and not lock.is_symlink() else contextlib.nullcontext():
        if existing == path:
            check_contents(path, settings, knobs)


def check_contents(path: pathlib.Path, settings: Settings, knobs: Iterable[Knob]) -> None:
    """Checks that a folder is empty or holds a run of these settings; again once it is locked, as others may be faster.

    Args:
        path: the folder.
        settings: of the run.
        knobs: that the settings are values of.

    Raises:
        ValueError: if it holds a run of other settings, something that is no run, or links.
    """
    refuse_others(path)
    if all(p.name.startswith(".") for p in path.iterdir()):  # a kill may leave hidden files
        return
    if not (path / "settings.json").exists():
        raise ValueError(f"--run_dir={path} is no run, but not empty either. Name a new or an empty folder.")
    done = Checkpoints(path / "checkpoints").steps()
    if done and settings["steps"] < done[-1]:
        raise ValueError(
            f"--steps={settings['steps']} is fewer than the {done[-1]} that the run in {path} has made. Give as many "
            "or more to go on with it, or another --run_dir for a new run."
        )
    others = differences(knobs, settings, read_settings(path))
    if others:
        raise ValueError(
            f"--run_dir={path} holds a run of other settings. This one has {', '.join(others)}. "
            "Give the old values to go on with that run, or another --run_dir for a new one."
        )


def check_data(path: pathlib.Path, fingerprint: Settings) -> None:
    """Checks that a run was trained on this data, wherever it lies now; a run that is older than this check goes on.

    Args:
        path: folder of the run; it need not hold one yet.
        fingerprint: of the data set, see `data.splits.fingerprint`.

    Raises:
        ValueError: if it was trained on other data.
    """
    known = read_settings(path).get("data", fingerprint) if (path / "settings.json").exists() else fingerprint
    if known != fingerprint:
        raise ValueError(
            f"{path} holds a run on other data: {_in_words(known)}; now there are {_in_words(fingerprint)}. Expected "
            "the same examples and labels, as a run would be tested on what it has seen. Put back what was added, "
            "removed or changed, name the right place with --manual_dir or --data_dir, or start a new run with another "
            "--run_dir."
        )


def _in_words(fingerprint):
    """The counts of the splits, and the digest, of what may have been damaged."""
    return ", ".join(f"{name} {value}" for name, value in fingerprint.items()) if fits(fingerprint, {}) else "unknown"


class RunFolder:
    """Reads and writes the folder of one run, whose settings stay as they are but for `write_settings`.

    Args:
        path: the folder, whose lock this process holds.
        settings: of the run.
        fingerprint: of its data, where the folder is to tell it from other data.

    Raises:
        ValueError: if there are links in it.
    """

    def __init__(self, path: pathlib.Path, program: str, settings: Settings, fingerprint: Settings | None = None):
        refuse_others(path)
        self.path, self._program, self._settings = path, program, settings
        self._data = {} if fingerprint is None else {"data": fingerprint}
