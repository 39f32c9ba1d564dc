"""A picture of a directed graph, in the manner of the paper's Fig. 1: grey circles are observed."""

import functools
import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from graphical_gan.pictures.canvas import render

# One unit of the layout is one inch.
_RADIUS, _COLUMN, _LAYER, _MARGIN = 0.27, 1.2, 1.0, 0.2
_LOOP = 0.95  # how far a loop and its label reach from the centre of the node
_ARROW = {"arrowstyle": "-|>", "mutation_scale": 14, "color": "black", "linewidth": 1.2, "zorder": 2}
_TEXT = {"ha": "center", "va": "center", "family": "serif", "zorder": 4}


def draw_graph(nodes, edges, shaded=(), plate=None) -> np.ndarray:
    """Draws a directed graph in layers, each node below its parents; matplotlib's global state stays as it is.

    Args:
        nodes: names, in the order that ties within a layer are broken by.
        edges: (parent, child, label) triples, the label "" or what to write on the edge, such as "t-1". An edge
            from a node to itself is drawn as a loop. Edges that close a cycle, as lags do, move no node.
        shaded: names of the observed nodes, drawn grey.
        plate: None, or (names, label): a rectangle around these nodes, such as (["v", "x"], "t = 1..T").

    Returns:
        uint8 [H, W, 3].
    """
    members, label = plate or ((), "")
    positions = _layout(nodes, edges, members)
    figure = Figure(dpi=150)
    axes = figure.add_axes((0, 0, 1, 1))
    if members:
        _draw_plate(axes, positions, edges, members, label)
    for edge in edges:
        if edge[0] == edge[1]:
            _draw_loop(axes, positions[edge[0]], edge[2])
        else:
            _draw_edge(axes, edge, edges, positions)
    for name in nodes:
        _draw_node(axes, name, positions[name], name in shaded)
    return _render(figure, axes)


def _layout(nodes, edges, members):
    """Centres of the nodes, roots on top; members of the plate stand in columns of their own, to the right."""
    depth = _depths(nodes, edges)
    inside = [name for name in nodes if name in members]
    outside = [name for name in nodes if name not in members]
    positions, left = {}, 0.0

    def column(name):
        """Mean column of the parents that have a place, which keeps edges from crossing."""
        columns = [positions[parent][0] for parent, child, _ in edges if child == name and parent in positions]
        return sum(columns) / max(len(columns), 1)

    for group in filter(None, (outside, inside)):
        layers = [[name for name in group if depth[name] == d] for d in range(max(depth.values()) + 1)]
        width = max(map(len, layers))
        for d, layer in enumerate(layers):
            for i, name in enumerate(sorted(layer, key=column)):
                positions[name] = np.array([left + (i + (width - len(layer)) / 2) * _COLUMN, -d * _LAYER])
        left += width * _COLUMN
    return positions


def _depths(nodes, edges):
    """The longest path from a root to each node."""
    parents = {name: set() for name in nodes}

    def ancestors(name):
        return {name}.union(*map(ancestors, parents[name]))

    # Plain edges first: an edge with a label may come from another time step, and close a cycle.
    for parent, child, _ in sorted(edges, key=lambda edge: edge[2] != ""):
        if child not in ancestors(parent):
            parents[child].add(parent)

    @functools.cache
    def depth(name):
        return 1 + max(map(depth, parents[name]), default=-1)

    return {name: depth(name) for name in nodes}


def _draw_node(axes, name, centre, shaded):
    fill = "0.8" if shaded else "white"
    axes.add_patch(Circle(centre, _RADIUS, facecolor=fill, edgecolor="black", linewidth=1.3, zorder=3))
    size = 17 if len(name) <= 2 else max(17 - 1.5 * (len(name) - 2), 8)
    axes.text(*centre, name, fontsize=size, style="italic", **_TEXT)


def _draw_loop(axes, centre, label):
    polar = ((_RADIUS, 0.5), (0.9, 0.5), (0.9, -0.5), (_RADIUS, -0.5))  # radius and angle of the control points
    points = [centre + radius * np.array([math.cos(angle), math.sin(angle)]) for radius, angle in polar]
    axes.add_patch(FancyArrowPatch(path=Path(points, [Path.MOVETO, *[Path.CURVE4] * 3]), **_ARROW))
    axes.update_datalim([centre + [_LOOP, 0]])
    axes.text(*centre + [0.7, 0], label, fontsize=10, **_TEXT | {"ha": "left"})


def _draw_edge(axes, edge, edges, positions):
    start, end = positions[edge[0]], positions[edge[1]]
    bend = _bend(edge, edges, positions)
    shrink = 72 * _RADIUS  # points from the centre of a node to its border
    curve = f"arc3,rad={bend}"
    axes.add_patch(FancyArrowPatch(start, end, connectionstyle=curve, shrinkA=shrink, shrinkB=shrink, **_ARROW))
    points = _curve(start, end, bend)
    axes.update_datalim(points)
    across = np.array([end[1] - start[1], start[0] - end[0]]) / np.linalg.norm(end - start)
    axes.text(*points[len(points) // 2] + 0.17 * across, edge[2], fontsize=10, **_TEXT)


def _bend(edge, edges, positions):
    """How far an edge curves, as a share of its length: away from nodes in its way and from a twin edge."""
    start, end = positions[edge[0]], positions[edge[1]]
    others = [positions[name] for name in positions if name not in edge[:2]]

    def clearance(bend):
        points = _curve(start, end, bend)
        return min((np.linalg.norm(p - other) for p in points for other in others), default=math.inf)

    bend = 1.1 / np.linalg.norm(end - start)
    twins = [e for e in edges if {e[0], e[1]} == {edge[0], edge[1]}]
    if len(twins) > 1:  # in turns to one side and the other, as the first twin sees them
        forward = edge[0] == twins[0][0]
        return bend if (twins.index(edge) % 2 == 0) == forward else -bend
    if clearance(0.0) > 1.2 * _RADIUS:
        return 0.0
    return max((bend, -bend), key=clearance)


def _curve(start, end, bend):
    """19 points on the parabola that matplotlib draws for arc3."""
    (dx, dy), t = end - start, np.linspace(0, 1, 19)[:, None]
    control = (start + end) / 2 + bend * np.array([dy, -dx])
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end


def _draw_plate(axes, positions, edges, members, label):
    corners = np.array([positions[name] for name in members])
    loop = _LOOP - _RADIUS if any(parent == child and parent in members for parent, child, _ in edges) else 0
    low = corners.min(axis=0) - _RADIUS - _MARGIN - [0, 0.2]  # the label needs room below, a loop on the right
    high = corners.max(axis=0) + _RADIUS + _MARGIN + [loop, 0]
    box = {"boxstyle": "round,pad=0,rounding_size=0.12", "facecolor": "none", "edgecolor": "0.35", "linewidth": 1.2}
    axes.add_patch(FancyBboxPatch(low, *(high - low), zorder=1, **box))
    axes.text(high[0] - 0.1, low[1] + 0.14, label, fontsize=10, color="0.25", **_TEXT | {"ha": "right"})


def _render(figure, axes):
    (left, bottom), (right, top) = axes.dataLim.min - _MARGIN, axes.dataLim.max + _MARGIN
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    figure.set_size_inches(right - left, top - bottom)
    return render(figure)
