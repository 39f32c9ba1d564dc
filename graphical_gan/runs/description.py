"""What a person reads: the description of a run, and tables of scores."""

import keras
import numpy as np

from graphical_gan import pictures
from graphical_gan.evaluation.glossary import ORACLE, SCORES, known_as
from graphical_gan.game import Game
from graphical_gan.graph import Graph

ORACLE_ROWS = ("real", "samples", "real_beyond_T", "beyond_T")


def description(game: Game) -> str:
    """The graphs of p and q, what q wrongly assumes, the factors with their weights, and the parameter counts."""
    model, factors = game.model, game.factors
    network = model.network
    lines = [network.text("p"), model.recognition_graph.text("q")]
    if network.has_plate:
        lines.append(f"t = 1..T, T = {network.length}")
    if wrong := model.recognition_graph.unfaithful(network):
        lines += ["", "q assumes what p does not say:", *(f"  {independence}" for independence in wrong)]
    lines += ["", f"{'factor':24}{'multiplicity':>14}{'weight':>10}"]
    for family, share in zip(factors.families, factors.shares, strict=True):
        lines.append(f"{str(family):24}{family.multiplicity:14}{share:10.4f}")
    lines += [f"{term.name:24}{'':14}{term.weight:10.4f}" for term in game.terms]
    lines += ["", f"{'trainable parameters':24}{'':14}{'':>10}"]
    networks = {network.term("p", n): c for n, c in model.generative.items()}
    networks |= {model.recognition_graph.term("q", n): c for n, c in model.recognition.items()}
    networks |= {f"D{f}": d for f, d in zip(factors.families, factors.discriminators, strict=True)}
    counted = set()
    for name, layer in networks.items():
        held = layer.trainable_variables if isinstance(layer, keras.layers.Layer) else []
        new = [v for v in held if id(v) not in counted]
        counted |= {id(v) for v in new}
        if new:
            lines.append(f"{name:24}{parameter_count(new):24,}")
    lines.append(f"{'total':24}{parameter_count(model.trainable_variables + factors.trainable_variables):24,}")
    return "\n".join(lines)


def parameter_count(variables) -> int:
    """Number of scalars in some variables."""
    return sum(int(np.prod(v.shape)) for v in variables)


def graph_picture(graph: Graph) -> np.ndarray:
    """Drawing of a graph, observed variables grey; uint8 [H, W, 3]."""
    on_plate = [n for n in graph.order if graph[n].plate]
    plate = (on_plate, f"t = 1..{graph.length}") if on_plate else None
    return pictures.drawing.draw_graph(graph.order, graph.edges(), shaded=graph.observed, plate=plate)


def one_line(scores: dict[str, float]) -> str:
    """Scores for a log."""
    return "  ".join(f"{name} {_number(value)}" for name, value in scores.items())


def table(scores: dict[str, float]) -> str:
    """Scores with what they mean; those of the oracle as a table of their own, beside real clips."""
    rows = [
        f"{name:36}{_number(scores[name]):>10}  {text}"
        for known, text in SCORES.items()
        for name in scores
        if known_as(name) == known
    ]
    rows += [f"{name:36}{_number(value):>10}" for name, value in scores.items() if _unknown(name, value)]
    if "oracle_accuracy" in scores:
        rows += ["", f"{'oracle':14}" + "".join(f"{column:>12}" for column in ORACLE)]
        for row in ORACLE_ROWS:
            numbers = [_number(scores[f"oracle_{column}_{row}"]) for column in ORACLE]
            rows.append(f"{row:14}" + "".join(f"{number:>12}" for number in numbers))
    return "\n".join(rows)


def _unknown(name, value):
    """Whether a name is of a number that the glossary lacks, and that is not of the protocol."""
    return isinstance(value, float) and not known_as(name) and not name.startswith("oracle_")


def _number(value):
    return str(value) if isinstance(value, int) else f"{value:.4f}"
