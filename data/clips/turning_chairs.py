"""Chairs of blocks that turn, and their small renderer: a stand-in for the public 3D chairs that needs no download."""

import colorsys
import dataclasses

import numpy as np
from PIL import Image, ImageDraw

from graphical_gan.data.clips.splits import ClipSplit, Stored
from graphical_gan.data.request import Request, described

ELEVATIONS = (20, 30)  # degrees above the horizon, as in the public renders
AZIMUTHS = 360 * np.arange(1, 32) / 31  # degrees, of the 31 frames of a turn

_SMOOTH = 2  # pictures are drawn so many times larger and then averaged
_PURPOSE = 0x63686169  # what the seeds of chairs start with
_FILL = 0.92  # of half the picture's side, how far a chair reaches from its middle
_LIGHT = np.array([-0.35, -0.55, 0.76])  # where light comes from, as the camera sees it: right, away, up
# The corners of a block are numbered 4 x + 2 y + z, with 0 for its low and 1 for its high side.
_CORNERS = np.stack(np.unravel_index(np.arange(8), (2, 2, 2)), axis=-1)
_FACES = np.array([[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]])
_NORMALS = np.array([[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1.0]])


def read(request: Request) -> dict[str, ClipSplit]:
    """Render all chairs, each turning once at both elevations, into one array of 305 MB.

    Chairs are independent of each other, so the split takes them by number: no chair is in two parts.
    """
    known = described(request)
    counts = [known.training_examples, known.validation_examples, known.test_examples]
    frames = np.empty((sum(counts), len(AZIMUTHS), *known.image_shape), np.uint8)
    for row in range(len(frames)):
        frames[row] = frames_of(row // len(ELEVATIONS), ELEVATIONS[row % len(ELEVATIONS)])
    films = Stored.of(frames, transferable=True)
    rows = np.split(np.arange(sum(counts)), np.cumsum(counts)[:-1])
    names = ("train", "validation", "test")
    return {name: ClipSplit(films[part], request.T) for name, part in zip(names, rows, strict=True)}


def frames_of(number: int, elevation: float) -> np.ndarray:
    """Render one turn of a chair.

    Args:
        number: the number of the chair.
        elevation: angle of the camera above the horizon in degrees.

    Returns:
        uint8 array [31, 64, 64, 3] in [0, 255].
    """
    size = _SMOOTH * 64
    sheet = render(chair(number), elevation, AZIMUTHS, size, size / 2).reduce(_SMOOTH)
    return np.asarray(sheet).reshape(len(AZIMUTHS), 64, 64, 3)


@dataclasses.dataclass(frozen=True, eq=False)
class Chair:
    """The blocks of a chair.

    Attributes:
        blocks: float array [n, 2, 3], the lowest and the highest x, y, z of each block.
        storeys: int array [n]; a block lies above all blocks of lower storeys, and those of one storey are copies of
            each other that stand side by side.
        colours: float array [n, 3] in [0, 1], RGB.
    """

    blocks: np.ndarray
    storeys: np.ndarray
    colours: np.ndarray


def chair(number: int) -> Chair:
    """Make the chair of a number: a seat, four legs, and a back that is a board or bars under a rail.

    Args:
        number: int, 0 or more; the same number is the same chair on every machine.

    Returns:
        A `Chair` of random proportions and colours, standing on z = 0, whose back is at the high y.
    """
    random = np.random.RandomState((_PURPOSE, number))
    width, depth, seat_height = random.uniform([0.8, 0.75, 0.7], [1.25, 1.15, 1.1])
    leg, plate, back, board, rail = random.uniform(
        [0.07, 0.06, 0.6, 0.06, 0.12], [0.17, 0.16, 1.25, 0.14, 0.3]
    )  # thickness of legs, seat, height and thickness of the back, height of its rail
    seat = _block([-width / 2, -depth / 2, seat_height - plate], [width, depth, plate])
    sides = [(x, y) for x in (-width / 2, width / 2 - leg) for y in (-depth / 2, depth / 2 - leg)]
    legs = [_block([x, y, 0], [leg, leg, seat_height - plate]) for x, y in sides]
    bars = random.choice([0, 2, 3, 4])  # 0 is a board
    corner, size = [-width / 2, depth / 2 - board, seat_height], [width, board, back]
    if bars:
        lefts = np.linspace(-width / 2, width / 2 - board, bars)
        backs = [_block([left, *corner[1:]], [board, board, back - rail]) for left in lefts]
        backs.append(_block([*corner[:2], seat_height + back - rail], [width, board, rail]))
    else:
        backs = [_block(corner, size)]
    storeys = [0] * 4 + [1] + [2] * (len(backs) - 1 or 1) + [3] * (len(backs) > 1)
    colours = [_colour(random) for _ in range(3)]
    painted = [colours[0]] * 4 + [colours[1]] + [colours[random.randint(3)]] * len(backs)
    return Chair(np.array([*legs, seat, *backs]), np.array(storeys), np.array(painted))


def render(chair: Chair, elevation: float, azimuths: np.ndarray, size: int, reach: float) -> Image.Image:
    """Draw a chair from a camera far away, while it turns.

    Args:
        elevation: angle of the camera above the horizon in degrees, above 0 and below 90.
        azimuths: float array [T], how far the chair has turned, in degrees.
        size: height and width S of a picture in pixels.
        reach: how far from the middle of the picture the chair reaches at most, in pixels.

    Returns:
        `PIL.Image.Image`, RGB, of height T S and width S: the pictures below each other, on white.
    """
    turned, toward, light = _seen(chair, np.radians(elevation), np.radians(azimuths))
    sheet = Image.new("RGB", (size, size * len(azimuths)), "white")
    draw = ImageDraw.Draw(sheet)
    # Half a pixel higher, because Pillow counts rows from the middle of the first one.
    middles = [size / 2, -0.5] + size * (np.arange(len(azimuths))[:, np.newaxis] + 0.5) * [0, 1]
    places = middles[:, np.newaxis, np.newaxis] + turned[..., :2] * [_FILL * reach, -_FILL * reach]
    polygons = places[:, :, _FACES].reshape(*places.shape[:2], len(_FACES), -1).tolist()
    inks = (255 * light[:, np.newaxis, :, np.newaxis] * chair.colours[:, np.newaxis]).astype(int).tolist()
    # Far to near within a storey, then the next storey: seen from above, nothing hides what is drawn later.
    orders = np.lexsort((-turned[..., 2].mean(axis=2), np.broadcast_to(chair.storeys, turned.shape[:2])))
    for frame, order in enumerate(orders):
        for block in order:
            for face in toward[frame]:
                draw.polygon(polygons[frame][block][face], fill=tuple(inks[frame][block][face]))
    return sheet


def _seen(chair, elevation, azimuths):
    """What the camera sees: corners [T, n, 8, 3] (right, up, away), faces that look at it, light [T, 6]."""
    low, high = chair.blocks.min(axis=(0, 1)), chair.blocks.max(axis=(0, 1))
    corners = np.where(_CORNERS, chair.blocks[:, 1, np.newaxis], chair.blocks[:, 0, np.newaxis]) - (low + high) / 2
    width, depth, height = (high - low) / 2
    radius, steepest = np.hypot(width, depth), np.radians(max(ELEVATIONS))
    corners = corners / max(radius, height * np.cos(steepest) + radius * np.sin(steepest))
    cos, sin, still, none = np.cos(azimuths), np.sin(azimuths), np.ones_like(azimuths), np.zeros_like(azimuths)
    turn = np.array([[cos, -sin, none], [sin, cos, none], [none, none, still]])  # [3, 3, T]
    tilt = np.array([[1, 0, 0], [0, np.sin(elevation), np.cos(elevation)], [0, np.cos(elevation), -np.sin(elevation)]])
    seen = np.einsum("ab,bct,nkc->tnka", tilt, turn, corners)
    normals = np.einsum("bct,fc->tfb", turn, _NORMALS)
    toward = [np.flatnonzero(away < -1e-9) for away in normals @ tilt[2]]
    return seen, toward, 0.55 + 0.45 * np.clip(normals @ _LIGHT, 0, 1)


def _block(corner, size):
    return [corner, np.add(corner, size)]


def _colour(random):
    hue, saturation, value = random.uniform([0, 0.25, 0.35], [1, 0.9, 0.95])
    return colorsys.hsv_to_rgb(hue, saturation, value)
