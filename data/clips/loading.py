"""From a checked request to a `ClipDataset`."""

from graphical_gan.common.scaling import RENDERS, SYMMETRIC
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips import chairs, folder, moving, turning_chairs
from graphical_gan.data.clips.dataset import ClipDataset
from graphical_gan.data.clips.request import ClipRequest

READERS = {
    "moving_digits": moving.read,
    "turning_chairs": turning_chairs.read,
    "moving_mnist": moving.read,
    "chairs": chairs.read,
    "clips_folder": lambda asked: folder.read(asked.manual_dir, asked.image_size, asked.T),
}
CLIP_SCALINGS = {
    "moving_digits": SYMMETRIC,
    "turning_chairs": RENDERS,
    "moving_mnist": SYMMETRIC,
    "chairs": RENDERS,
    "clips_folder": SYMMETRIC,
}


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
    parts = READERS[asked.name](asked)
    return ClipDataset(
        name=asked.name,
        length=asked.T,
        splits={part: parts[part] for part in ("train", "validation", "test")},
        label_names=known.label_names,
        conditioned=known.conditioned,
        scaling=CLIP_SCALINGS[asked.name],
    )
