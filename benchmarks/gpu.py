"""What to measure first on a GPU: steps a second of the product by type, batch size and compilation.

    python -m benchmarks gpu [--out=gpu.md]
    python -m benchmarks gpu --device=cpu --models gmgan --batch_sizes 50     the same table of a CPU

Each row is a process of its own. Copies are those between the memory of the host and of the device in a step, as
TensorFlow's profiler sees them: of its minibatches, and of whether the loop of steps goes on. More are round trips that
a step need not make; on a CPU there are none.
"""

import argparse
import itertools
import os
import pathlib
import statistics
import sys

from benchmarks.race import Worker

PRODUCT = "benchmarks.product"
MODELS, PRECISIONS = ("gmgan", "ssgan"), ("float32", "bfloat16", "float16")
TITLES = ("model", "precision", "batch", "compiled", "steps a second", "images or clips a second", "copies a step")
PROFILED = 5  # steps


def has_gpu() -> bool:
    """Whether TensorFlow finds one."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def measure(settings: dict, rounds: int, steps: int) -> tuple[float, float]:
    """Seconds a step of the product, the median of some rounds, and copies a step.

    Raises:
        RuntimeError: if its process ends, as where its memory is too small.
    """
    worker = Worker(sys.executable, PRODUCT, settings)
    try:
        seconds = [worker("run", steps)["wall"] / steps for _ in range(rounds)]
        return statistics.median(seconds), worker("copies", PROFILED)
    finally:
        worker.close()


def row(settings: dict, rounds: int, steps: int) -> str:
    """A row of the table."""
    names = ("model", "precision", "batch_size")
    cells = [str(settings[name]) for name in names] + ["yes" if settings["jit"] else "no"]
    try:
        seconds, copies = measure(settings, rounds, steps)
    except (RuntimeError, BrokenPipeError):
        return f"| {' | '.join([*cells, 'failed', '–', '–'])} |"
    return f"| {' | '.join(cells)} | {1 / seconds:.3g} | {settings['batch_size'] / seconds:.4g} | {copies:g} |"


def parse(argv: list[str]) -> argparse.Namespace:
    """What the user chose."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--batch_sizes", nargs="+", type=int, default=(50, 200))
    parser.add_argument("--compiled", nargs="+", choices=("yes", "no"), default=("yes", "no"), help="by XLA or not")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20, help="of a round")
    parser.add_argument("--out", type=pathlib.Path, default="gpu.md", help="file to write the table to")
    return parser.parse_args(argv)


def main(argv: list[str]) -> None:
    """Writes the table, and prints its rows as they are found."""
    chosen = parse(argv)
    if chosen.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # of the processes that are measured
    elif not has_gpu():
        sys.exit("TensorFlow finds no GPU on this machine. Give --device=cpu for the same table of its CPU.")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"| {' | '.join(TITLES)} |", "|---" * len(TITLES) + "|"]
    print("\n".join(lines), flush=True)
    for values in itertools.product(chosen.models, chosen.precisions, chosen.batch_sizes, chosen.compiled):
        settings = dict(zip(("model", "precision", "batch_size", "jit"), values, strict=True))
        lines.append(row(settings | {"jit": settings["jit"] == "yes"}, chosen.rounds, chosen.steps))
        print(lines[-1], flush=True)
        chosen.out.write_text("\n".join(lines) + "\n")
