"""Arrays that are slow to make, kept in a folder outside the repository by all that they depend on."""

import hashlib
import io
import json
import os
import pathlib
import sys
from collections.abc import Callable, Iterable

import numpy as np

from graphical_gan.common.files import disk_error, local_path, write_chunks


def default_cache() -> pathlib.Path:
    """Where they are kept: in $XDG_CACHE_HOME, ~/.cache if it is not set."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or local_path("~/.cache", "HOME"), "graphical-gan")


def digest_of(parts: Iterable[bytes | np.ndarray]) -> str:
    """16 hexadecimal digits of the hash of bytes, and of contiguous arrays."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


def digest_of_files(path: pathlib.Path) -> str:
    """`digest_of` a file, or of a SavedModel's folder without its fingerprint, which each saving draws anew."""
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file())
    return digest_of(file.read_bytes() for file in files if file.name != "fingerprint.pb")


def remembered(cache, name: str, key: dict, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Arrays from the cache, or made and put there.

    Args:
        cache: str or path-like, the folder; made where it is missing.
        name: what the file's name begins with.
        key: all that the arrays depend on, of JSON's types.
        make: makes them, by name; called if there are none yet, or their file can't be read.
    """
    line = json.dumps(key, sort_keys=True)
    file = pathlib.Path(cache) / f"{name}-{digest_of([line.encode()])}.npz"
    try:
        with open(file, "rb") as stored, np.load(stored) as held:
            if str(held["key"]) == line:
                return {name: held[name] for name in held.files if name != "key"}
    except Exception:  # none yet, or damaged, which zip and NumPy's parser of its heads notice in many ways
        pass
    made, content = make(), io.BytesIO()
    np.savez(content, key=np.array(line), **made)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_chunks(file, [content.getvalue()])
    except OSError as error:
        print(f"Not kept for the next time: {disk_error(error) or error}", file=sys.stderr)
    return made
