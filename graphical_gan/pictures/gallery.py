"""The HTML page of clusters, which needs no other file: what is typical of each, what is doubtful, what is drawn."""

import base64
import html
import io
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from graphical_gan.pictures.grids import to_pillow

BEGINNING = '<!DOCTYPE html>\n<html lang="en" data-page="clusters">'
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1500px; margin: 2em auto; padding: 0 1em; color: #222 }
h1 { font-size: 1.5em } .said, figcaption { color: #666; font-size: 13px }
section { display: grid; grid-template-columns: 9em repeat(3, 1fr); gap: 1.5em; padding: .8em 0 }
section { border-top: 1px solid #ccc }
section:target { background: #fff6d6 } h2 { font-size: 1.15em; margin: 0 } figure { margin: 0 }
img { width: 48px; height: 48px; margin: 0 2px 2px 0; image-rendering: pixelated; vertical-align: top }
input { font: inherit; width: 24em; max-width: 100%; padding: .3em } table { border-collapse: collapse; margin: .5em 0 }
td, th { text-align: left; padding: .15em 1.2em .15em 0; overflow-wrap: anywhere } td + td { white-space: nowrap }
@media (max-width: 900px) { section { grid-template-columns: 1fr } }
"""
_SEARCH = """
const most = 50, found = document.getElementById("found"), count = document.getElementById("count");
const data = JSON.parse(document.getElementById("data").textContent);
const folded = data.names.map(name => name.toLowerCase());
document.getElementById("search").addEventListener("input", event => {
  const wanted = event.target.value.trim().toLowerCase(), rows = [];
  let matches = 0;
  if (wanted) folded.forEach((name, i) => { if (name.includes(wanted) && ++matches <= most) rows.push(i); });
  count.textContent = wanted ? `${matches} found` + (matches > most ? `, the first ${most} are shown` : "") : "";
  found.replaceChildren(...rows.map(i => {
    const row = document.createElement("tr"), link = document.createElement("a");
    link.href = `#cluster-${data.cluster[i]}`;
    link.textContent = `cluster ${data.cluster[i]}`;
    for (const shown of [data.names[i], link, `probability ${data.probability[i]}`, `distance ${data.distance[i]}`]) {
      row.appendChild(document.createElement("td")).append(shown);
    }
    return row;
  }));
});
"""


class Shown(NamedTuple):
    """Images of a strip: uint8 [n, H, W, C], and what is said of each when a pointer rests on it."""

    images: np.ndarray
    names: Sequence[str]


class Row(NamedTuple):
    """A cluster on the page.

    Attributes:
        number: of the cluster.
        said: lines beside it.
        strips: by caption.
    """

    number: int
    said: Sequence[str]
    strips: dict[str, Shown]


def page(title: str, said: str, rows: Iterable[Row], files: dict[str, Sequence]) -> Iterable[bytes]:
    """The page, in pieces.

    Args:
        files: what can be searched, as columns of one length: `names`, `cluster`, `probability`, `distance`.
    """
    yield _encoded(
        f'{BEGINNING}<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(said)}</p>\n"
        '<label>Search for a file <input id="search" type="search" autocomplete="off"></label> '
        '<span id="count" class="said" role="status"></span><table id="found"></table>\n'
    )
    for row in rows:
        yield _encoded(_section(row))
    data = json.dumps(files, separators=(",", ":")).replace("<", "\\u003c")  # a name can't end the script
    yield _encoded(f'<script id="data" type="application/json">{data}</script>\n<script>{_SEARCH}</script>\n')
    yield b"</body></html>\n"


def _section(row):
    lines = "".join(f'<div class="said">{html.escape(line)}</div>' for line in row.said)
    strips = "".join(_strip(caption, shown) for caption, shown in row.strips.items())
    return f'<section id="cluster-{row.number}"><div><h2>{row.number}</h2>{lines}</div>{strips}</section>\n'


def _strip(caption, shown):
    pictures = (_image(image, name) for image, name in zip(shown.images, shown.names, strict=True))
    return f"<figure><figcaption>{html.escape(caption)}</figcaption>{''.join(pictures)}</figure>"


def _image(image, name):
    """One image as an element: grey ones as PNG, colours as JPEG, which is a fifth of the size."""
    grey, file = image.shape[-1] == 1, io.BytesIO()
    picture = to_pillow(image)
    picture.save(file, "PNG") if grey else picture.save(file, "JPEG", quality=92, subsampling=0)
    data = base64.b64encode(file.getvalue()).decode()
    said = html.escape(name)
    return f'<img src="data:image/{"png" if grey else "jpeg"};base64,{data}" alt="{said}" title="{said}">'


def _encoded(text):
    return text.encode("utf-8", "replace")  # names of files may be no text
