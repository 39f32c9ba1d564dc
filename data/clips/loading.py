"""From a checked request to a `ClipDataset`."""

from graphical_gan.common.choices import resolved
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips import folder
from graphical_gan.data.clips.dataset import ClipDataset
from graphical_gan.data.clips.request import ClipRequest
from graphical_gan.data.clips.splits import ClipSplit


def own_clips(request: ClipRequest) -> dict[str, ClipSplit]:
    """The clips of a folder."""
    return folder.read(request.manual_dir, request.image_size, request.T)


def load(request: ClipRequest) -> ClipDataset:
    """Read a data set of clips.

    Args:
        request: a `ClipRequest`.

    Returns:
        A `ClipDataset`.

    Raises:
        ValueError: see `data.load_clips`.
    """
    known = CLIP_DESCRIPTIONS[request.name]
    parts = resolved(known.read)(request)
    return ClipDataset(
        name=request.name,
        length=request.T,
        splits={part: parts[part] for part in ("train", "validation", "test")},
        label_names=known.label_names,
        conditioned=known.conditioned,
        scaling=resolved(known.scaling),
    )
