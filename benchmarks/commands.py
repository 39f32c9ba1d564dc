"""Wall time and peak memory of the main commands, one after another.

    python -m benchmarks.commands --data_dir=FOLDER

Commands that train do so for a few steps, and then evaluate and export like any run. When the first and the last step
were done is told by the rows of metrics.jsonl.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

STEPS = 20
SMALL = [f"--steps={STEPS}", "--log_every=1"]
ROW = b'"split": "train"'  # of a step
MNIST = ["--dataset=mnist"]
MOVING_MNIST = ["--dataset=moving_mnist", "--T=16"]
STATUS = {"--K=0": 2}  # exit status that a mistake leads to, in place of 0


def commands(folder: str, data: list[str]) -> dict[str, list[str]]:
    """By what a reader calls them; a run folder stands at the end of those that train."""
    images, clips = f"{folder}/train_gmgan.py", f"{folder}/train_ssgan.py"
    return {
        "`train_gmgan.py --help`": ["train_gmgan.py", "--help"],
        "`train_gmgan.py --K=0`, refused": ["train_gmgan.py", "--K=0"],
        "`train_gmgan.py`": ["train_gmgan.py", *SMALL, f"--run_dir={images}"],
        "`evaluate RUN`": ["-m", "graphical_gan.evaluate", images],
        "`sample RUN/saved_model`": ["-m", "graphical_gan.sample", f"{images}/saved_model", f"--out={folder}/s.png"],
        "`train_ssgan.py`": ["train_ssgan.py", *SMALL, f"--run_dir={clips}"],
        "`train_gmgan.py --dataset=mnist`": ["train_gmgan.py", *MNIST, *data, *SMALL, f"--run_dir={folder}/mnist"],
        "`train_ssgan.py --dataset=moving_mnist --T=16`": [
            "train_ssgan.py", *MOVING_MNIST, *data, *SMALL, f"--run_dir={folder}/moving_mnist"
        ],
    }  # fmt: skip


def measure(command: list[str]) -> tuple[float, list[float], float]:
    """Seconds to the end, seconds to each row of a run, and peak resident memory in GB.

    Raises:
        SystemExit: if its exit status is not what it should be.
    """
    began, reached = time.perf_counter(), []
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, trains, run_dir = command[-1].partition("--run_dir=")
    rows = pathlib.Path(run_dir) / "metrics.jsonl"
    ended = threading.Event()

    def watch():
        while trains and len(reached) < STEPS and not ended.wait(0.05):
            count = rows.read_bytes().count(ROW) if rows.exists() else 0
            reached.extend([time.perf_counter() - began] * (count - len(reached)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    ended.set()
    watcher.join()
    if os.waitstatus_to_exitcode(status) != STATUS.get(command[-1], 0):
        raise SystemExit(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - began, reached, usage.ru_maxrss / 2**20


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", help="where tensorflow-datasets keeps MNIST")
    data_dir = parser.parse_args().data_dir
    data = [f"--data_dir={data_dir}"] if data_dir else []
    print("| command | seconds | to the first step | from the last step on | peak memory, GB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, command in commands(folder, data).items():
            seconds, reached, memory = measure(command)
            around = f"{reached[0]:.1f} | {seconds - reached[-1]:.1f}" if reached else "– | –"
            print(f"| {name} | {seconds:.1f} | {around} | {memory:.2f} |", flush=True)


if __name__ == "__main__":
    main()
