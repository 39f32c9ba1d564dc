"""Where the pixels of a data set lie: in memory, or on the disk if they are many."""

import math
import os
import sys
import tempfile

import numpy as np

from graphical_gan.common.array_cache import default_cache

LARGE = 2**30  # bytes of pixels from which on they lie on the disk


def room(shape: tuple[int, ...], dtype: np.typing.DTypeLike = np.uint8) -> np.ndarray:
    """Make room for pixels, or other numbers, that are about to be read.

    Many of them get a file in the folder of the cache, which is mapped: the system holds as much of it in memory as it
    has free, so that a data set may be larger than that. The file has no name and is gone when the process ends.

    Returns:
        An array to be filled.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    try:
        folder = default_cache()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, size)  # a disk that is full only later would end the process
            return np.memmap(file, dtype, "r+", shape=shape)
    except (OSError, ValueError, AttributeError) as error:  # of a user without a home; of a system without that call
        print(
            f"The pixels are held in memory, {size / 2**30:,.1f} GiB of it, as the cache can't hold them ({error}). "
            "XDG_CACHE_HOME names another folder for it.",
            file=sys.stderr,
        )
        return np.empty(shape, dtype)
