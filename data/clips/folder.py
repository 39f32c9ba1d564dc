"""Your own clips: a folder of clips, each a sub-folder of PNG and JPEG frames or a GIF."""

import collections
import concurrent.futures
import dataclasses
import pathlib
import re

import numpy as np
from PIL import ImageSequence

from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS, ClipDescription
from graphical_gan.data.clips.splits import ClipSplit, Stored
from graphical_gan.data.image_files import SUFFIXES, broken, is_grey_mode, open_image, square, visible
from graphical_gan.data.splits import fixed_order

_LEAST = 3  # fewer clips would leave a part empty


@dataclasses.dataclass(frozen=True)
class _Clip:
    """What the headers of a clip say: where it is, its frames (or its GIF alone), how many, and if grey."""

    path: pathlib.Path
    files: list
    length: int
    grey: bool


def describe(root: pathlib.Path, image_size: int, T: int) -> ClipDescription:
    """Say what the folder holds, from file names and image headers.

    Args:
        root: the folder.
        image_size: height and width that frames are resized to.
        T: number of frames of a clip.

    Returns:
        A `ClipDescription`: a tenth of the clips, at least one, each for validation and test; one channel if every
        frame is grey, else three; `length` is that of the shortest clip.

    Raises:
        ValueError: if the folder holds too few clips, one is shorter than `T`, its frames differ in size, or a header
            is broken.
    """
    return _describe(_list_clips(root), image_size, T)


def read(root: pathlib.Path, image_size: int, T: int) -> dict[str, ClipSplit]:
    """Read all frames, cropped to their central square and resized.

    The split is drawn once over the sorted names of the clips, so it depends neither on the disk nor on the run.

    Args:
        root: the folder.
        image_size: height and width that frames are resized to.
        T: number of frames of a clip.

    Returns:
        Dictionary of the `ClipSplit`s "train", "validation" and "test".

    Raises:
        ValueError: as `describe`, or if a frame is damaged or truncated, naming the file.
    """
    clips = _list_clips(root)
    known = _describe(clips, image_size, T)
    lengths = np.array([clip.length for clip in clips])
    begins = np.cumsum(lengths) - lengths
    frames = np.empty((lengths.sum(), *known.image_shape), np.uint8)

    def read_into(row):
        here = frames[begins[row] : begins[row] + lengths[row]]
        for place, frame in zip(here, _frames(clips[row], known.image_shape), strict=True):
            place[:] = frame

    with concurrent.futures.ThreadPoolExecutor() as pool:
        collections.deque(pool.map(read_into, range(len(clips))), maxlen=0)  # re-raises what a thread raised
    films = Stored(frames, begins, lengths)
    held = known.test_examples
    parts = zip(("test", "validation", "train"), np.split(fixed_order(len(clips)), [held, 2 * held]), strict=True)
    return {name: ClipSplit(films[rows], T) for name, rows in parts}


def _describe(clips, image_size, T):
    shortest = min(clips, key=lambda clip: clip.length)
    if shortest.length < T:
        raise ValueError(
            f"--T={T} is longer than the clip {shortest.path}, the shortest with {shortest.length} frames: "
            "expected no clip to be shorter. Pass a smaller --T, or move the clip out of --manual_dir."
        )
    tenth = max(1, len(clips) // 10)
    return dataclasses.replace(
        CLIP_DESCRIPTIONS["clips_folder"],
        image_shape=(image_size, image_size, 1 if all(clip.grey for clip in clips) else 3),
        length=shortest.length,
        training_examples=len(clips) - 2 * tenth,
        validation_examples=tenth,
        test_examples=tenth,
    )


def _list_clips(root):
    found = [_found(path) for path in visible(root.iterdir())]
    clips = [_clip(path, files) for path, files in filter(None, found)]
    if len(clips) < _LEAST:
        raise ValueError(
            f"--manual_dir={root} holds {len(clips)} clips: expected at least {_LEAST}, each a sub-folder of frames in "
            f"{', '.join(SUFFIXES)} or a GIF. Name another folder, or put more clips into it."
        )
    return clips


def _found(path):
    """A clip's path and files, or None for what is no clip."""
    if path.is_file():
        return (path, [path]) if path.suffix.lower() == ".gif" else None
    files = [file for file in visible(path.iterdir()) if file.is_file() and file.suffix.lower() in SUFFIXES]
    return (path, sorted(files, key=_number_order)) if files else None


def _number_order(path):
    """Names in the order that people count in: frame 2 comes before frame 10."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]+)", path.name))]


def _clip(path, files):
    lengths, greys, sizes = zip(*map(_header, files), strict=True)
    for file, size in zip(files, sizes, strict=True):
        if size != sizes[0]:
            raise ValueError(
                f"{file} is {size[0]} x {size[1]}, but {files[0].name} of the same clip is {sizes[0][0]} x "
                f"{sizes[0][1]}: expected frames of one size. Resize them, or move the clip out of --manual_dir."
            )
    return _Clip(path, files, sum(lengths), all(greys))


def _header(file):
    try:
        with _opened(file) as picture:
            if file.suffix.lower() == ".gif":
                return picture.n_frames, all(map(_is_grey, ImageSequence.Iterator(picture))), picture.size
            mode, size = picture.mode, picture.size
    except Exception as error:  # see _frames
        raise broken(file, error) from error
    return 1, is_grey_mode(mode, file), size


def _opened(file):
    return open_image(file, ("GIF",)) if file.suffix.lower() == ".gif" else open_image(file)


def _is_grey(frame):
    """Whether a frame of a GIF, whose header tells colours but not which are used, has none."""
    pixels = np.asarray(frame.convert("RGB"))
    return bool((pixels == pixels[..., :1]).all())


def _frames(clip, shape):
    for file in clip.files:
        try:
            with _opened(file) as picture:  # a file holds one frame, or is a GIF and holds all
                for number in range(clip.length // len(clip.files)):
                    picture.seek(number)
                    yield square(picture, shape)
        except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, and more
            raise broken(file, error) from error
