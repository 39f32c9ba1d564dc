"""What is going on where nothing else would be seen for a while."""

import contextlib
import sys
import time
from collections.abc import Iterator


@contextlib.contextmanager
def phase(doing: str) -> Iterator[None]:
    """Says what is done inside, when it begins, and how long it took, when it ends; on stderr, as progress bars are.

    Args:
        doing: such as "Reads mnist".
    """
    print(f"{doing} ...", end="", file=sys.stderr, flush=True)
    began, said = time.perf_counter(), "stopped"
    try:
        yield
        said = f"{time.perf_counter() - began:.1f} s"
    finally:
        print(f" {said}", file=sys.stderr, flush=True)
