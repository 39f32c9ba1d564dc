"""How the process handles memory that is free."""

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # of glibc's malloc.h
_NEVER, _LARGE, _LARGE_BEFORE = 2**31 - 1, 2**30, 2**25  # bytes; older releases of glibc take 32 MiB at most
# Other threads than the first have heaps of 64 MiB, and give back those that are empty but for so many bytes after the
# last one in use. These are addresses, which take no memory before they are used.
_TWO_HEAPS = 2**27


def keep_freed_memory() -> None:
    """Has the C library keep what is freed, as each step frees and takes the same memory again.

    Given back to the system in between, it comes back by page faults, which took 5 to 25% of a step on a CPU. Another C
    library than glibc does as it likes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_TRIM_THRESHOLD, _NEVER)
    mallopt(_TOP_PAD, _TWO_HEAPS)
    if not mallopt(_MMAP_THRESHOLD, _LARGE):
        mallopt(_MMAP_THRESHOLD, _LARGE_BEFORE)
