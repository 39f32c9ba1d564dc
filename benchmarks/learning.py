"""Minutes to an accuracy: the recipe `modern` on MNIST beside a twin in PyTorch.

    python -m benchmarks.learning learning.csv --data_dir=FOLDER --seeds 0 1 2

All contestants begin with the same weights, learn from the same training images, and are scored by the same function
on the same validation images. They take turns, some hundred steps at a time. Only steps are counted, not how they are
scored. Rows of further seeds are added to the file.
"""

import argparse
import csv
import itertools
import os
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Iterator

import numpy as np

from benchmarks.race import Worker, one_thread
from graphical_gan.evaluation.scores import acc_top_posterior

LEVELS = (0.75, 0.90, 0.95)
PRODUCT, TWIN = "benchmarks.product_modern", "benchmarks.twin_modern"
CONTESTANTS = {
    "product, bfloat16": (PRODUCT, "bfloat16"),
    "PyTorch eager, float32": (TWIN, "float32"),
    "PyTorch eager, bfloat16": (TWIN, "bfloat16"),
}
TOLERANCE = 1e-4  # of the costs, relative
COLUMNS = ("contestant", "seed", "step", "minutes", "acc_top_posterior")


def prepare(seed: int, chosen: argparse.Namespace, path: str) -> np.ndarray:
    """Writes what the twins learn from, and returns the labels of the validation images.

    Raises:
        SystemExit: if the twin has other costs than the product, of the same weights, images and latents.
    """
    product = start(PRODUCT, "float32", seed, chosen, path)
    costs, labels = product("prepare"), product("labels")
    product.close()
    twin = start(TWIN, "float32", seed, chosen, path)
    found = twin("check")
    twin.close()
    if not np.allclose(found, costs, rtol=TOLERANCE, atol=0):
        raise SystemExit(f"The twin has the costs {found}, the product {costs}; they may differ by {TOLERANCE:.0e}.")
    return np.array(labels)


def start(module: str, precision: str, seed: int, chosen: argparse.Namespace, path: str) -> Worker:
    """A contestant."""
    python = chosen.twin_python if module == TWIN else sys.executable
    given = {"seed": seed, "precision": precision, "data_dir": chosen.data_dir, "path": path}
    return Worker(python, module, given)


def learn(seed: int, chosen: argparse.Namespace) -> Iterator[tuple]:
    """Rows of a seed."""
    clock = "cpu" if chosen.one_thread else "wall"
    with tempfile.TemporaryDirectory() as folder:
        prepared, logits = f"{folder}/prepared.npz", f"{folder}/logits.npy"
        labels = prepare(seed, chosen, prepared)
        kinds = {name: kind for name, kind in CONTESTANTS.items() if chosen.only in name}
        workers = {name: start(*kind, seed, chosen, prepared) for name, kind in kinds.items()}
        seconds = dict.fromkeys(workers, 0.0)
        for step in range(chosen.every, chosen.steps + 1, chosen.every):
            for name, worker in workers.items():
                seconds[name] += worker("run", chosen.every)[clock]
                worker("logits", logits)
                accuracy = acc_top_posterior(np.load(logits), labels)
                yield name, seed, step, round(seconds[name] / 60, 3), round(accuracy, 4)
        for worker in workers.values():
            worker.close()


def table(rows: list[dict]) -> str:
    """Markdown: by contestant, medians over seeds of the minutes to each level, and of the accuracy at the end."""
    titles = ["contestant", "seeds", "ms per step", *(f"minutes to {level:.2f}" for level in LEVELS), "at the end"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name in dict.fromkeys(row["contestant"] for row in rows):
        own = [row for row in rows if row["contestant"] == name]
        curves = [list(curve) for _, curve in itertools.groupby(own, lambda row: row["seed"])]
        pace = statistics.median(60_000 * float(c[-1]["minutes"]) / int(c[-1]["step"]) for c in curves)
        reached = [statistics.median(minutes_to(level, curve) for curve in curves) for level in LEVELS]
        end = statistics.median(float(curve[-1]["acc_top_posterior"]) for curve in curves)
        cells = [
            name,
            len(curves),
            f"{pace:.0f}",
            *("–" if m == float("inf") else f"{m:.1f}" for m in reached),
            f"{end:.3f}",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def minutes_to(level: float, curve: list[dict]) -> float:
    """Minutes after which an accuracy was first reached; infinite if it was not."""
    reached = (float(row["minutes"]) for row in curve if float(row["acc_top_posterior"]) >= level)
    return next(reached, float("inf"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path, help="the rows, a CSV; new ones are added")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", default="", help="part of the names of the contestants that learn")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--every", type=int, default=250, help="steps between scores")
    parser.add_argument("--data_dir", help="folder of tensorflow-datasets")
    parser.add_argument("--twin_python", default=".venv-bench/bin/python", help="a Python with PyTorch")
    parser.add_argument(
        "--one_thread", action="store_true", help="CPU minutes on one thread, where other work shares the machine"
    )
    chosen = parser.parse_args()
    if not any(chosen.only in name for name in CONTESTANTS):
        parser.error(f"--only={chosen.only} is in no name of {', '.join(CONTESTANTS)}")
    if not os.access(chosen.twin_python, os.X_OK):
        parser.error(f"--twin_python={chosen.twin_python} is no Python; `make .venv-bench/installed` makes one")
    if chosen.one_thread:
        one_thread()
    for seed in chosen.seeds:
        for row in learn(seed, chosen):
            new = not chosen.out.exists()
            with chosen.out.open("a", newline="") as file:
                csv.writer(file).writerows([COLUMNS, row] if new else [row])
            print(*row, file=sys.stderr, flush=True)
    with chosen.out.open(newline="") as file:
        print(table(list(csv.DictReader(file))))


if __name__ == "__main__":
    main()
