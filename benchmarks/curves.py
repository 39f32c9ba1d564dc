"""A score of runs by the minutes that they trained, from their TensorBoard events: a chart.

    python -m benchmarks.curves acc_top_posterior docs/accuracy.png modern=RUN,RUN,RUN released=RUN \
        --line="k-means on pixels=0.763"

Runs of one name are of several seeds: thin lines, and their median between. Minutes are those of the clock, from the
first event of a run to its scores on validation images, so runs that were stopped in between cannot be drawn.
"""

import argparse
import pathlib

import numpy as np
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

LONGEST_PAUSE = 15  # minutes between two events of a run that was not stopped


def curve(run: str, score: str) -> tuple[np.ndarray, np.ndarray]:
    """Minutes [N] and scores [N] of a run at its evaluations."""
    events = EventAccumulator(str(pathlib.Path(run) / "tensorboard"), size_guidance={"tensors": 0})
    events.Reload()
    found = events.Tensors(f"validation/{score}")
    clock = np.array([events.FirstEventTimestamp(), *(event.wall_time for event in found)]) / 60
    if np.diff(clock).max() > LONGEST_PAUSE:
        raise SystemExit(f"{run} was stopped in between: no minutes can be told. Draw a run that was not.")
    return clock[1:] - clock[0], np.array([event.tensor_proto.float_val[0] for event in found])


def draw(score: str, groups: dict[str, list[str]], lines: dict[str, float]) -> Figure:
    """The chart of some groups of runs, with level lines beside them."""
    figure = Figure((7, 4), dpi=130, layout="constrained")
    axes = figure.subplots()
    for colour, (name, runs) in enumerate(groups.items()):
        curves = [curve(run, score) for run in runs]
        for minutes, scores in curves:
            axes.plot(minutes, scores, color=f"C{colour}", alpha=0.4 if len(curves) > 1 else 1, linewidth=1)
        length = min(len(minutes) for minutes, _ in curves)
        median = np.median([(m[:length], s[:length]) for m, s in curves], axis=0)
        axes.plot(*median, color=f"C{colour}", label=name, linewidth=2)
    for name, level in lines.items():
        axes.axhline(level, color="grey", linestyle=":")
        axes.annotate(name, (0.01, level), xycoords=("axes fraction", "data"), va="bottom", fontsize=8)
    axes.set(xlabel="minutes", ylabel=score, xlim=(0, None), ylim=(None, 1))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("score", help="a score of validation examples, such as acc_top_posterior")
    parser.add_argument("out", help="the chart, a PNG")
    parser.add_argument("runs", nargs="+", metavar="NAME=RUN,RUN", help="runs that are drawn in one colour")
    parser.add_argument("--line", action="append", default=[], metavar="NAME=VALUE", help="a level to compare with")
    chosen = parser.parse_args()
    groups = {name: runs.split(",") for name, _, runs in (text.partition("=") for text in chosen.runs)}
    lines = {name: float(value) for name, _, value in (text.rpartition("=") for text in chosen.line)}
    draw(chosen.score, groups, lines).savefig(chosen.out)


if __name__ == "__main__":
    main()
