"""A contestant in a process of its own, which does what it is told line by line.

The parent writes a JSON list of a command and its arguments to standard input, and reads a JSON answer.
"""

import json
import resource
import sys
import time
from collections.abc import Callable


def serve(run: Callable[[int], None], **further: Callable) -> None:
    """Answers commands until the input ends.

    Args:
        run: makes some steps, and returns when they are done.
        **further: further commands by name, which return what JSON can hold.
    """

    def timed(steps):
        wall, cpu = time.perf_counter(), time.process_time()
        run(steps)
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

    commands = {"run": timed, "memory": peak_memory} | further
    _answer("ready")
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        _answer(commands[name](*arguments))


def peak_memory() -> float:
    """Most resident memory so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def settings() -> dict:
    """What the parent wants this worker to be."""
    return json.loads(sys.argv[1])


def _answer(value):
    print(json.dumps({"answer": value}), flush=True)
