"""Your own clips: a folder of clips, each a sub-folder of frames or a GIF."""

import collections
import dataclasses
import pathlib
import re

import numpy as np
from PIL import ImageSequence

from graphical_gan.data.catalogue import Description
from graphical_gan.data.clips.splits import ClipSplit, Stored, tenths_of
from graphical_gan.data.found import find
from graphical_gan.data.image_files import SUFFIXES, all_grey, is_grey, opened, read_each, sizes, square
from graphical_gan.data.request import Request
from graphical_gan.data.splits import LEAST_CLIPS, tenths
from graphical_gan.data.storage import room

_GIF = ("GIF",)
_MOST_PIXELS = 2**32  # of all frames of a GIF, which are decoded one after the other
_MOST_FRAMES = 2**14  # of a GIF, which lie in memory when they are resized


@dataclasses.dataclass(frozen=True)
class _Clip:
    """A clip: where it is, its frames or its GIF alone, and how often each frame is shown, by the headers."""

    path: pathlib.Path
    files: list
    times: list

    @property
    def length(self):
        return sum(self.times)

    @property
    def is_gif(self):
        return self.files[0].suffix.lower() == ".gif"


def describe(request: Request) -> Description:
    """Say what the folder holds, from names and headers of files, and from pixels where these don't tell what is grey.

    A tenth of the clips, at least one, each are for validation and test; there is one channel if every frame is grey,
    else three; `length` is that of the shortest clip.

    Raises:
        ValueError: if the folder holds too few clips, one is shorter than `T`, its frames differ in size, or a header
            is broken.
    """
    clips, found = _list_clips(request.manual_dir)
    return _describe(clips, found, request)


def read(request: Request) -> dict[str, ClipSplit]:
    """Read all frames, cropped to their central square and resized.

    The split is drawn once over the sorted names of the clips, so it depends neither on the disk nor on the run.

    Raises:
        ValueError: as `describe`, or if a frame is damaged or truncated, naming the file.
    """
    clips, found = _list_clips(request.manual_dir)
    known = _describe(clips, found, request)
    lengths = np.array([clip.length for clip in clips])
    begins = np.cumsum(lengths) - lengths
    frames = room((int(lengths.sum()), *known.image_shape))

    def read_into(row):
        here = frames[begins[row] : begins[row] + lengths[row]]
        for place, frame in zip(here, _frames(clips[row], known.image_shape), strict=True):
            place[:] = frame

    read_each(read_into, len(clips))
    return tenths_of(Stored(frames, begins, lengths), request.T, request.holdout)


def _describe(clips, found, request):
    shortest, size = min(clips, key=lambda clip: clip.length), request.image_size
    if shortest.length < request.T:
        raise ValueError(
            f"--T={request.T} is longer than the clip {shortest.path}, the shortest with {shortest.length} frames: "
            "expected no clip to be shorter. Pass a smaller --T, or move the clip out of --manual_dir."
        )
    return dataclasses.replace(
        request.known,
        image_shape=(size, size, 1 if all(map(_shows_no_colours, clips)) else 3),
        length=shortest.length,
        found=found,
        **tenths(len(clips)),
    )


def _list_clips(root):
    """The clips, and a sentence on what is read and what is left out."""
    found = find(root, (*SUFFIXES, ".gif"), deepest=1)
    folders, gifs = collections.defaultdict(list), []
    for path in found.paths:
        is_gif, is_direct = path.suffix.lower() == ".gif", path.parent == root
        if is_gif and is_direct:
            gifs.append(path)
        elif is_gif or is_direct:
            found.left_out[f"{path.suffix.lower()} {'beside clips' if is_direct else 'among frames'}"] += 1
        else:
            folders[path.parent].append(path)
    clips = [_of_frames(path, sorted(files, key=_number_order)) for path, files in folders.items()]
    clips = sorted(clips + [_of_gif(path) for path in gifs], key=lambda clip: clip.path)
    said = found.sentence(f"{len(clips)} clips", ("GIFs", *SUFFIXES))
    if len(clips) < LEAST_CLIPS:
        raise ValueError(
            f"--manual_dir={root}: {said} Expected at least {LEAST_CLIPS} clips, each a sub-folder of frames in "
            f"{', '.join(SUFFIXES)} or a GIF. Name another folder, or put more clips into it."
        )
    return clips, said


def _number_order(path):
    """Names in the order that people count in: frame 2 comes before frame 10."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]+)", path.name))]


def _of_frames(path, files):
    found = sizes(files)
    for file, size in zip(files, found, strict=True):
        if size != found[0]:
            raise ValueError(
                f"{file} is {size[0]} x {size[1]}, but {files[0].name} of the same clip is {found[0][0]} x "
                f"{found[0][1]}: expected frames of one size. Resize them, or move the clip out of --manual_dir."
            )
    return _Clip(path, files, [1] * len(files))


def _of_gif(path):
    with opened(path, _GIF) as picture:
        pixels = picture.n_frames * picture.width * picture.height
        if pixels > _MOST_PIXELS:
            raise ValueError(f"its {picture.n_frames} frames hold {pixels:,} pixels, more than {_MOST_PIXELS:,}")
        times = shown_times([frame.info.get("duration", 0) for frame in ImageSequence.Iterator(picture)])
        if sum(times) > _MOST_FRAMES:
            raise ValueError(
                f"it lasts {sum(times):,} frames of the shortest duration in it, more than {_MOST_FRAMES:,}"
            )
    return _Clip(path, [path], times)


def shown_times(durations: list[float]) -> list[int]:
    """How often each frame of a GIF is shown; whoever writes one merges frames that are alike into a longer one.

    Args:
        durations: of each frame in milliseconds, 0 where it is not given.
    """
    shortest = min(filter(None, durations), default=1)
    return [max(1, round(duration / shortest)) for duration in durations]


def _shows_no_colours(clip):
    """Whether one channel holds a clip."""
    if not clip.is_gif:
        return all_grey(clip.files)
    with opened(clip.path, _GIF) as picture:
        return all(map(is_grey, ImageSequence.Iterator(picture)))


def _frames(clip, shape):
    if not clip.is_gif:
        for file in clip.files:
            with opened(file) as picture:
                yield square(picture, shape)
        return
    with opened(clip.path, _GIF) as picture:
        for frame, times in zip(ImageSequence.Iterator(picture), clip.times, strict=True):
            yield from [square(frame, shape)] * times
