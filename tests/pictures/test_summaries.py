"""Pictures of images: ranges, layouts by hand, and PNG files read back."""

import numpy as np
import pytest
from PIL import Image

from graphical_gan.common.scaling import DEQUANTISED, RENDERS, SYMMETRIC, UNIT
from graphical_gan.pictures import grids


def numbered(count, channels=1):
    """Images of 1 x 2 pixels, the i-th of value i."""
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 1, 2, channels)).copy()


def test_to_uint8_maps_0_and_1_to_0_and_255_and_clips():
    values = np.array([-0.5, 0, 0.25, 0.5, 100.4 / 255, 1, 7])
    np.testing.assert_array_equal(grids.to_uint8(values), [0, 0, 64, 128, 100, 255, 255])


@pytest.mark.parametrize("scale", [UNIT, SYMMETRIC, DEQUANTISED, RENDERS])
def test_pixels_come_back_from_the_range_of_a_network(scale):
    """From 8 bits, and from [0, 1], whatever the range; noise adds less than a level."""
    pixels = np.arange(256, dtype=np.uint8)
    seen = scale.to_network(pixels, (0, 0)) - scale.noise / 2
    np.testing.assert_allclose(scale.unit_to_network(pixels / np.float32(255)), seen, atol=1e-6 + scale.noise / 2)
    np.testing.assert_array_equal(grids.to_uint8(scale.from_network(seen)), pixels)
    np.testing.assert_array_equal(grids.to_uint8(scale.from_network(scale.unit_to_network(pixels / 255))), pixels)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_to_uint8_refuses_what_is_no_picture(value):
    with pytest.raises(ValueError, match="1 values of images are not finite.*diverged run"):
        grids.to_uint8([value])


def test_grid_by_hand():
    picture = grids.grid(numbered(5), columns=3, gap=1)
    white = 255
    expected = [
        [0, 0, white, 1, 1, white, 2, 2],
        [white] * 8,
        [3, 3, white, 4, 4, white, white, white],
    ]
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[..., 0], expected)


def test_grid_without_gap_is_a_transposition():
    images = np.random.default_rng(0).integers(256, size=(6, 4, 5, 3), dtype=np.uint8)
    picture = grids.grid(images, columns=2, gap=0)
    np.testing.assert_array_equal(picture, np.vstack([np.hstack(images[r : r + 2]) for r in (0, 2, 4)]))


def test_component_grid_has_one_component_a_column_and_its_number_above_it():
    picture = grids.component_grid(grids.enlarged(numbered(6)), K=3)  # two images each: 0 0' | 1 1' | 2 2'
    height, width = (48 * side + grids.GAP for side in (1, 2))
    np.testing.assert_array_equal(picture[grids.LINE :: height, ::width, 0], [[0, 2, 4], [1, 3, 5]])
    columns = [picture[: grids.LINE, width * k : width * k + 96] for k in range(3)]
    assert all(column.min() < 128 for column in columns) and not np.array_equal(*columns[:2])


def test_reconstruction_grid_alternates_inputs_and_reconstructions():
    images, reconstructions = numbered(3), numbered(3) + 100
    picture = grids.reconstruction_grid(images, reconstructions, pairs=2)
    np.testing.assert_array_equal(
        picture[:: 1 + grids.GAP, :: 2 + grids.GAP, 0], [[0, 100, 1, 101], [2, 102, 255, 255]]
    )


@pytest.mark.parametrize("channels, mode", [(1, "L"), (3, "RGB")])
def test_save_png_round_trip(tmp_path, channels, mode):
    picture = np.random.default_rng(1).integers(256, size=(5, 7, channels), dtype=np.uint8)
    path = tmp_path / "pictures" / "step-100.png"
    grids.save_png(path, picture)
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("PNG", mode, (7, 5))
        np.testing.assert_array_equal(np.asarray(image).reshape(picture.shape), picture)


@pytest.mark.parametrize("channels", [1, 3])
def test_captions_stand_above_their_columns_and_beside_their_rows(channels):
    picture = np.full((60, 100, channels), 200, np.uint8)
    above = grids.captioned(picture, above=["k=0", "", "k=2", ""])
    assert above.shape == (60 + grids.LINE, 100, channels) and (above[grids.LINE :] == picture).all()
    inked = [above[: grids.LINE, 25 * column : 25 * column + 25].min() < 128 for column in range(4)]
    assert inked == [True, False, True, False]
    beside = grids.captioned(picture, beside=["content", "", "both"])
    assert beside.shape[0] == 60 and (beside[:, -100:] == picture).all()
    inked = [beside[20 * row : 20 * row + 20, :-100].min() < 128 for row in range(3)]
    assert inked == [True, False, True]
