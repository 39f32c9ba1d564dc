"""A table of the paper beside what was measured: as Markdown, as CSV, and as a picture."""

import collections
import csv
import io
import json
import statistics
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from graphical_gan.common.files import is_number
from graphical_gan.paper.numbers import ROWS, Column
from graphical_gan.pictures.canvas import render

NOTHING = "–"


class Comparison(NamedTuple):
    """Cells as text: titles, and lines of as many."""

    titles: list[str]
    lines: list[list[str]]

    def markdown(self) -> str:
        """The table in Markdown."""
        rows = [self.titles, ["---"] * len(self.titles), *self.lines]
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)

    def csv(self) -> str:
        """The table as comma-separated values."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.titles, *self.lines])
        return text.getvalue()

    def picture(self, caption: str) -> np.ndarray:
        """The table as a picture, uint8 [H, W, 3], with a caption below it."""
        widths = [max(map(len, column)) + 2 for column in zip(self.titles, *self.lines, strict=True)]
        rows, below = 0.3 * (len(self.lines) + 1), 0.165 * (caption.count("\n") + 1)  # heights in inches
        width, height = max(0.095 * sum(widths), 7), rows + below + 0.35
        figure = Figure((width, height), dpi=150)
        axes = figure.add_axes((0.01, 1 - (rows + 0.1) / height, 0.98, rows / height))
        axes.set_axis_off()
        shares = [share / sum(widths) for share in widths]
        drawn = axes.table(self.lines, colLabels=self.titles, colWidths=shares, cellLoc="left", bbox=(0, 0, 1, 1))
        drawn.auto_set_font_size(False)
        drawn.set_fontsize(9)
        for (row, _), cell in drawn.get_celld().items():
            cell.set(linewidth=0.4, facecolor="0.93" if row == 0 else "white")
            cell.get_text().set_parse_math(False)
        figure.text(0.012, 0.1 / height, caption, fontsize=7.5, va="bottom", parse_math=False)
        return render(figure)


def one_a_seed(rows: Iterable[dict]) -> tuple[list[dict], list[dict]]:
    """The first row of each kind and seed; and the others, which two machines may have made: a mean takes none of them.

    Args:
        rows: as for `compare`; those of scores of samples with "samples", which tells their protocol.
    """
    kept, left_out = {}, []
    for row in rows:
        samples = json.dumps(row.get("samples"), sort_keys=True)
        key = (row["row"], row["weights"], row["seed"], row["settings"]["dataset"], samples)
        if kept.setdefault(key, row) is not row:
            left_out.append(row)
    return list(kept.values()), left_out


def compare(rows: list[dict], columns: list[Column], order: list[str]) -> Comparison:
    """The paper's numbers beside the mean and standard deviation of ours over the seeds.

    Args:
        rows: of results, each with "row", "weights", "seed", "step", "settings" and "scores"; one a seed
            (`one_a_seed`).
        columns: whose metrics are names of scores of rows on their data set.
        order: the names of the rows; one without results is a line of the paper's numbers alone, if it has any.
    """
    datasets = dict.fromkeys(column.dataset for column in columns)
    titles = ["Algorithm"]
    for column in columns:
        title = f"{column.title} on {column.dataset}" if len(datasets) > 1 else column.title
        titles += [f"{title}, {kind}" for kind, has in (("paper", column.numbers), ("measured", column.metric)) if has]
    lines = []
    for name in order:
        found = [row for row in rows if row["row"] == name and row["settings"]["dataset"] in datasets]
        if not found and not any(name in column.numbers for column in columns):
            continue
        kinds = dict.fromkeys(row["weights"] for row in found) or {"last": None}
        for weights in sorted(kinds, key=lambda weights: weights != "last"):
            of_kind = [row for row in found if row["weights"] == weights]
            lines.append(_line(name if weights == "last" else f"{name}, {weights}", name, of_kind, columns))
    return Comparison([*titles, "steps", "seeds"], lines)


def _line(title, name, rows, columns):
    cells = [title]
    for column in columns:
        if column.numbers:
            cells.append(_printed(name, column))
        if column.metric:
            own = [row for row in rows if row["settings"]["dataset"] == column.dataset]
            cells.append(_measured([row["scores"].get(column.metric) for row in own], column))
    steps = sorted({row["step"] for row in rows} - {0})
    seeds = collections.Counter(dataset for dataset, _ in {(r["settings"]["dataset"], r["seed"]) for r in rows})
    said = dict.fromkeys(str(seeds[c.dataset]) for c in columns if seeds[c.dataset])
    return [*cells, ", ".join(f"{n:,}" for n in steps) or NOTHING, ", ".join(said) or NOTHING]


def _printed(name, column):
    """The paper's number of a row, marked where the paper quotes it."""
    if name not in column.numbers:
        return NOTHING
    mean, deviation = column.numbers[name]
    said = f"{mean:.{column.digits}f}" + ("" if deviation is None else f" (±{deviation:.{column.digits}f})")
    return f"{said}, quoted" if ROWS[name].quoted else said


def _measured(values, column):
    values = [column.scale * value for value in values if is_number(value)]
    if not values:
        return NOTHING
    mean = f"{statistics.mean(values):.{column.digits}f}"
    return f"{mean} (±{statistics.stdev(values):.{column.digits}f})" if len(values) > 1 else mean
