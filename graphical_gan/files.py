"""Small files of text and JSON: written whole or not at all, and read with care."""

import json
import os
import pathlib
from collections.abc import Mapping
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


def fits(value: Any, kinds: Mapping[str, type]) -> bool:
    """Whether a value that was read is a dictionary with these keys, whose values are of these types."""
    return isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in kinds.items())


def write_json(file: pathlib.Path, values: dict[str, Any]) -> None:
    """Writes a JSON file."""
    write_text(file, json.dumps(values, indent=2) + "\n")


def write_text(file: pathlib.Path, text: str) -> None:
    """Writes a text file beside its place, then renames it: a reader never sees half a file."""
    write_bytes(file, text.encode())


def write_bytes(file: pathlib.Path, content: bytes) -> None:
    """Writes a file beside its place, then renames it."""
    beside = file.with_name(f".{file.name}.new")
    with open(beside, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(beside, file)


def first_line(error: Exception) -> str:
    """What TensorFlow says of an error, without its stack."""
    return str(error).partition("\n")[0][:200]
