"""What of a step is communication: 1, 2 and 4 processes on this machine, each with one thread and a batch of its own.

    python -m benchmarks.replicas        GMGAN-L on MNIST, 50 images a process and step

They meet as those of several machines do, by TF_CONFIG. The bytes are those of the loopback, of whatever uses it.
"""

import concurrent.futures
import contextlib
import functools
import json
import os
import pathlib
import re
import socket
import statistics
import sys

from benchmarks.race import Worker, one_thread

PROCESSES, BATCH = (1, 2, 4), 50  # images of a process
ROUNDS, STEPS = 5, 4


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("localhost", 0))) for _ in range(count)]
        return [opened.getsockname()[1] for opened in sockets]


def settings(count: int) -> dict:
    """Of each of some processes of a run."""
    return {
        "model": "gmgan",
        "batch_size": BATCH * count,
        "precision": "float32",
        "strategy": "multi_worker" if count > 1 else "mirrored",
    }


def environments(count: int) -> list[dict[str, str]]:
    """What tells each of some processes of a run who the others are."""
    places = [f"localhost:{port}" for port in free_ports(count)]
    tasks = [{"cluster": {"worker": places}, "task": {"type": "worker", "index": index}} for index in range(count)]
    return [{"TF_CONFIG": json.dumps(task)} if count > 1 else {} for task in tasks]


def loopback() -> int:
    """Bytes that were sent over it so far."""
    return int(re.search(r"lo:\s*(\d+)", pathlib.Path("/proc/net/dev").read_text())[1])


def measure(count: int) -> dict[str, float]:
    """Medians of wall and of CPU seconds of a step, those of all processes, and the MB that a step sends."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:  # each process answers when all have done a step
        start = functools.partial(Worker, sys.executable, "benchmarks.product", settings(count))
        workers = list(pool.map(start, environments(count)))
        found = {"wall": [], "cpu": [], "MB": []}
        for _ in range(ROUNDS):
            before = loopback()
            answers = list(pool.map(lambda worker: worker("run", STEPS), workers))
            found["MB"].append((loopback() - before) / STEPS / 1e6)
            found["wall"].append(max(answer["wall"] for answer in answers) / STEPS)
            found["cpu"].append(sum(answer["cpu"] for answer in answers) / STEPS)
        list(pool.map(Worker.close, workers))
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    """Prints the table."""
    one_thread()
    print("| processes | wall seconds a step | efficiency | CPU seconds a step | communication's share | MB a step |")
    print("|---|---|---|---|---|---|")
    alone = measure(1)
    for count in PROCESSES:
        found = measure(count) if count > 1 else alone
        computing = count * alone["cpu"]
        ideal = alone["wall"] * max(1, count / len(os.sched_getaffinity(0)))
        print(
            f"| {count} | {found['wall']:.3f} | {ideal / found['wall']:.0%} | {found['cpu']:.3f} "
            f"| {1 - computing / found['cpu']:.0%} | {found['MB']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
