"""Checkpoints that survive a kill at any moment: written beside, checksummed, renamed, and verified when read.

ckpt-0001000/      the state after 1,000 steps
    variables.*        as `tf.train.Checkpoint.write` leaves them: tensors only, no code
    run.json           the run's identity, how many rows of metrics.jsonl led to it, what chose a best one
    checksums.json     SHA-256 of each of these files
"""

import hashlib
import os
import pathlib
import re
import shutil

import tensorflow as tf

from graphical_gan.common.files import first_line, fits, read_json, taken_literally, write_json

MANIFEST = "checksums.json"
ABOUT = "run.json"
BEFORE = ".before"  # ends the hidden name of a checkpoint whose place another is about to take
MOST = 2**34  # bytes of a file of a checkpoint; a billion weights with their optimizers have fewer
_FILES = re.compile(r"variables\.[\w.-]+|run\.json", re.ASCII)
_KEY = "{}/{}/.ATTRIBUTES/VARIABLE_VALUE"  # of a variable in a list of a `tf.train.Checkpoint`
_NAME = re.compile(r"ckpt-(\d{7,12})", re.ASCII)


class DamagedError(ValueError):
    """A checkpoint is not what was written; the message says what is wrong with it."""


class Checkpoints:
    """The newest checkpoints of a run, in a folder of their own.

    Args:
        run: the identity of the run, which stands in each; None of one that is older than identities.
    """

    def __init__(self, folder: pathlib.Path, keep: int = 2, run: str | None = None):
        self.folder, self.keep, self.run = folder, keep, run

    def paths(self) -> list[pathlib.Path]:
        """All checkpoints, the newest last."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted((p for p in found if _NAME.fullmatch(p.name) and p.is_dir()), key=lambda p: int(p.name[5:]))

    def steps(self) -> list[int]:
        """The steps of all checkpoints, the newest last."""
        return [int(path.name[5:]) for path in self.paths()]

    def save(self, state: tf.train.Checkpoint, step: int, rows: int = 0, chosen_by: str | None = None) -> None:
        """Writes the state after a step; whenever the process is killed, a whole checkpoint is left.

        Args:
            rows: how many rows were watched until then.
            chosen_by: the score by which it is the best, if it is.

        Raises:
            OSError: if it can't be written; those written before are untouched.
        """
        path = self.folder / f"ckpt-{step:07d}"
        beside = self.folder / f".{path.name}.new"
        self.put_back()
        self._clear()
        beside.mkdir(parents=True)
        try:
            state.write(str(beside / "variables"))
        except tf.errors.OpError as error:
            raise OSError(f"{beside}: {first_line(error)}") from error
        write_json(beside / ABOUT, {"run": self.run, "rows": rows} | ({"chosen_by": chosen_by} if chosen_by else {}))
        sums = {file.name: _checksum(file) for file in sorted(beside.iterdir())}
        write_json(beside / MANIFEST, sums)
        for file in beside.iterdir():
            _sync(file)
        _sync(beside)
        before = self.folder / f".{path.name}{BEFORE}"
        if path.exists():
            os.replace(path, before)
        os.replace(beside, path)
        _sync(self.folder)
        shutil.rmtree(before, ignore_errors=True)
        for old in self.paths()[: -self.keep]:
            self._discard(old)

    def restore(self, state: tf.train.Checkpoint) -> tuple[pathlib.Path | None, list[tuple[pathlib.Path, str]]]:
        """Reads the newest checkpoint that is whole; deletes nothing.

        Returns:
            Its path, None if there is no checkpoint at all; and each newer one that is damaged, with the reason.

        Raises:
            ValueError: if there are checkpoints, but none is whole, or the whole one is of another run or model.
        """
        damaged = []
        for path in reversed(self.paths()):
            try:
                verify(path)
                self._check_run(path)
                _read(state, path)
                return path, damaged
            except (DamagedError, OSError) as error:
                damaged.append((path, str(error)))
        if damaged:
            reasons = "; ".join(f"{path.name} {reason}" for path, reason in damaged)
            raise ValueError(
                f"{self.folder} holds no checkpoint that is whole: {reasons}. Restore one from a copy, or start a new "
                "run with another --run_dir."
            )
        return None, []

    def read_lists(self, lists: dict[str, list[tf.Variable]]) -> pathlib.Path:
        """Gives variables the values that lists of these names have in the newest checkpoint that is whole.

        Returns:
            Its path.

        Raises:
            ValueError: if none is whole, or its lists are of other lengths or shapes.
        """
        whole = self._whole()
        if not whole:
            raise ValueError(f"{self.folder} holds no checkpoint that is whole. Train that run first, or name another.")
        with taken_literally(whole[-1]) as here:
            reader = tf.train.load_checkpoint(str(here / "variables"))
            shapes = reader.get_variable_to_shape_map()
            ours = {_KEY.format(name, i): v for name, held in lists.items() for i, v in enumerate(held)}
            further = [_KEY.format(name, len(held)) for name, held in lists.items()]
            if any(shapes.get(key) != v.shape.as_list() for key, v in ours.items()) or set(further) & set(shapes):
                raise ValueError(
                    f"The weights in {whole[-1]} are of other networks: their number or shapes differ. Give the flags "
                    "that they were trained with, or name another run."
                )
            for key, variable in ours.items():
                variable.assign(reader.get_tensor(key))
        return whole[-1]

    def rows(self, step: int) -> int:
        """How many rows had been watched when the checkpoint of a step was written; 0 if that is not known."""
        return _about(self.folder / f"ckpt-{step:07d}")["rows"]

    def chosen_by(self, step: int) -> str | None:
        """The score by which the checkpoint of a step is the best; None where it does not say."""
        return _about(self.folder / f"ckpt-{step:07d}").get("chosen_by")

    def refuse_foreign(self) -> None:
        """Refuses checkpoints of another run.

        Raises:
            ValueError: if a whole one is.
        """
        for path in self._whole():
            self._check_run(path)

    def damaged(self) -> list[tuple[pathlib.Path, str]]:
        """The checkpoints that are not as they were written, each with the reason."""
        found = []
        for path in self.paths():
            try:
                verify(path)
            except (DamagedError, OSError) as error:
                found.append((path, str(error)))
        return found

    def _whole(self):
        """The checkpoints that are as they were written, the newest last."""
        damaged = dict(self.damaged())
        return [path for path in self.paths() if path not in damaged]

    def set_aside(self, path: pathlib.Path) -> pathlib.Path:
        """Renames a damaged checkpoint, so that nothing takes it for a good one; returns where it is."""
        aside = path.with_name(f"{path.name}.corrupt")
        shutil.rmtree(aside, ignore_errors=True)
        os.replace(path, aside)
        return aside

    def _check_run(self, path):
        theirs = _about(path).get("run")
        if theirs != self.run:
            raise ValueError(
                f"{path} belongs to another run ({theirs}) than the settings.json beside it ({self.run}); expected a "
                "checkpoint of the same run. Put the right one back, or start a new run with another --run_dir."
            )

    def _discard(self, path):
        """Deletes a checkpoint; killed half-way, what is left has no name of a checkpoint."""
        hidden = path.with_name(f".{path.name}.old")
        os.replace(path, hidden)
        shutil.rmtree(hidden)

    def put_back(self) -> None:
        """Restores the old checkpoint of a step, if a kill came before the new one took its place.

        For the process that holds the run's lock: for others, the one that writes may be between the two renames.
        """
        for before in self.folder.glob(f".ckpt-*{BEFORE}"):
            path = before.with_name(before.name[1:].removesuffix(BEFORE))
            if not path.exists():
                os.replace(before, path)

    def _clear(self):
        """Deletes what a killed process left half-written."""
        for left in self.folder.glob(".ckpt-*"):
            shutil.rmtree(left)


def verify(path: pathlib.Path) -> None:
    """Compares the files of a checkpoint with their checksums.

    Raises:
        DamagedError: if one is missing, or another than was written.
        OSError: if one can't be read.
    """
    try:
        sums = read_json(path / MANIFEST)
    except ValueError as error:
        raise DamagedError(f"has no readable {MANIFEST}") from error
    if not isinstance(sums, dict) or not sums or not all(_FILES.fullmatch(name) for name in sums):
        raise DamagedError(f"has a {MANIFEST} that names no files of a checkpoint")
    for name, checksum in sums.items():  # what else is there, such as a .DS_Store, is read by nobody
        file = path / name
        if not file.is_file() or file.stat().st_size > MOST or _checksum(file) != checksum:
            raise DamagedError(f"has a missing, truncated or changed {name}")


def _about(path):
    """What a checkpoint says of its run; nothing, if it is older than that."""
    about = read_json(path / ABOUT) if (path / ABOUT).exists() else {"rows": 0}
    if not fits(about, {"rows": int}):
        raise DamagedError(f"has an {ABOUT} that says nothing of a run")
    return about


def _read(state, path):
    try:
        with taken_literally(path) as here:
            state.read(str(here / "variables")).assert_consumed().assert_existing_objects_matched()
    except tf.errors.OpError as error:
        raise DamagedError(f"can't be read: {first_line(error)}") from error
    except (AssertionError, IndexError, ValueError) as error:
        raise ValueError(
            f"The checkpoint {path} is of another model, or of another version of this program: {first_line(error)}. "
            "Use the version that wrote it, or start a new run with another --run_dir."
        ) from error


def _checksum(file):
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(path):
    """Waits until a file or folder is on the disk: a rename must not get there before what it names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
