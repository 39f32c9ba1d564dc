"""How the process handles memory that is free."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_NEVER, _LARGE, _LARGE_BEFORE = 2**31 - 1, 2**30, 2**25  # bytes; older releases of glibc take 32 MiB at most


def keep_freed_memory() -> None:
    """Has the C library keep what is freed, as each step frees and takes the same memory again.

    Given back to the system in between, it comes back by page faults, which took 5 to 15% of a step on a CPU. Another C
    library than glibc does as it likes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_TRIM_THRESHOLD, _NEVER)
    if not mallopt(_MMAP_THRESHOLD, _LARGE):
        mallopt(_MMAP_THRESHOLD, _LARGE_BEFORE)
