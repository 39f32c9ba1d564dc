"""Block chairs that turn: a stand-in for the public 3D chairs that needs no download."""

import concurrent.futures
import pathlib
from collections.abc import Iterable

import numpy as np

from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips.block_chairs import AZIMUTHS, ELEVATIONS, chair, render
from graphical_gan.data.clips.request import ClipRequest
from graphical_gan.data.clips.splits import ClipSplit, Stored
from graphical_gan.data.images.request import held_out

_PUBLIC_SIDE, _PUBLIC_CROP = 600, 320  # pixels of the public renders, and of their middle that is kept
_SMOOTH = 2  # pictures are drawn so many times larger and then averaged


def read(request: ClipRequest) -> dict[str, ClipSplit]:
    """Render all chairs, each turning once at both elevations.

    Chairs are independent of each other, so the split takes them by number: no chair is in two parts.

    Args:
        request: the `ClipRequest`.

    Returns:
        Dictionary of the `ClipSplit`s "train", "validation" and "test", which share 305 MB of frames.
    """
    known = held_out(CLIP_DESCRIPTIONS[request.name], request.holdout)
    counts = [known.training_examples, known.validation_examples, known.test_examples]
    chairs, turn = sum(counts) // len(ELEVATIONS), len(AZIMUTHS)
    frames = np.empty((chairs, len(ELEVATIONS) * turn, *known.image_shape), np.uint8)
    for number in range(chairs):
        frames[number] = np.concatenate([frames_of(number, elevation) for elevation in ELEVATIONS])
    films = Stored(
        frames.reshape(-1, *known.image_shape),
        begins=turn * np.arange(sum(counts)),
        lengths=np.full(sum(counts), turn),
        transferable=True,
    )
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


def write_folder(folder: str | pathlib.Path, numbers: Iterable[int]) -> pathlib.Path:
    """Write chairs as files, named, sized and laid out as the public 3D chairs are.

    Use it to try the reader of `chairs` without the public set.

    Args:
        folder: an existing folder; `rendered_chairs` is made in it.
        numbers: the numbers of the chairs.

    Returns:
        `pathlib.Path` of `rendered_chairs`.
    """
    root = pathlib.Path(folder) / "rendered_chairs"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda number: _write_chair(root / f"block-{number:04}" / "renders", number), numbers))
    return root


def _write_chair(renders, number):
    renders.mkdir(parents=True)
    side = _PUBLIC_SIDE
    for row, elevation in enumerate(ELEVATIONS):
        sheet = render(chair(number), elevation, AZIMUTHS, side, _PUBLIC_CROP / 2)
        for frame, azimuth in enumerate(AZIMUTHS):
            # Numbered as published: from 1, with 32 numbers an elevation, of which the first is not used.
            name = f"image_{32 * row + frame + 1:03}_p{elevation:03}_t{int(azimuth + 1e-9):03}_r096.png"
            picture = sheet.crop((0, side * frame, side, side * (frame + 1)))
            picture.save(renders / name, compress_level=1)
