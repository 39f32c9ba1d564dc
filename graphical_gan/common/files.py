"""Small files: written whole or not at all, and read with care."""

import contextlib
import errno
import io
import json
import os
import pathlib
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MOST = 2**24  # bytes of a file that is read at once; those of a run are far smaller
MOST_ROWS = 2**28  # bytes of a file of rows; long runs write a hundredth of it
OF_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG}  # that a command without a mistake can meet
WATCHED = {"step": int, "split": str}  # that each row of metrics.jsonl has


def local_path(given: str, name: str) -> str:
    """The absolute path that a user means, from whatever folder it is used later.

    Args:
        given: as it was typed; it may start with ~, and hold spaces, brackets, stars and any script.
        name: what it was given for, such as "--run_dir".

    Raises:
        ValueError: if it is empty, an address, of a user whom this machine does not know, or of characters that no
            line of a text file holds.
    """
    path = os.path.expanduser(given)
    if not is_line(path):
        raise ValueError(
            f"{name}={given!r} has a line break or other characters that can't be written down: expected a path of "
            "one line. Rename it."
        )
    if not path.strip() or path.startswith("~") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path):
        raise ValueError(
            f"{name}={given!r} is no path on this machine: expected one such as /data/images, images or ~/images. "
            "Files that lie elsewhere have to be copied or mounted here first."
        )
    return os.path.abspath(path)


@contextlib.contextmanager
def taken_literally(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Another path to a folder, in a `with` block, which TensorFlow does not take for a pattern when it reads there."""
    if not re.search(r"[][*?\\]", str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="graphical-gan-") as folder:
        link = pathlib.Path(folder, "here")
        link.symlink_to(path.absolute())
        yield link


def is_line(text: str) -> bool:
    """Whether a text can be written as one line: no control characters, and none that UTF-8 lacks."""
    return not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text)


def is_number(value: Any) -> bool:
    """Whether a value that was read is a number that can be drawn and added up."""
    return type(value) in (int, float) and abs(value) < 1e300


def refuse_others(folder: pathlib.Path) -> None:
    """Refuses a folder of anything but plain files and folders: links lead elsewhere, pipes and devices hang."""
    for parent, folders, files in os.walk(folder):  # which follows no link, and passes over what a run has just renamed
        for entry in (pathlib.Path(parent, name) for name in folders + files):
            with contextlib.suppress(FileNotFoundError):
                kind = entry.lstat().st_mode
                if stat.S_ISLNK(kind):
                    raise ValueError(
                        f"{entry} is a link to {os.readlink(entry)}; expected plain files and folders in a run, as "
                        "what is read there or written to it would be elsewhere. Remove the link, or name another "
                        "folder."
                    )
                if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                    raise ValueError(
                        f"{entry} is neither a file nor a folder; expected plain files and folders in a run. Remove "
                        "it, or name another folder."
                    )


def refuse_foreign(file: pathlib.Path, beginning: bytes) -> None:
    """Refuses to replace a file that is not of the kind that is about to be written.

    Args:
        file: to write to; it need not exist.
        beginning: of all files of the kind.

    Raises:
        ValueError: if it is a link, no plain file, or begins otherwise.
    """
    if not file.exists() and not file.is_symlink():
        return
    if not file.is_symlink() and file.is_file():
        with open(file, "rb") as opened:
            if opened.read(len(beginning)) in (beginning, b""):
                return
    raise ValueError(
        f"{file} is there and is no such file as would be written; expected no file, or an earlier one of this "
        "command, which is replaced. Name another with --out."
    )


def check_place(folder: pathlib.Path, name: str) -> None:
    """Refuses what can't be a folder to write to; it need not exist.

    Args:
        folder: its path.
        name: what it was given for, such as "--run_dir".

    Raises:
        ValueError: if it, or what it would lie in, is a file, or can't be written.
    """
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        raise ValueError(f"{name}={folder} can't be written: {existing} is no folder to write to. Name another.")


def read_bytes(file: pathlib.Path, most: int = MOST) -> bytes:
    """Reads a small file, such as a picture or settings, which somebody may have damaged.

    Args:
        most: bytes that such a file ever has.

    Raises:
        ValueError: if it is no plain file, or too large to be one of ours.
        OSError: if it can't be read.
    """
    if not file.is_file():
        raise ValueError(f"{file} is missing, or no plain file")
    if file.stat().st_size > most:
        raise ValueError(f"{file} has {file.stat().st_size:,} bytes, more than such a file ever has")
    with _naming(file):
        return file.read_bytes()


def read_json(file: pathlib.Path) -> Any:
    """Reads a JSON file, which somebody may have damaged.

    Raises:
        ValueError: if it is no JSON, not a plain file, or too large to be one of ours.
        OSError: if it can't be read.
    """
    content = read_bytes(file)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is no JSON ({error})") from error


def fits(value: Any, kinds: Mapping[str, type]) -> bool:
    """Whether a value that was read is a dictionary with these keys, whose values are of these types."""
    return isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in kinds.items())


def read_rows(file: pathlib.Path, kinds: Mapping[str, type]) -> tuple[list[tuple[str, dict]], int]:
    """The lines of a file of rows that are whole, with their rows, and how many others there are; none without a file.

    A row whose names can't be written is damaged.

    Args:
        file: of one JSON object a line, such as metrics.jsonl.

    Raises:
        ValueError: if it is no plain file, or far larger than such files are.
    """
    if not file.exists():
        return [], 0
    if not file.is_file() or file.stat().st_size > MOST_ROWS:
        raise ValueError(f"{file} is no plain file of at most {MOST_ROWS:,} bytes. Move it away, or restore it.")
    rows, unreadable = [], 0
    with _naming(file), open(file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                row = json.loads(line) if line.endswith("\n") else None
            except (ValueError, RecursionError):
                row = None
            if fits(row, kinds) and all(map(is_line, row)):
                rows.append((line, row))
            else:
                unreadable += 1
    return rows, unreadable


def write_json(file: pathlib.Path, values: dict[str, Any]) -> None:
    """Writes a JSON file."""
    write_text(file, json.dumps(values, indent=2) + "\n")


def write_text(file: pathlib.Path, text: str) -> None:
    """Writes a text file beside its place, then renames it: a reader never sees half a file."""
    write_chunks(file, [text.encode()])


def write_chunks(file: pathlib.Path, chunks: Iterable[bytes]) -> None:
    """Writes a file piece by piece, likewise; of several processes that write it, the last one's is left, whole."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    with _naming(file):
        beside.unlink(missing_ok=True)
        try:
            with open(beside, "xb") as opened:
                for chunk in chunks:
                    opened.write(chunk)
                opened.flush()
                os.fsync(opened.fileno())
            os.replace(beside, file)
        except BaseException:
            beside.unlink(missing_ok=True)  # what is there of it only takes room
            raise


def write_image(file: pathlib.Path, image: Any, **options: Any) -> None:
    """Writes a picture of Pillow, likewise."""
    content = io.BytesIO()
    image.save(content, **options)
    write_chunks(pathlib.Path(file), [content.getvalue()])


def append_rows(file: pathlib.Path, lines: Iterable[str]) -> None:
    """Appends lines, without their breaks, to a file of rows; a last one that was cut off swallows none of them."""
    with _naming(file), open(file, "ab+") as opened:
        if opened.tell():
            opened.seek(-1, os.SEEK_END)
            opened.write(b"" if opened.read(1) == b"\n" else b"\n")
        opened.write("".join(f"{line}\n" for line in lines).encode())
        opened.flush()
        os.fsync(opened.fileno())


def disk_error(error: Exception) -> str | None:
    """What to tell a user of an error of the disk; None if it is another, such as a file that is missing."""
    if not isinstance(error, OSError) or error.errno not in OF_DISK or not error.filename:
        return None
    file = pathlib.Path(os.fsdecode(error.filename)).absolute()
    said = f"{file} can't be read or written ({error.strerror})"
    if error.errno == errno.EROFS:
        return f"{said}. Name another place."
    return f"{said}; {free_space(file)} are free there. Make room, then give the same command again."


def free_space(path: pathlib.Path) -> str:
    """What is free on the disk of a path, which need not exist, in words."""
    existing = next(place for place in (path, *path.parents) if place.exists())
    return f"{shutil.disk_usage(existing).free / 2**20:,.0f} MiB"


@contextlib.contextmanager
def _naming(file: pathlib.Path) -> Iterator[None]:
    """Lets an error of the disk name the file, which that of a full or a broken one does not do by itself."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(file)) from error


def first_line(error: Exception) -> str:
    """What TensorFlow and Keras say of an error, without its stack."""
    return str(error).partition("\n")[0][:200]
