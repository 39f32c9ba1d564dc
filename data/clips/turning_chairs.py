"""Block chairs that turn: a stand-in for the public 3D chairs that needs no download."""

import numpy as np

from graphical_gan.data.clips.block_chairs import AZIMUTHS, ELEVATIONS, chair, render
from graphical_gan.data.clips.splits import ClipSplit, Stored
from graphical_gan.data.request import Request, described

_SMOOTH = 2  # pictures are drawn so many times larger and then averaged


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
