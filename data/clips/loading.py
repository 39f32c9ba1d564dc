"""From a checked request to a `ClipDataset`."""

from graphical_gan.common.choices import resolved
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips import folder
from graphical_gan.data.clips.dataset import ClipDataset
from graphical_gan.data.clips.request import ClipRequest
from graphical_gan.data.clips.splits import ClipSplit


def own_clips(asked: ClipRequest) -> dict[str, ClipSplit]:
    """The clips of a folder."""
    return folder.read(asked.manual_dir, asked.image_size, asked.T)


def load(asked: ClipRequest) -> ClipDataset:
    """Read a data set of clips.

    Args:
        asked: a `ClipRequest`.

    Returns:
        A `ClipDataset`.

    Raises:
        ValueError: see `data.load_clips`.
    """
    known = CLIP_DESCRIPTIONS[asked.name]
    parts = resolved(known.read)(asked)
    return ClipDataset(
        name=asked.name,
        length=asked.T,
        splits={part: parts[part] for part in ("train", "validation", "test")},
        label_names=known.label_names,
        conditioned=known.conditioned,
        scaling=resolved(known.scaling),
    )
