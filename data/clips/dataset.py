"""A data set of clips: its minibatches, its fixed clips, and its motion analogies."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from graphical_gan.common.choices import resolved
from graphical_gan.data.catalogue import CLIP_DESCRIPTIONS
from graphical_gan.data.clips.splits import ClipSplit
from graphical_gan.data.dataset import PictureDataset, warn_of_black
from graphical_gan.data.splits import check_length

_OWN_MOTION = (0x68656C64, 0)  # seeds of the motions that never change: those of the held-out clips,
_OTHER_MOTION = (0x68656C64, 1)  # and those that an analogy lends


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class ClipDataset(PictureDataset):
    """A data set of clips. Made by `data.load_clips`; its splits are `ClipSplit`s.

    Minibatches hold "x", float32 [B, T, H, W, C] in `value_range`, with new motions in every epoch, and "y",
    float32 [B, classes], one-hot, where labels condition the networks.

    Attributes:
        length: number of frames T of a clip.
        conditioned: whether networks are given the labels, so that minibatches hold "y".
    """

    length: int
    conditioned: bool

    def _minibatch(self, number, rows, seed):
        def clips(number, rows):
            return self.train.clips(rows, (seed, number))

        made = tf.numpy_function(clips, [number, rows], tf.uint8, stateful=False)
        batch = {"x": self.to_network(tf.ensure_shape(made, [rows.shape[0], self.length, *self.image_shape]))}
        if self.conditioned:
            labels = tf.gather(tf.constant(self.train.labels), rows)
            batch["y"] = tf.one_hot(labels, len(self.label_names))
        return batch

    def held_out(self, split: str, count: int, T: int | None = None) -> dict[str, np.ndarray]:
        """Make the first clips of a split, the same in every run.

        Use it for errors, and for the oracle: it knows where the contents are.

        Args:
            split: "validation" or "test"; "train" works as well.
            count: number of clips n; fewer clips are the first of more.
            T: number of frames; None is `length`. The paths of moving contents have no end: another T follows the same
                path. Stored clips are at most as long as they are.

        Returns:
            Dictionary of "x", uint8 [n, T, H, W, C] in [0, 255]; "y", float32 [n, classes], one-hot, where labels
            condition the networks; and "positions", float64 [n, T, 2], where contents move: row and column of the
            content's upper left corner in pixels, before truncation. The contents are rows 0 to n - 1 of the split, and
            so are its `labels`.

        Raises:
            ValueError: if the split has fewer clips, or shorter ones.
        """
        part, frames = self._part(split, count, T)
        rows = np.arange(count)
        motions = part.films.motions(np.random.RandomState(_OWN_MOTION), rows, frames)
        held = {"x": part.films.film(rows, motions)}
        if self.conditioned:
            held["y"] = self._one_hot(part.labels[rows])
        if motions.ndim == 3:
            held["positions"] = motions
        return held

    def analogies(self, split: str, count: int, T: int | None = None) -> dict[str, np.ndarray] | None:
        """Lend the motion of one clip to the content of another, where the truth is known.

        Args:
            split: as in `held_out`.
            count: number of analogies n.
            T: as in `held_out`.

        Returns:
            None where nobody knows the truth; else a dictionary of uint8 arrays [n, T, H, W, C] in [0, 255]: "content",
            which is `held_out`'s "x"; "motion", clips of other contents with other motions; "truth", the content of the
            first with the motion of the second. For moving contents also "positions", those of "motion" and "truth",
            and where labels condition the networks "y" and "motion_y", float32 [n, classes], the labels of the contents
            of the two clips. "rows" and "motion_rows", int [n], say which contents of the split were taken.

        Raises:
            ValueError: as `held_out`.
        """
        part, frames = self._part(split, count, T)
        if not part.films.transferable:
            return None
        content = self.held_out(split, count, T)
        rows = np.arange(count)
        others = (rows + len(part) // 2) % len(part)
        motions = part.films.motions(np.random.RandomState(_OTHER_MOTION), others, frames)
        analogies = {
            "content": content["x"],
            "motion": part.films.film(others, motions),
            "truth": part.films.film(rows, motions),
            "rows": rows,
            "motion_rows": others,
        }
        if self.conditioned:
            analogies |= {"y": content["y"], "motion_y": self._one_hot(part.labels[others])}
        if motions.ndim == 3:
            analogies["positions"] = motions
        return analogies

    def _one_hot(self, labels):
        return np.eye(len(self.label_names), dtype=np.float32)[labels]

    def _part(self, split, count, T):
        if split not in self.splits:
            raise ValueError(f"split={split!r} is unknown: expected one of {', '.join(self.splits)}. Name one of them.")
        part, frames = self.splits[split], self.length if T is None else T
        if not 1 <= count <= len(part):
            raise ValueError(
                f"{count} clips were asked of the {split} split of {self.name}: expected 1 to {len(part)}. "
                "Ask for fewer."
            )
        check_length(frames, part.films.length, f"the clips of {self.name}")
        return part, frames


def dataset_of(name: str, T: int, parts: Mapping[str, ClipSplit]) -> ClipDataset:
    """A data set of that name as it is trained on, from its three parts and the number of frames of a clip."""
    known = CLIP_DESCRIPTIONS[name]
    warn_of_black(name, parts["train"].films.contents())
    return ClipDataset(
        name=name,
        length=T,
        splits={part: parts[part] for part in ("train", "validation", "test")},
        label_names=known.label_names,
        conditioned=known.conditioned,
        scaling=resolved(known.scaling),
    )
