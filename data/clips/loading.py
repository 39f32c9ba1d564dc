"""From a checked request to a `ClipDataset`."""

from graphical_gan.common.choices import resolved
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips import arrays, folder
from graphical_gan.data.clips.dataset import ClipDataset
from graphical_gan.data.clips.request import ClipRequest
from graphical_gan.data.clips.splits import ClipSplit


def own_clips(request: ClipRequest) -> dict[str, ClipSplit]:
    """The clips of a folder."""
    return folder.read(request.manual_dir, request.image_size, request.T, request.holdout)


def own_arrays(request: ClipRequest) -> dict[str, ClipSplit]:
    """The clips of an array in a folder."""
    return arrays.read(request.manual_dir, request.T, request.holdout)


def load(request: ClipRequest) -> ClipDataset:
    """Read a data set of clips.

    Args:
        request: a `ClipRequest`.

    Returns:
        A `ClipDataset`.

    Raises:
        ValueError: see `data.load_clips`.
    """
    return dataset_of(request.name, request.T, resolved(CLIP_DESCRIPTIONS[request.name].read)(request))


def dataset_of(name: str, T: int, parts: dict[str, ClipSplit]) -> ClipDataset:
    """A data set as it is trained on.

    Args:
        name: a key of `CLIP_DESCRIPTIONS`.
        T: number of frames of a clip.
        parts: the `ClipSplit`s "train", "validation" and "test".

    Returns:
        A `ClipDataset`.
    """
    known = CLIP_DESCRIPTIONS[name]
    return ClipDataset(
        name=name,
        length=T,
        splits={part: parts[part] for part in ("train", "validation", "test")},
        label_names=known.label_names,
        conditioned=known.conditioned,
        scaling=resolved(known.scaling),
    )
