"""A table of the paper beside measured rows, in files: Markdown, CSV and a picture, with the protocol below."""

import pathlib

from graphical_gan.common import files
from graphical_gan.common.files import is_number, write_text
from graphical_gan.evaluation.glossary import meaning
from graphical_gan.evaluation.mixture import EXAMPLES
from graphical_gan.paper import numbers
from graphical_gan.paper.comparison import compare, one_a_seed
from graphical_gan.pictures import grids

BEGINNINGS = {"table.md": b"| Algorithm |", "table.csv": b"Algorithm,", "table.png": b"\x89PNG"}


def check_place(out: pathlib.Path) -> None:
    """Refuses a folder that can't be written, or where a table would replace other files.

    Raises:
        ValueError: naming what is in the way.
    """
    files.check_place(out, "--out")
    for name, beginning in BEGINNINGS.items():
        files.refuse_foreign(out / name, beginning)


def write_table(out: pathlib.Path, table: numbers.Table, rows: list[dict]) -> None:
    """Writes table.md, table.csv and table.png.

    Args:
        table: of the paper, or `Table.on` a data set.
        rows: of results, which say all that is needed: neither data nor a network is loaded.
    """
    rows, left_out = one_a_seed(rows)
    columns = _columns(table, rows)
    comparison = compare(rows, columns, list(numbers.ROWS))
    notes = "\n".join(_notes(columns, rows) + _left_out(left_out))
    write_text(out / "table.md", comparison.markdown() + "\n" + notes + "\n")
    write_text(out / "table.csv", comparison.csv())
    grids.save_png(out / "table.png", comparison.picture(notes))


def _columns(table, rows):
    """Those of the table; those of samples under the names that the rows give them, if any does.

    An Inception Score under another network, or of another number of samples, is another quantity: it comes last, and
    not beside the paper's numbers.
    """
    scores = (name for row in rows if "samples" in row for name in row["scores"] if not name.endswith("_deviation"))
    names = {_of_samples(name): name for name in scores}
    columns, others = [], []
    for column in table.columns:
        if column.metric in numbers.OF_SAMPLES:
            column = column._replace(metric=names.get(column.metric))
        if column.title.startswith("IS") and column.metric and not _may_stand_there(table, column):
            others.append(column._replace(title=f"{column.title} of another protocol", numbers={}))
            column = column._replace(metric=None)
        columns.append(column)
    return [column for column in columns + others if column.numbers or column.metric]


def _of_samples(name):
    """Which score of samples a name is of, whatever the network: one of `numbers.OF_SAMPLES`, or another."""
    kind, _, protocol = name.partition("_")
    return f"{kind}_batch_statistics" if protocol.endswith("_batch_statistics") else kind


def _may_stand_there(table, column):
    """Whether an Inception Score is of the paper's protocol, or the table has none of the paper's on its data set."""
    papers = any(c.title == "IS" and c.numbers and c.dataset == column.dataset for c in table.columns)
    return not papers or all(part in column.metric for part in numbers.PAPERS_IS)


def _notes(columns, rows):
    """The protocol, in lines."""
    seeds = ", ".join(map(str, sorted({row["seed"] for row in rows})))
    versions = ", ".join(sorted({row["version"] for row in rows}))
    lines = [f"Test set; mean (±standard deviation) over seeds {seeds}; version {versions}."]
    lines += [_of_dataset([r for r in rows if r["settings"]["dataset"] == d]) for d in _datasets(rows)]
    lines += [f"{c.title}: {c.metric}, {meaning(c.metric)}." for c in columns if c.metric]
    if any("samples" in row for row in rows):
        lines.append("IS and FID: of the last weights.")
    accuracies = {value for row in rows if is_number(value := row["scores"].get("classifier_accuracy"))}
    if accuracies:
        lines.append(f"The classifier behind IS and FID is right on {100 * max(accuracies):.2f}% of the test images.")
    if any("GMM" in row["row"] for row in rows):
        lines.append(f"GMM, GAN-G + GMM: mixtures fitted to the first {EXAMPLES:,} training images, or all if fewer.")
    quoted = [f"{n} from {row.quoted}" for n, row in numbers.ROWS.items() if row.quoted]
    if any(c.numbers for c in columns):
        lines.append(f"Paper: {numbers.RUNS}; 200,000 steps on MNIST and CIFAR10 in the released code.")
        lines.append(f"Quoted by the paper: {', '.join(quoted)}.")
    return lines


def _datasets(rows):
    return list(dict.fromkeys(row["settings"]["dataset"] for row in rows))


def _of_dataset(rows):
    """What the runs on a data set were made with, in words."""
    settings = next((row["settings"] for row in rows if "recipe" in row["settings"]), rows[-1]["settings"])
    shown = ("dataset", "recipe", "K", "width", "batch_size", "holdout")
    return f"{', '.join(f'{n}={settings[n]}' for n in shown if settings.get(n) is not None)}."


def _left_out(rows):
    """Names the rows that no mean holds, in a line if there are any."""
    said = dict.fromkeys(f"{row['row']}, {row['weights']}, seed {row['seed']}" for row in rows)
    return [f"Left out, as a row of the same seed came first: {'; '.join(said)}."] if said else []
