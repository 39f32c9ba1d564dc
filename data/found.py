"""The files below a folder of a user: those that are read, and those that are left out, with the reason."""

import collections
import dataclasses
import os
import pathlib
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Found:
    """What lies below a folder.

    Attributes:
        paths: sorted, of the files that are read.
        left_out: how many others there are of each kind, such as ".heic".
    """

    paths: list[pathlib.Path]
    left_out: collections.Counter

    def sentence(self, read: str, suffixes: Iterable[str]) -> str:
        """Say what is read and what is not.

        Args:
            read: what is read, with its number, such as "60 images".
            suffixes: of the files that can be read.
        """
        if not self.left_out:
            return f"{read} read."
        others = ", ".join(f"{count} {kind}" for kind, count in sorted(self.left_out.items()))
        return f"{read} read; left out: {others}, because only {', '.join(suffixes)} are read here."


def find(root: pathlib.Path, suffixes: Iterable[str], deepest: int | None = None) -> Found:
    """Find the files of some kinds in a folder and in all folders below it.

    Links to files and folders are followed at every depth. A folder is read once, so links in a circle end; and no
    folder is read that this one lies in. What is hidden, and what lies in a hidden folder, is none of the user's data.

    Args:
        suffixes: of the files, in lower case.
        deepest: how many folders may lie between the folder and a file, or None for any number.
    """
    here = root.resolve()
    seen = {_identity(folder) for folder in (here, *here.parents)}
    paths, left_out, folders = [], collections.Counter(), [(root, 0)]
    while folders:
        folder, depth = folders.pop()
        for path in visible(folder.iterdir()):
            if not path.is_dir():
                kind = _kind(path)
                if kind in suffixes:
                    paths.append(path)
                else:
                    left_out[kind] += 1
            elif _identity(path) in seen:
                left_out["links to folders that are read already or hold this one"] += 1
            elif depth == deepest:
                left_out["folders too deep"] += 1
            else:
                seen.add(_identity(path))
                folders.append((path, depth + 1))
    return Found(sorted(paths), left_out)


def visible(paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """Paths in the order of their names, without the hidden ones."""
    return sorted(path for path in paths if not path.name.startswith("."))


def _identity(folder):
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def _kind(path):
    if path.is_file():
        return path.suffix.lower() or "without a suffix"
    return "no plain files" if path.exists() else "links that lead nowhere"
