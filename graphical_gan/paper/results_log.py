"""Rows of results, one JSON object a line: appended as they come, merged from several machines, never lost."""

import json
import pathlib
from collections.abc import Iterable

from graphical_gan.common.files import MOST_ROWS, append_rows, fits, is_line, is_number, read_bytes, write_text

ROW = {"row": str, "weights": str, "seed": int, "step": int, "version": str, "settings": dict, "scores": dict}

LONGEST = 200  # characters of a name that a table shows


class ResultsLog:
    """A file of rows. A last line that was cut off, when its writer was killed, is dropped.

    Args:
        path: of the file, which need not exist; its folder is made.

    Raises:
        ValueError: if another line is no row of results.
    """

    def __init__(self, path: pathlib.Path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = _read(path) if path.exists() else []
        whole = "".join(f"{_line(row)}\n" for row in self.rows)
        if path.exists() and path.read_text() != whole:
            write_text(path, whole)

    def add(self, rows: Iterable[dict]) -> int:
        """Appends the rows that it does not have yet; returns how many those were."""
        known = set(map(_line, self.rows))
        lines = [line for line in dict.fromkeys(map(_line, rows)) if line not in known]
        append_rows(self.path, lines)
        self.rows += map(json.loads, lines)
        return len(lines)

    def merge(self, file: pathlib.Path) -> int:
        """Appends the rows of another file; returns how many were new.

        Raises:
            ValueError: if it can't be read, or has lines that are no rows of results; nothing is added then.
        """
        if not file.is_file():
            raise ValueError(f"--merge={file} is no file; expected a results.jsonl. Give its path.")
        return self.add(_read(file))


def _read(path):
    lines = read_bytes(path, MOST_ROWS).decode(errors="replace").split("\n")
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError):
            if number == len(lines) and line[:1] in ("", "{"):  # every whole line ends in a line break
                break
            rows.append(None)
        if not _is_row(rows[-1]):
            raise ValueError(
                f"{path}, line {number} is no row of results; expected a JSON object with {', '.join(ROW)}. Remove the "
                "line, or name a results.jsonl of reproduce with --merge."
            )
    return rows


def _is_row(row):
    """Whether a table can show it: numbers that can be printed, names of one line."""
    return (
        fits(row, ROW)
        and isinstance(row["settings"].get("dataset"), str)
        and is_number(row["seed"])
        and is_number(row["step"])
        and all(is_line(text) and len(text) < LONGEST for text in (row["row"], row["weights"], row["version"]))
        and all(is_line(name) and len(name) < LONGEST for name in row["scores"])
    )


def _line(row):
    return json.dumps(row, sort_keys=True)
