"""Whether the error of reconstructions says what training says: a run with a reconstruction term, as a chart.

    python -m benchmarks.story RUN docs/story.png

In training the networks normalise by the minibatch; validation data is scored as the exported model draws it, with
statistics of its own. The two errors are alike, up to what new data costs, if the statistics are right.
"""

import argparse
import json
import pathlib

import numpy as np
from matplotlib.figure import Figure

from graphical_gan import data

COST = "reconstruction_x"


def story(run: pathlib.Path) -> dict[str, np.ndarray]:
    """Steps and errors [2, N] of a run, "training" and "validation", both per pixel on [0, 1].

    A training error is the mean over the steps since the row before.
    """
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    low, high = (data.DESCRIPTIONS | data.CLIP_DESCRIPTIONS)[rows[0]["dataset"]].value_range
    training = [(row["step"], row[COST] / (high - low) ** 2) for row in rows if COST in row]
    validation = [(row["step"], row["mse"]) for row in rows if row["split"] == "validation"]
    if not training or not validation:
        raise SystemExit(f"{run} has no errors of both; expected a run with --reconstruction=x that was evaluated.")
    return {"training": np.transpose(training), "validation": np.transpose(validation)}


def draw(errors: dict[str, np.ndarray]) -> Figure:
    """The chart of both errors by the step."""
    names = {"training": "training clips, statistics of the minibatch", "validation": "validation clips, as exported"}
    figure = Figure((7, 4), dpi=130, layout="constrained")
    axes = figure.subplots()
    for kind, found in errors.items():
        axes.plot(*found, label=names[kind], marker=".")
    axes.set(xlabel="step", ylabel="squared error per pixel", xlim=(0, None), yscale="log")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=pathlib.Path, help="a run folder, trained with --reconstruction=x, distance l2")
    parser.add_argument("out", help="the chart, a PNG")
    chosen = parser.parse_args()
    draw(story(chosen.run)).savefig(chosen.out)


if __name__ == "__main__":
    main()
