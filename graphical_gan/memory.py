"""How the process handles memory that is free."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_NEVER = 2**31 - 1, 2**30  # bytes; glibc takes no more for either


def keep_freed_memory() -> None:
    """Has the C library keep what is freed, as each step frees and takes the same memory again.

    Given back to the system in between, it comes back by page faults, which took 5 to 15% of a step on a CPU. Another C
    library than glibc does as it likes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    for parameter, value in zip((_TRIM_THRESHOLD, _MMAP_THRESHOLD), _NEVER, strict=True):
        mallopt(parameter, value)
