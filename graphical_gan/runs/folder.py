"""The folder of a run: it explains itself, and the run can go on from it.

settings.json  flags.txt      the resolved settings; repeat the run with --flagfile=flags.txt
network.txt    p.png q.png    the graphs, factors and parameter counts
metrics.jsonl  results.json   what was watched, a row a line; the scores on the test set
pictures/      tensorboard/   samples and reconstructions; curves, pictures, embedding projector
checkpoints/   saved_model/   to go on from; to use elsewhere
data/                         the arrays that a run was given in Python
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

from graphical_gan.common.files import (
    WATCHED,
    check_place,
    fits,
    free_space,
    read_rows,
    refuse_others,
    write_json,
    write_text,
)
from graphical_gan.export.saving import check_place as check_export
from graphical_gan.pictures import grids
from graphical_gan.runs.checkpoints import Checkpoints
from graphical_gan.runs.events import Events
from graphical_gan.runs.lock import locked
from graphical_gan.settings.knobs import Knob, Settings, differences, flag_lines, read_begun, read_settings
from graphical_gan.training import threads

_RESULTS = re.compile(r"results(-best|-average)?(-validation)?\.json")


def check_folder(path: pathlib.Path, settings: Settings, knobs: Iterable[Knob]) -> None:
    """Checks that a run can live in a folder, before anything slow; changes nothing.

    Raises:
        ValueError: if the folder can't be written, is in use, or holds a run of other settings, or something that is
            no run.
    """
    check_place(path, "--run_dir")
    lock = path / ".lock"
    with locked(path) if lock.exists() and not lock.is_symlink() else contextlib.nullcontext():
        if path.exists():
            check_contents(path, settings, knobs)


def check_contents(path: pathlib.Path, settings: Settings, knobs: Iterable[Knob]) -> None:
    """Checks that a folder is empty or holds a run of these settings; again once it is locked, as others may be faster.

    Raises:
        ValueError: if it holds a run of other settings, something that is no run, or links.
    """
    refuse_others(path)
    begun = {"log.txt"} if (path / ".lock").exists() else set()  # what is left of a beginning
    if all(p.name.startswith(".") or p.name in begun for p in path.iterdir()):
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
        fingerprint: of the data set, see `data.dataset.Dataset`.

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
        data: the fingerprint of its data, where the folder is to tell it from other data.
        run: the identity of a run that begins here; one that goes on has its own, or none if it is older than these.

    Raises:
        ValueError: if there are links in it.
    """

    def __init__(
        self,
        path: pathlib.Path,
        program: str,
        settings: Settings,
        data: Settings | None = None,
        run: str | None = None,
    ):
        refuse_others(path)
        self._path, self._program, self._settings = path, program, settings
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)  # which keeps its number from being given anew
        begun = read_begun(path) or {"run": run, "threads": threads.number()}
        self._run = begun.get("run")
        known = {"data": data} | {name: begun.get(name) for name in ("run", "threads")}
        self._known = {name: value for name, value in known.items() if value is not None}
        self._events = Events(path / "tensorboard")

    @property
    def path(self) -> pathlib.Path:
        """The folder, for whoever writes to it.

        Raises:
            OSError: if it was moved away, and another may be in its place.
        """
        if not os.path.samestat(os.stat(self._path), os.fstat(self._descriptor)):
            raise OSError(f"{self._path} is another folder than the run began in")
        return self._path

    def __del__(self):
        if "_descriptor" in vars(self):
            os.close(self._descriptor)

    def write_settings(self) -> None:
        """Writes the settings down, and with them that the folder holds this run.

        Raises:
            OSError: if it can't be written, here as in what follows.
        """
        write_json(self.path / "settings.json", {"program": self._program} | self._known | self._settings)
        write_text(self.path / "flags.txt", flag_lines(self._settings))
        (self.path / "pictures").mkdir(exist_ok=True)

    def unfinish(self) -> None:
        """Deletes the results and the export of an end that the run goes on beyond.

        Raises:
            ValueError: if something lies in the place of the export, or in it, that is none.
        """
        check_export(self.path / "saved_model")
        for file in self.path.iterdir():
            if _RESULTS.fullmatch(file.name):
                file.unlink()
        shutil.rmtree(self.path / "saved_model", ignore_errors=True)

    @property
    def has_rows(self) -> bool:
        """Whether anything was watched yet."""
        return (self.path / "metrics.jsonl").exists()

    def scalars(self, protocol: dict[str, Any], values: dict[str, float]) -> None:
        """Appends a row to metrics.jsonl, and the values to TensorBoard.

        Args:
            protocol: what belongs beside the numbers, "step" and "split" among it.
        """
        known = {} if self._run is None else {"run": self._run}
        with open(self.path / "metrics.jsonl", "a") as file:
            file.write(json.dumps(protocol | known | values) + "\n")
        self.curves(protocol, values)

    def curves(self, protocol: dict[str, Any], values: dict[str, float]) -> None:
        """Adds values to TensorBoard alone: what a repeated run does not repeat, such as its speed."""
        self._events.scalars(protocol["step"], {f"{protocol['split']}/{name}": v for name, v in values.items()})

    def history(self, split: str, name: str) -> dict[int, float]:
        """A value of all rows of a split that have it, by step."""
        rows, _ = self._rows()
        return {row["step"]: row[name] for _, row in rows if row["split"] == split and name in row}

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        """Writes a picture uint8 [H, W, C], or a film [T, H, W, C] as a GIF, to pictures/ and to TensorBoard."""
        ending, save = ("gif", grids.save_gif) if pixels.ndim == 4 else ("png", grids.save_png)
        path = self.path / "pictures" / f"{name}-{step:07d}.{ending}"
        save(path, pixels)
        self._events.image(step, name, path.read_bytes(), pixels.shape[-3:-1])

    def text(self, name: str, text: str) -> None:
        """Writes a text file, and the text to TensorBoard."""
        write_text(self.path / name, text)
        self._events.text(0, name, text)

    def _rows(self):
        """The rows with their lines, and the number of damaged lines."""
        return read_rows(self.path / "metrics.jsonl", WATCHED)

    def sync(self) -> None:
        """Waits until all rows are on the disk, as the events are: a checkpoint that comes next vouches for them."""
        if self.has_rows:
            with open(self.path / "metrics.jsonl", "a") as file:
                os.fsync(file.fileno())

    def count_rows(self) -> int:
        """How many rows were watched."""
        return len(self._rows()[0])

    def check_rows(self, restored: int, least: int) -> None:
        """Compares the rows with the checkpoint that the run goes on from.

        Args:
            least: the number of rows that led to it.

        Raises:
            ValueError: if there are rows of another run, or some of this one are gone.
        """
        rows, unreadable = self._rows()
        foreign = [row for _, row in rows if row.get("run") != self._run]
        there = len([row for _, row in rows if row["step"] <= restored])
        if foreign or there + unreadable < least:
            holds = (
                f"{len(foreign)} rows of another run" if foreign else f"{there} of the {least} rows up to {restored}"
            )
            raise ValueError(
                f"{self.path / 'metrics.jsonl'} holds {holds}; expected the run's own and all of them, as curves and "
                "best weights are found by them. Restore the file, or start a new run with another --run_dir."
            )

    def forget(self, restored: int) -> int:
        """Deletes what the run will write again, as it goes on from a step before.

        Args:
            restored: the step that the run goes on from; -1 for a run that starts.

        Returns:
            The number of rows that could not be read.
        """
        rows, unreadable = self._rows()
        if self.has_rows:
            kept = [line for line, row in rows if row["step"] <= restored]
            write_text(self.path / "metrics.jsonl", "".join(kept))
        for picture in (self.path / "pictures").iterdir():
            ours = re.fullmatch(r".+-(\d{7,})\.(png|gif)", picture.name, re.ASCII)
            if ours and restored < int(ours[1]) <= self._settings["steps"]:
                picture.unlink()
        self._events.start(restored + 1)
        return unreadable


def unwritable(path: pathlib.Path, error: OSError) -> str:
    """What to tell a user whose run folder can't be written to."""
    return (
        f"The run folder {path} can't be written ({error}); {free_space(path)} are free there. Make room "
        "or mend the folder: the same command then goes on from the last checkpoint."
    )
