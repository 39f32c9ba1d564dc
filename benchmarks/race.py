"""Contestants in processes of their own, which take turns."""

import json
import os
import statistics
import subprocess
import sys


class Worker:
    """A contestant in its process.

    Args:
        python: that runs it.
        module: of the contestant, see `worker.serve`.
        settings: that it is given.
        environment: variables that it has beside those of this process.

    Raises:
        RuntimeError: if it ends before it is ready.
    """

    def __init__(self, python: str, module: str, settings: dict, environment: dict[str, str] | None = None):
        command = [python, "-m", module, json.dumps(settings)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, **pipes, text=True, env=os.environ | (environment or {}))
        self._read()

    def __call__(self, *command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """Lets it end."""
        self.process.stdin.close()
        self.process.wait()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith('{"answer"'):
                return json.loads(line)["answer"]
        raise RuntimeError(f"{' '.join(self.process.args)} ended with status {self.process.wait()}")


def one_thread() -> None:
    """Has all contestants compute on one thread: they inherit the environment."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"


def take_turns(workers: dict[str, Worker], rounds: int, steps: int, clock: str) -> dict[str, list[float]]:
    """Seconds a step of each worker, by round; "wall" or "cpu" ones."""
    times = {name: [] for name in workers}
    for number in range(rounds):
        for name, worker in workers.items():
            times[name].append(worker("run", steps)[clock] / steps)
        latest = ", ".join(f"{name} {1 / seconds[-1]:.3g}" for name, seconds in times.items())
        print(f"round {number + 1} of {rounds}, steps/s: {latest}", file=sys.stderr, flush=True)
    return times


def ratio(base: list[float], seconds: list[float]) -> float:
    """How many times as fast as the base, the median over the rounds of the ratio within one."""
    return statistics.median(a / b for a, b in zip(base, seconds, strict=True))
