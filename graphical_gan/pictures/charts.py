"""Charts and titled pictures, as uint8 [H, W, 3] like everything that is looked at."""

import numpy as np
from matplotlib import colormaps, font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont
from scipy.stats import binom
from sklearn.decomposition import PCA

from graphical_gan.pictures.canvas import render
from graphical_gan.pictures.grids import to_pillow

DRAWN = 500  # examples, and as many samples, that are drawn as points
HISTOGRAMS = 5  # in a row
_TEXT = 18  # pixels of a title's letters


def scatter(points: np.ndarray, labels: np.ndarray | None, names, title: str) -> np.ndarray:
    """Points [N, 2] coloured by class, without axes, as coordinates of an embedding mean nothing."""
    figure = Figure((7, 7), dpi=130)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.92))
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=10)
    if labels is None:
        axes.scatter(*points.T, s=5)
    else:
        classes = np.unique(labels)
        colours = colormaps["tab10" if len(classes) <= 10 else "tab20"]
        drawn = [axes.scatter(*points[labels == c].T, s=5, color=colours(i % colours.N)) for i, c in enumerate(classes)]
        shown, fonts = legible({label: names[label] for label in classes})
        kinds = {"prop": {"size": 9, "family": fonts}, "markerscale": 3, "loc": "upper left", "framealpha": 0.7}
        for text in axes.legend(drawn, shown, **kinds).get_texts():
            text.set_parse_math(False)
    return render(figure)


def legible(names: dict[int, str]) -> tuple[list[str], list[str]]:
    """Names of classes as a picture can show them: one with letters that no font of this machine has is a number.

    Returns:
        A text for each, and the fonts that have their letters between them.
    """
    texts = {label: " ".join(str(name).split()) for label, name in names.items()}
    fonts, lacking = ["DejaVu Sans"], set("".join(texts.values())) - _letters(font_manager.findfont("DejaVu Sans"))
    for font in font_manager.fontManager.ttflist if lacking else ():
        if found := lacking & _letters(font.fname):
            fonts.append(font.name)
            lacking -= found
    shown = [text if text and not lacking & set(text) else f"class {label}" for label, text in texts.items()]
    return [f" {text}" for text in shown], fonts  # a space, as a text that begins with _ is left out


def _letters(file):
    return set(map(chr, FT2Font(file).get_charmap()))


def beside_data(data: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Examples [N, D] and samples [M, D] as points in the plane in which the examples vary most."""
    plane = PCA(min(2, *data.shape), random_state=0).fit(data)
    points = np.concatenate([plane.transform(data), plane.transform(samples)])
    points = np.pad(points, [(0, 0), (0, 2 - points.shape[1])])
    kinds = np.repeat([0, 1], [len(data), len(samples)])
    return scatter(points, kinds, ("data", "samples"), "First principal components of the data")


def curves(lines: dict[str, tuple[list, list]], title: str) -> np.ndarray:
    """Lines by name over the steps."""
    figure = Figure((6, 3), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    for name, (steps, values) in lines.items():
        axes.plot(steps, values, label=name, linewidth=1.2, marker="." if len(steps) < 40 else "")
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("step", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.3)
    for text in axes.legend(fontsize=8).get_texts():
        text.set_parse_math(False)  # names are no formulas
    return render(figure)


def rank_histograms(counts: dict[str, np.ndarray], title: str) -> np.ndarray:
    """Histograms of ranks, each with the band in which 99 of 100 bars lie if all ranks are as probable.

    Args:
        counts: by name, how often each rank occurs, int [ranks].
    """
    rows, columns = -(-len(counts) // HISTOGRAMS), HISTOGRAMS
    figure = Figure((2.1 * columns, 1.7 * rows + 0.4), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=10)
    places = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, (name, bars) in zip(places, counts.items(), strict=False):
        low, high = binom.interval(0.99, bars.sum(), 1 / len(bars))
        axes.axhspan(low, high, color="0.85")
        axes.bar(range(len(bars)), bars, width=0.9)
        axes.set_title(name, fontsize=8)
        axes.tick_params(labelsize=7)
    for axes in places[len(counts) :]:
        axes.set_axis_off()
    return render(figure)


def titled(pictures: list[tuple[str, np.ndarray]]) -> np.ndarray:
    """Pictures one below the other, each under its title.

    Args:
        pictures: titles and uint8 [H, W, C].
    """
    font = ImageFont.load_default(_TEXT)
    width = max(max(picture.shape[1], int(font.getlength(title)) + 8) for title, picture in pictures)
    height = sum(picture.shape[0] + 2 * _TEXT for _, picture in pictures)
    page, top = Image.new("RGB", (width, height), "white"), 0
    for title, picture in pictures:
        ImageDraw.Draw(page).text((4, top + _TEXT // 3), title, fill="black", font=font)
        page.paste(to_pillow(picture), (0, top + 2 * _TEXT - 6))
        top += picture.shape[0] + 2 * _TEXT
    return np.asarray(page)
