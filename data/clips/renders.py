"""The files of the public 3D chairs: a folder or a tar of renders, checked and read chair by chair."""

import collections
import contextlib
import dataclasses
import io
import pathlib
import re
import tarfile
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from graphical_gan.data.found import visible
from graphical_gan.data.image_files import on_white, open_image

TURN = 31  # frames of a sequence
HOMEPAGE = "https://www.di.ens.fr/willow/research/seeing3Dchairs/"
ADVICE = (
    "Expected: the folder rendered_chairs, or rendered_chairs.tar, in the manual folder: 1,393 chairs with 62 renders "
    "each, rendered_chairs/<chair>/renders/image_NNN_pEEE_tAAA_rDDD.png, as published at "
    f"{HOMEPAGE}. Get it and run again with --manual_dir=FOLDER, the folder that holds it; or, if it was prepared "
    "before, with --data_dir=FOLDER, where it was."
)
_NAME = re.compile(r"image_(\d+)_p(\d+)_t(\d+)_r(\d+)\.png", re.ASCII)
_ELEVATIONS = 2
_MOST = 2**24  # bytes of a render; the published ones have far fewer
_SIDE, _CROP = 600, slice(140, 460)


@dataclasses.dataclass(frozen=True)
class Renders:
    """What a folder or a tar holds.

    Attributes:
        chairs: dictionary, in the order of the chairs' names, of the renders of each: (elevation, number) -> path of
            the file.
        read: function of such a path that returns the file's bytes.
    """

    chairs: dict
    read: Callable[[str], bytes]


def here(manual_dir: str | pathlib.Path | None) -> pathlib.Path | None:
    """Find the renders in a manual folder.

    Returns:
        Path of the folder `rendered_chairs`, else of `rendered_chairs.tar`, else None.
    """
    if manual_dir is None:
        return None
    folder, archive = (pathlib.Path(manual_dir) / name for name in ("rendered_chairs", "rendered_chairs.tar"))
    return folder if folder.is_dir() else archive if archive.is_file() else None


@contextlib.contextmanager
def open_renders(manual_dir: str | pathlib.Path) -> Iterator[Renders]:
    """Open the folder or the tar that a manual folder holds.

    Raises:
        ValueError: if there is none, or the tar is damaged.
    """
    path = here(manual_dir)
    if path is None:
        raise ValueError(f"--dataset=chairs found no renders in {manual_dir}.\n{ADVICE}")
    if path.is_dir():
        files = (file.as_posix() for file in path.glob("*/renders/*") if file.is_file())
        # A chair whose renders are all gone is still a chair: its folder says so.
        folders = (folder.name for folder in visible(path.iterdir()) if folder.is_dir())
        yield Renders(_by_chair(files, folders), lambda name: _content(open, name, "rb"))
        return
    try:
        with tarfile.open(path, "r:") as archive:  # never compressed: a search for that reads it all
            members = {member.name: member for member in archive}  # which an archive looks for one by one by name
            yield Renders(_by_chair(members), lambda name: _content(archive.extractfile, members[name]))
    except tarfile.TarError as error:
        raise _broken(path, error) from error


def _content(opener, *arguments):
    with opener(*arguments) as file:
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise ValueError(f"more than {_MOST:,} bytes")
    return content


def _by_chair(names, chairs=()):
    found = {chair: {} for chair in chairs}
    for name in names:
        *_, chair, renders, file = ("", "", *pathlib.PurePosixPath(name).parts)
        match = _NAME.fullmatch(file)
        if match and renders == "renders":
            number, elevation, _, _ = map(int, match.groups())
            found.setdefault(chair, {})[elevation, number] = name
    return dict(sorted(found.items()))


def sequences(found: Renders) -> Iterator[tuple[str, int, np.ndarray]]:
    """Read all sequences, in the order of the chairs' names and of the elevations.

    Yields:
        Chair, elevation in degrees, and frames, uint8 [31, 64, 64, 3] in [0, 255].

    Raises:
        ValueError: if a render is missing, has another size, or can't be read, naming it.
    """
    if not found.chairs:
        raise ValueError(f"--dataset=chairs found a folder or tar without any renders.\n{ADVICE}")
    for chair, files in found.chairs.items():
        _check_chair(chair, files)
    for chair, files in found.chairs.items():
        for elevation in sorted({elevation for elevation, _ in files}):
            names = [files[key] for key in sorted(files) if key[0] == elevation]
            yield chair, elevation, np.stack([_frame(name, found.read) for name in names])


def _check_chair(chair, files):
    azimuths = collections.defaultdict(set)
    for (elevation, _), name in files.items():
        azimuths[elevation].add(_NAME.fullmatch(pathlib.PurePosixPath(name).name)[3])
    if len(files) == _ELEVATIONS * TURN and [len(seen) for seen in azimuths.values()] == [TURN] * _ELEVATIONS:
        return
    all_azimuths = set().union(*azimuths.values())
    gaps = [f"p{e:03}_t{t}" for e, seen in sorted(azimuths.items()) for t in sorted(all_azimuths - seen)]
    missing = f"; {', '.join(gaps[:5])} missing" if gaps else ""
    raise ValueError(
        f"Chair {chair} of --dataset=chairs has {len(files)} renders at {len(azimuths)} elevations{missing}: expected "
        f"{_ELEVATIONS * TURN}, {TURN} at each of {_ELEVATIONS} elevations. Get its renders again, or move the chair "
        "out of rendered_chairs in --manual_dir."
    )


def _frame(name, read):
    try:
        with open_image(io.BytesIO(read(name)), ("PNG",)) as picture:
            size, render = picture.size, None
            if size == (_SIDE, _SIDE):  # by its header, before its pixels
                render = on_white(picture).convert("RGB")
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, and more
        raise _broken(name, error) from error
    if render is None:
        raise ValueError(
            f"{name} is {size[0]} x {size[1]}: expected {_SIDE} x {_SIDE}, as all renders of chairs are. "
            "Replace the file in --manual_dir with the published one."
        )
    middle = render.crop((_CROP.start, _CROP.start, _CROP.stop, _CROP.stop))
    return np.asarray(middle.resize((64, 64), Image.Resampling.BILINEAR))


def _broken(path, error):
    return ValueError(
        f"{path} can't be read ({error}): expected a whole file, as published. Replace it in --manual_dir."
    )
