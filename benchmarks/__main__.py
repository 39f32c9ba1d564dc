"""The product beside PyTorch twins and a plain TensorFlow loop: `make bench`, or parts of it.

    python -m benchmarks gmgan ssgan --twin_python=.venv-bench/bin/python --out=speed.md
    python -m benchmarks gpu        the product alone, see `benchmarks.gpu`

Each contestant is a process of its own with the same minibatches. They run in turn, a few steps at a time, so that
whatever else the machine does meets all of them; what counts are medians of ratios within a round. First each twin is
given the weights and samples of the product, and must find the same costs.
"""

import argparse
import os
import pathlib
import statistics
import sys
import tempfile

from benchmarks import gpu
from benchmarks.race import Worker, one_thread, ratio, take_turns

PRODUCT, PLAIN, TWIN = "benchmarks.product", "benchmarks.plain_loop", "benchmarks.twin"
SIMULTANEOUS = {"update": "simultaneous"}
CONTESTANTS = {
    "product, float32": (PRODUCT, {"precision": "float32"}),
    "product, bfloat16": (PRODUCT, {"precision": "bfloat16"}),
    "product, float32, simultaneous": (PRODUCT, {"precision": "float32"} | SIMULTANEOUS),
    "product, bfloat16, simultaneous": (PRODUCT, {"precision": "bfloat16"} | SIMULTANEOUS),
    "plain TensorFlow loop, float32": (PLAIN, {}),
    "PyTorch eager, channels last, float32": (TWIN, {"precision": "float32"}),
    "PyTorch eager, channels last, bfloat16": (TWIN, {"precision": "bfloat16"}),
    "torch.compile, float32": (TWIN, {"precision": "float32", "compiled": True}),
}
ROUNDS = {"gmgan": (5, 5), "ssgan": (3, 1)}  # rounds, and steps of each
TOLERANCES = (1e-4, 1e-4, 1e-4)  # of both costs, relative, and of images, absolute


def python_of(module, twin_python):
    return twin_python if module == TWIN else sys.executable


def check(model, batch, twin_python):
    """Compares costs and images of twin and product with the same weights and latents.

    Returns:
        The differences, GFLOP/s of matrix products by type, and the floating-point operations of an alternating step.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "product.npz")
        product = Worker(sys.executable, PRODUCT, {"model": model, "batch_size": batch, "precision": "float32"})
        product("dump", path)
        peaks = {dtype: product("peak", dtype) for dtype in ("float32", "bfloat16")}
        product.close()
        twin = Worker(twin_python, TWIN, {"model": model, "batch_size": batch, "precision": "float32"})
        found, operations = twin("check", path), twin("flops")
        twin.close()
    if any(a > b for a, b in zip(found, TOLERANCES, strict=True)):
        raise SystemExit(f"twin and product of {model} differ: {found}, allowed {TOLERANCES}")
    return found, peaks, operations


def race(model, chosen):
    """Seconds a step by contestant that was chosen, a list of rounds each, and peak memory in GB."""
    workers = {}
    for name, (module, settings) in CONTESTANTS.items():
        if chosen.only not in name or (module == PLAIN and model != "gmgan"):
            continue
        try:
            workers[name] = Worker(
                python_of(module, chosen.twin_python),
                module,
                {"model": model, "batch_size": chosen.batch_size} | settings,
            )
        except RuntimeError as error:
            print(f"{name}: left out, {error}", file=sys.stderr)
    times = take_turns(workers, *ROUNDS[model], "cpu" if chosen.one_thread else "wall")
    memory = {name: worker("memory") for name, worker in workers.items()}
    for worker in workers.values():
        worker.close()
    return times, memory


def table(times, memory, peaks, operations):
    """Markdown: medians of steps a second and of the ratio to the first row, share of the peak, memory."""
    base = next(iter(times.values()))
    titles = ("contestant", "steps a second", "times the first row", "share of the peak", "peak memory, GB")
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, seconds in times.items():
        speed = 1 / statistics.median(seconds)
        peak = peaks["bfloat16" if "bfloat16" in name else "float32"]
        # A simultaneous step has fewer operations, which nothing here counts.
        share = "–" if "simultaneous" in name else f"{speed * operations / peak / 1e9:.0%}"
        lines.append(f"| {name} | {speed:.3g} | {ratio(base, seconds):.2f} | {share} | {memory[name]:.1f} |")
    return "\n".join(lines)


def parse(argv):
    """What the user chose."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[*ROUNDS, "all"], default="all", help="what to race")
    parser.add_argument("--batch_size", type=int, default=50)
    parser.add_argument("--twin_python", default=".venv-bench/bin/python", help="a Python with PyTorch")
    parser.add_argument("--only", default="", help="part of the names of the contestants that run")
    parser.add_argument(
        "--one_thread", action="store_true", help="CPU seconds on one thread, where other work shares the machine"
    )
    parser.add_argument("--out", type=pathlib.Path, default="speed.md", help="file to write the tables to")
    chosen = parser.parse_args(argv)
    if not any(chosen.only in name for name in CONTESTANTS):
        parser.error(f"--only={chosen.only} is in no name of {', '.join(CONTESTANTS)}")
    if not os.access(chosen.twin_python, os.X_OK):
        parser.error(f"--twin_python={chosen.twin_python} is no Python; `make .venv-bench/installed` makes one")
    return chosen


def main(argv):
    """Writes the tables, and prints them."""
    chosen = parse(argv)
    if chosen.one_thread:
        one_thread()
    parts = []
    for model in ROUNDS if "all" in chosen.models else chosen.models:
        found, peaks, operations = check(model, chosen.batch_size, chosen.twin_python)
        unit = "CPU seconds on one thread" if chosen.one_thread else "seconds"
        times, memory = race(model, chosen)
        rounds, steps = ROUNDS[model]
        parts.append(
            f"## {model}-l, batch {chosen.batch_size}\n\n{rounds} rounds of {steps} steps, medians of {unit}; load "
            f"{os.getloadavg()[0]:.1f} at the end; matrix products {peaks['float32']:.0f} GFLOP/s in float32 and "
            f"{peaks['bfloat16']:.0f} in bfloat16, an alternating step {operations / 1e9:.0f} GFLOP. Costs and images "
            f"of twin and product differ by {', '.join(f'{v:.0e}' for v in found)}.\n\n"
            f"{table(times, memory, peaks, operations)}\n"
        )
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text("\n".join(parts))
        print(parts[-1])


if __name__ == "__main__":
    gpu.main(sys.argv[2:]) if sys.argv[1:2] == ["gpu"] else main(sys.argv[1:])
