"""Arrays of a user as files NAME.npy in a folder, read and written by NumPy."""

import io
import itertools
import pathlib
from collections.abc import Mapping

import numpy as np

from graphical_gan.common.files import write_chunks


def read(folder: pathlib.Path, name: str) -> np.ndarray:
    """Open the array of a file NAME.npy; nothing of it is in memory yet.

    Returns:
        The array, which can't be written to.

    Raises:
        ValueError: if there is no such file, or it holds no array of numbers or texts.
    """
    file = folder / f"{name}.npy"
    if not file.is_file():
        raise ValueError(
            f"--manual_dir={folder} holds no {file.name}: expected an array that NumPy has saved. "
            f"Write it with np.save({file.name!r}, {name}), or name another folder."
        )
    try:
        # A map of the file is never longer than the file is, whatever its head says.
        return np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(
            f"{file} can't be read ({error}): expected an array of numbers, without objects of Python's. "
            f"Write it again with np.save."
        ) from error


def optional(folder: pathlib.Path, name: str) -> np.ndarray | None:
    """Open an array as `read`, None where there is no such file."""
    return read(folder, name) if (folder / f"{name}.npy").exists() else None


def write(folder: pathlib.Path, arrays: Mapping[str, np.ndarray | None]) -> None:
    """Write each array that there is to a file of its name; those that are there stay.

    Args:
        folder: made where it is missing.
        arrays: by name, None for none.

    Raises:
        OSError: if it can't be written.
    """
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        file = folder / f"{name}.npy"
        if array is not None and not file.exists():
            head, array = io.BytesIO(), np.ascontiguousarray(array)
            np.lib.format.write_array_header_1_0(head, np.lib.format.header_data_from_array_1_0(array))
            write_chunks(file, itertools.chain([head.getvalue()], (row.tobytes() for row in array)))
