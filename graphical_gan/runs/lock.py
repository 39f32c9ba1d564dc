"""One process a run folder."""

import contextlib
import fcntl
import os
import pathlib
import re
from collections.abc import Iterator


@contextlib.contextmanager
def locked(folder: pathlib.Path, wait: bool = False) -> Iterator[None]:
    """Holds the lock of a run folder; the system frees it however the process ends.

    Raises:
        ValueError: if another process holds it, and this one does not wait; or if the file is another program's.
        OSError: if it can't be written, or is a link: whose file would be written over.
    """
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o666)
    with open(descriptor, "a+", errors="replace") as file:
        file.seek(0)
        if not re.match(r"process \d+ on |$", file.read(80)):
            raise ValueError(f"{folder / '.lock'} is no lock of this program, but another's. Name another --run_dir.")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read(80).strip()
            if not wait:
                raise ValueError(
                    f"--run_dir={folder} is in use by another process ({holder}). Wait until it ends, stop it, or name "
                    "another folder."
                ) from error
            print(f"Waits for the training in {folder} ({holder}).", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {os.uname().nodename}\n")
        file.flush()
        yield
