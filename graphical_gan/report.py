"""One page that says it all of a run, to send to a colleague: `python -m graphical_gan.report RUN`.

RUN/report.html holds settings, graphs, curves, pictures and scores, and needs no other file and no network. It can be
written of a run that is still training.
"""

import base64
import html
import pathlib
import re

from graphical_gan import pictures
from graphical_gan.common.files import WATCHED, is_number, read_bytes, read_rows, refuse_foreign, write_text
from graphical_gan.evaluation.glossary import meaning
from graphical_gan.runs import reopen
from graphical_gan.settings import command_line, knobs

OUT = command_line.define_path("out", None, "file to write; by default report.html in the run folder")

CURVES = {  # by title, what the names of the rows' values begin with
    "Costs of the discriminators": ("train", ("cost_",)),
    "Accuracies of the discriminators": ("train", ("accuracy_",)),
    "Gradient norms": ("train", ("gradient_norm",)),
    "Clustering, on validation images": ("validation", ("acc_", "nmi", "ari", "error")),
    "Reconstruction, on validation data": ("validation", ("mse", "analogy_mse")),
    "Variety and motion": ("validation", ("variety", "motion")),
    "Components in use": ("validation", ("live_clusters",)),
}
MOST_CURVES = 30  # in a chart
MOST_OF_A_PICTURE = 2**26  # bytes; a film of large frames has 20 MiB
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #222 }}
h1 {{ font-size: 1.5em }} h2 {{ font-size: 1.15em; border-bottom: 1px solid #ccc; margin-top: 2em }}
table {{ border-collapse: collapse }} td, th {{ padding: .15em .8em .15em 0; text-align: left; vertical-align: top }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums }} td.said {{ color: #666 }}
pre {{ background: #f5f5f5; padding: 1em; overflow-x: auto; font-size: 13px }}
img {{ max-width: 100%; image-rendering: auto }} figure {{ margin: 0 0 1.5em 0; display: inline-block }}
.curves img {{ width: 480px }}
figcaption {{ color: #666; font-size: 13px }} .settings {{ columns: 3; font: 13px monospace }}
.side {{ display: flex; gap: 2em; align-items: flex-start; flex-wrap: wrap }} .side img {{ max-height: 320px }}
</style></head><body>
<h1>{title}</h1><p>{state}</p>
{sections}
</body></html>
"""


def main(argv: list[str]) -> None:
    with command_line.user_errors():
        path = command_line.only_argument(argv, "report RUN")
        settings = knobs.read_settings(path)
        rows = _rows(path / "metrics.jsonl", WATCHED)
        out = pathlib.Path(OUT.value or path / "report.html")
        refuse_foreign(out, PAGE.partition("<title>")[0].encode())
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(out, page(path, settings, rows).encode(errors="replace").decode())
    print(out)


def page(path: pathlib.Path, settings: dict, rows: list[dict]) -> str:
    """The page of a run."""
    step, done = (rows[-1]["step"] if rows else 0), reopen.is_finished(path)
    state = f"{step:,} of {settings['steps']:,} steps" + (
        "" if done else "; not finished: no scores on the test set yet"
    )
    sections = {
        "Scores on the test set": _scores(path) + _sample_scores(path),
        "Pictures": _pictures(path),
        "Curves": _curves(rows),
        "Network": _network(path),
        "Settings": _settings(settings),
    }
    parts = [f"<section><h2>{title}</h2>\n{content}</section>" for title, content in sections.items() if content]
    size = ", ".join(f"{n} = {settings[n]}" for n in ("K", "T") if settings.get(n))
    title = f"{settings['model']} on {settings['dataset']}, {size}, seed {settings['seed']}"
    return PAGE.format(title=html.escape(title), state=state, sections="\n".join(parts))


def _rows(file, kinds):
    """Rows that can be read: a run that is training may be writing the last one."""
    return [row for _, row in read_rows(file, kinds)[0] if is_number(row.get("step", 0))]


def _scores(path):
    columns = {f"{kind} weights": scores for kind, scores in reopen.results_of(path).items()}
    if not columns:
        return ""
    names = dict.fromkeys(n for results in columns.values() for n in reopen.scores_of(results))
    heads = [f"{said}, step {scores['step']:,}" + _chosen(scores) for said, scores in columns.items()]
    lines = [[name, *(_number(scores.get(name)) for scores in columns.values()), meaning(name)] for name in names]
    return _table(["score", *heads, ""], lines)


def _chosen(scores):
    return f" ({scores['chosen_by']})" if "chosen_by" in scores else ""


def _sample_scores(path):
    """Inception Score, FID and KID, the newest of each protocol, with the step of the weights where the row says it."""
    found = {}
    for row in _rows(path / "samples.jsonl", {"count": int}):
        found |= {n: (row.get("step"), v) for n, v in row.items() if n.partition("_")[0] in ("is", "fid", "kid")}
    lines = [[n, *map(_number, numbers), meaning(n)] for n, numbers in found.items() if not n.endswith("_deviation")]
    return _table(["score of samples", "step", "", ""], lines) if lines else ""


def _pictures(path):
    """The newest picture of each name; figures of the paper first."""
    newest = {}
    for file in sorted((path / "pictures").glob("*.*")):
        name = re.sub(r"-\d{7,}$", "", file.stem)
        newest[name, file.suffix] = file
    order = sorted(newest, key=lambda key: (not key[0].startswith("figure-"), key))
    return "\n".join(_figure(read_bytes(newest[key], MOST_OF_A_PICTURE), newest[key].name) for key in order)


def _curves(rows):
    parts = []
    for title, (split, starts) in CURVES.items():
        names = dict.fromkeys(n for row in rows if row["split"] == split for n in row if n.startswith(starts))
        of = {n: [(r["step"], r[n]) for r in rows if r["split"] == split and is_number(r.get(n))] for n in names}
        lines = {n: tuple(zip(*points, strict=True)) for n, points in list(of.items())[:MOST_CURVES] if points}
        if lines:
            parts.append(_figure(pictures.grids.png(pictures.charts.curves(lines, title)), ""))
    return f"<div class=curves>{chr(10).join(parts)}</div>" if parts else ""


def _network(path):
    graphs = [_figure(read_bytes(path / f"{n}.png"), f"graph of {n}") for n in "pq" if (path / f"{n}.png").exists()]
    file = path / "network.txt"
    text = read_bytes(file).decode(errors="replace") if file.exists() else ""
    return f"<div class=side>{''.join(graphs)}</div><pre>{html.escape(text)}</pre>" if graphs or text else ""


def _settings(settings):
    lines = knobs.flag_lines({n: v for n, v in settings.items() if n not in ("program", "data", "run", "threads")})
    return f"<div class=settings>{html.escape(lines).replace(chr(10), '<br>')}</div>"


def _table(heads, lines):
    head = "".join(f"<th>{html.escape(h)}</th>" for h in heads)
    kinds = ["", *["number"] * (len(heads) - 2), "said"]
    body = [
        "<tr>" + "".join(f'<td class="{k}">{html.escape(c)}</td>' for k, c in zip(kinds, line, strict=True)) + "</tr>"
        for line in lines
    ]
    return f"<table><tr>{head}</tr>{''.join(body)}</table>\n"


def _figure(content, caption):
    kind = "gif" if content.startswith(b"GIF") else "png"
    data = base64.b64encode(content).decode()
    caption = html.escape(caption)
    picture = f'<img src="data:image/{kind};base64,{data}" alt="{caption}">'
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _number(value):
    if isinstance(value, float):
        return f"{value:.4f}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    command_line.run(main)
