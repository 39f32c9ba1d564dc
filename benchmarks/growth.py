"""How the time of a step grows with the batch, K, the width and T, beside its arithmetic: a table and a chart.

    python -m benchmarks.growth docs/growth.png

The product at the paper's size but for one number: GMGAN-L on MNIST, and for T SSGAN-L on Moving MNIST with 8 clips a
step. Each point is a process of its own, those of an axis take turns. Times are CPU seconds on one thread, which other
work on the machine disturbs least.
"""

import argparse
import statistics
import sys
from collections.abc import Callable
from typing import NamedTuple

from matplotlib.figure import Figure

from benchmarks.race import Worker, one_thread, take_turns


class Axis(NamedTuple):
    """A number that is varied.

    Attributes:
        name: of the setting.
        base: the other settings, the model among them.
        values: of the number.
        arithmetic: what grows as the multiply-adds of a step do, by value; the largest share of them if they differ.
    """

    name: str
    base: dict
    values: tuple[int, ...]
    arithmetic: Callable[[int], float]


IMAGES = {"model": "gmgan", "batch_size": 50, "precision": "float32"}
CLIPS = {"model": "ssgan", "batch_size": 8, "precision": "float32"}
# Multiply-adds a sample of the networks at width 64, and of each component: means, q(k|h), and D(h, k).
NETWORKS, COMPONENT = 227e6, 2 * (128 + 128 + 512)
AXES = (
    Axis("batch_size", IMAGES, (25, 50, 100, 200, 400), lambda n: n),
    Axis("K", IMAGES, (10, 30, 100, 300, 1000), lambda n: NETWORKS + COMPONENT * n),
    Axis("width", IMAGES, (16, 32, 64, 128), lambda n: n**2),
    Axis("T", CLIPS, (4, 8, 16, 31), lambda n: n),
)
ROUNDS, STEPS = 3, 3


def measure(axis: Axis) -> list[float]:
    """Seconds a step by value, the medians of some rounds."""
    settings = {value: axis.base | {axis.name: value} for value in axis.values}
    workers = {f"{axis.name}={n}": Worker(sys.executable, "benchmarks.product", s) for n, s in settings.items()}
    times = take_turns(workers, ROUNDS, STEPS, "cpu")
    for worker in workers.values():
        worker.close()
    return [statistics.median(seconds) for seconds in times.values()]


def draw(found: list[tuple[Axis, list[float]]], path: str) -> None:
    """Writes a chart of the seconds a step, on logarithmic scales, beside the arithmetic's growth from the largest."""
    figure = Figure((11, 2.8), layout="constrained")
    for axes, (axis, seconds) in zip(figure.subplots(1, len(found), sharey=True), found, strict=True):
        axes.loglog(axis.values, seconds, marker="o", label="measured")
        guide = [seconds[-1] * axis.arithmetic(n) / axis.arithmetic(axis.values[-1]) for n in axis.values]
        axes.loglog(axis.values, guide, linestyle="--", color="0.5", label="arithmetic")
        axes.set_xticks(axis.values, map(str, axis.values))
        axes.minorticks_off()
        axes.set_title(f"{axis.base['model']}-l, {axis.name}", fontsize=9)
    figure.axes[0].set_ylabel("CPU seconds a step")
    figure.axes[0].legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Prints the table, and draws the chart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chart", help="file to draw the chart to")
    path = parser.parse_args().chart
    one_thread()
    found = []
    print("| varied | CPU seconds a step | largest / smallest | the arithmetic |\n|---|---|---|---|")
    for axis in AXES:
        seconds = measure(axis)
        found.append((axis, seconds))
        points = ", ".join(f"{n}: {s:.3g}" for n, s in zip(axis.values, seconds, strict=True))
        grown = axis.arithmetic(axis.values[-1]) / axis.arithmetic(axis.values[0])
        print(f"| {axis.name} | {points} | {seconds[-1] / seconds[0]:.2f} | {grown:.2f} |", flush=True)
    draw(found, path)


if __name__ == "__main__":
    main()
