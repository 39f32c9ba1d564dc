"""Small files of text and JSON: written whole or not at all, and read with care."""

import json
import os
import pathlib
from collections.abc import Iterable
from typing import Any

MOST = 2**24  # bytes of a file that is read at once; those of a run are far smaller


def read_json(file: pathlib.Path) -> Any:
    """Reads a JSON file, which somebody may have damaged.

    Raises:
        ValueError: if it is no JSON, not a plain file, or too large to be one of ours.
        OSError: if it can't be read.
    """
    if not file.is_file():
        raise ValueError(f"{file} is missing, or no plain file")
    if file.stat().st_size > MOST:
        raise ValueError(f"{file} has {file.stat().st_size:,} bytes, more than such a file ever has")
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is no JSON ({error})") from error


def write_json(file: pathlib.Path, values: dict[str, Any]) -> None:
    """Writes a JSON file."""
    write_text(file, json.dumps(values, indent=2) + "\n")


def write_text(file: pathlib.Path, text: str) -> None:
    """Writes a text file beside its place, then renames it: a reader never sees half a file."""
    write_chunks(file, [text.encode()])


def write_chunks(file: pathlib.Path, chunks: Iterable[bytes]) -> None:
    """Writes a file piece by piece, likewise; whatever is in its place beside is replaced, and no link followed."""
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    with open(beside, "xb") as opened:
        for chunk in chunks:
            opened.write(chunk)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(beside, file)


def first_line(error: Exception) -> str:
    """What TensorFlow says of an error, without its stack."""
    return str(error).partition("\n")[0][:200]
