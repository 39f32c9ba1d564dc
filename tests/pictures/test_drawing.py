"""Pictures of graphs: the layout, what is drawn where, and no trace in matplotlib's global state."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import ConnectionStyle

from graphical_gan.pictures import drawing

GMGAN = ["k", "h", "x"], [("k", "h", ""), ("h", "x", "")]
SSGAN = ["h", "v", "x"], [("v", "v", "t-1"), ("h", "x", ""), ("v", "x", "")]
TRIANGLE = ["x", "a", "b"], [("x", "a", ""), ("x", "b", ""), ("a", "b", "")]
RECOGNITION = ["x", "h", "v"], [("x", "h", "1:T"), ("v", "v", "t+1"), ("h", "v", ""), ("x", "v", "")]
COUPLED = ["v", "x"], [("v", "x", ""), ("x", "v", "t-1"), ("v", "x", "t-1")]


@pytest.mark.parametrize("nodes, edges", [GMGAN, SSGAN, TRIANGLE, RECOGNITION, COUPLED])
@pytest.mark.parametrize("members", [(), ("v", "x"), ("x",)])
def test_children_lie_below_their_parents_and_no_two_nodes_on_one_spot(nodes, edges, members):
    positions = drawing._layout(nodes, edges, [name for name in members if name in nodes])
    assert set(positions) == set(nodes)
    for parent, child, label in edges:
        assert label or positions[parent][1] > positions[child][1]
    for a, b in itertools.combinations(nodes, 2):
        assert np.linalg.norm(positions[a] - positions[b]) > 2 * drawing._RADIUS


def test_layers_are_longest_paths():
    depths = drawing._depths(*TRIANGLE)
    assert depths == {"x": 0, "a": 1, "b": 2}


def test_only_members_lie_within_the_columns_of_the_plate():
    positions = drawing._layout(*SSGAN, members=["v", "x"])
    assert positions["h"][0] < min(positions["v"][0], positions["x"][0]) - drawing._RADIUS


def test_edges_bend_around_nodes_and_away_from_a_twin():
    positions = drawing._layout(*TRIANGLE, members=[])
    bends = {edge[:2]: drawing._bend(edge, TRIANGLE[1], positions) for edge in TRIANGLE[1]}
    assert bends["x", "a"] == bends["a", "b"] == 0 != bends["x", "b"]
    curve = drawing._curve(positions["x"], positions["b"], bends["x", "b"])
    assert min(np.linalg.norm(curve - positions["a"], axis=1)) > drawing._RADIUS

    positions = drawing._layout(*COUPLED, members=[])
    middles = []
    for edge in COUPLED[1][:2]:  # there and back, which must not be one line
        start, end = positions[edge[0]], positions[edge[1]]
        middles.append(drawing._curve(start, end, drawing._bend(edge, COUPLED[1][:2], positions))[9])
    assert np.linalg.norm(middles[0] - middles[1]) > drawing._RADIUS


def test_curves_are_those_that_matplotlib_draws():
    start, end = np.array([0.0, 0.0]), np.array([2.0, -1.0])
    path = ConnectionStyle("arc3", rad=0.4)(start, end, shrinkA=0, shrinkB=0)
    (drawn,) = [segment for segment, _ in path.iter_bezier() if segment.degree == 2]
    np.testing.assert_allclose(drawing._curve(start, end, 0.4)[9], drawn.point_at_t(0.5))


def test_observed_nodes_are_grey_and_others_white():
    picture = drawing.draw_graph(*GMGAN, shaded={"x"})
    assert picture.dtype == np.uint8 and picture.shape[2] == 3
    height, width, _ = picture.shape
    pixels = 150  # a unit of the layout
    scale = np.array([(drawing._RADIUS + drawing._MARGIN), 0.7 * drawing._RADIUS]) * pixels
    column, off_centre = round(width / 2), scale[1]
    for layer, expected in enumerate([255, 255, 204]):
        row = round(scale[0] + layer * drawing._LAYER * pixels - off_centre)
        assert (picture[row, column] == expected).all()
    assert (picture[[0, -1]] == 255).all() and (picture[:, [0, -1]] == 255).all()


def test_plate_loop_and_labels_are_drawn():
    plain = drawing.draw_graph(["v", "x"], [("v", "x", "")])
    labelled = drawing.draw_graph(["v", "x"], [("v", "x", "1:T")])
    looped = drawing.draw_graph(["v", "x"], [("v", "x", ""), ("v", "v", "t-1")])
    plated = drawing.draw_graph(["v", "x"], [("v", "x", "")], plate=(["v", "x"], "t = 1..T"))
    assert labelled.shape == plain.shape and (labelled != plain).any()
    assert looped.shape[1] > plain.shape[1] and looped.shape[0] == plain.shape[0]
    assert plated.shape[0] > plain.shape[0] and plated.shape[1] > plain.shape[1]


def test_drawing_is_deterministic_and_leaves_no_figure_behind():
    before = plt.get_fignums()
    arguments = (*RECOGNITION, {"x"}, (["x", "v"], "t = 1..16"))
    np.testing.assert_array_equal(drawing.draw_graph(*arguments), drawing.draw_graph(*arguments))
    assert plt.get_fignums() == before
