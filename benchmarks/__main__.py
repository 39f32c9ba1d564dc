"""The product beside PyTorch twins and a plain TensorFlow loop: `make bench`, or parts of it.

    python -m benchmarks gmgan ssgan --twin_python=.venv-bench/bin/python --out=speed.md

Each contestant is a process of its own with the same minibatches. They run in turn, a few steps at a time, so that
whatever else the machine does meets all of them; what counts are medians of ratios within a round. First each twin is
given the weights and samples of the product, and must find the same costs.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

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


class Worker:
    """A contestant in its process."""

    def __init__(self, python: str, module: str, settings: dict):
        command = [python, "-m", module, json.dumps(settings)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._read()

    def __call__(self, *command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return self._read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith('{"answer"'):
                return json.loads(line)["answer"]
        raise RuntimeError(f"{' '.join(self.process.args)} ended with status {self.process.wait()}")


def one_thread():
    """Has all contestants compute on one thread: they inherit the environment."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"


def python_of(module, twin_python):
    return twin_python if module == TWIN else sys.executable


def check(model, batch, twin_python):
    """Compares costs and images of twin and product with the same weights and latents."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "product.npz")
        product = Worker(sys.executable, PRODUCT, {"model": model, "batch_size": batch, "precision": "float32"})
        product("dump", path)
        peaks = {dtype: product("peak", dtype) for dtype in ("float32", "bfloat16")}
        product.close()
        twin = Worker(twin_python, TWIN, {"model": model, "batch_size": batch, "precision": "float32"})
        found = twin("check", path)
        twin.close()
    if any(a > b for a, b in zip(found, TOLERANCES, strict=True)):
        raise SystemExit(f"twin and product of {model} differ: {found}, allowed {TOLERANCES}")
    return found, peaks


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
    rounds, steps = ROUNDS[model]
    clock = "cpu" if chosen.one_thread else "wall"
    times = {name: [] for name in workers}
    for number in range(rounds):
        for name, worker in workers.items():
            times[name].append(worker("run", steps)[clock] / steps)
        latest = ", ".join(f"{name} {1 / seconds[-1]:.2f}" for name, seconds in times.items())
        print(f"{model}, round {number + 1} of {rounds}, steps/s: {latest}", file=sys.stderr)
    memory = {name: worker("memory") for name, worker in workers.items()}
    for worker in workers.values():
        worker.close()
    return times, memory


def table(times, memory):
    """Markdown: steps a second, ratio to the product in float32 within the same round, memory."""
    base = next(iter(times.values()))
    lines = ["| contestant | steps a second | times the first row | peak memory, GB |", "|---|---|---|---|"]
    for name, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(base, seconds, strict=True))
        lines.append(f"| {name} | {1 / statistics.median(seconds):.3g} | {ratio:.2f} | {memory[name]:.1f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[*ROUNDS, []], default=list(ROUNDS), help="what to race")
    parser.add_argument("--batch_size", type=int, default=50)
    parser.add_argument("--twin_python", default=".venv-bench/bin/python", help="a Python with PyTorch")
    parser.add_argument("--only", default="", help="part of the names of the contestants that run")
    parser.add_argument(
        "--one_thread", action="store_true", help="CPU seconds on one thread, where other work shares the machine"
    )
    parser.add_argument("--out", type=pathlib.Path, default="speed.md", help="file to write the tables to")
    chosen = parser.parse_args()
    if chosen.one_thread:
        one_thread()
    parts = []
    for model in chosen.models:
        found, peaks = check(model, chosen.batch_size, chosen.twin_python)
        unit = "CPU seconds on one thread" if chosen.one_thread else "seconds"
        times, memory = race(model, chosen)
        rounds, steps = ROUNDS[model]
        parts.append(
            f"## {model}-l, batch {chosen.batch_size}\n\n{rounds} rounds of {steps} steps, medians of {unit}; load "
            f"{os.getloadavg()[0]:.1f} at the end; matrix products {peaks['float32']:.0f} GFLOP/s in float32 and "
            f"{peaks['bfloat16']:.0f} in bfloat16. Costs and images of twin and product differ by "
            f"{', '.join(f'{v:.0e}' for v in found)}.\n\n{table(times, memory)}\n"
        )
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text("\n".join(parts))
        print(parts[-1])


if __name__ == "__main__":
    main()
