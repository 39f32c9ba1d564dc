"""What a run on clips is watched and judged by: film strips, reconstructions, analogies, an oracle, long clips."""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from graphical_gan import evaluation
from graphical_gan.common.parts import in_parts
from graphical_gan.engine import GraphicalGAN
from graphical_gan.engine.checks import check_shapes
from graphical_gan.evaluation.study import Study
from graphical_gan.export.clips import ClipFunctions
from graphical_gan.export.functions import NOTHING
from graphical_gan.pictures.grids import captioned, enlarged, film, grid, save_gif, to_uint8
from graphical_gan.settings.knobs import Settings

CLIPS = 200  # held-out clips that are scored
DIGITS = 2000  # real ones that the oracle's classifier learns from, at most
SHOWN = 8  # clips of a picture
LONG = 200  # frames of the long clips (the paper, Fig. 8)
LONGER = 40  # clips that are scored beyond T
DEAD = {
    "brightness": "draws black frames",
    "variety": "draws the same clip for all noise",
    "motion": "stands still",
}  # what it means if a score of samples is less than a tenth of the real one


def check_data(model: GraphicalGAN, settings: Settings, data_spec) -> None:
    """Compares what a network observes with what a data set of clips holds; call it before any of it is read.

    Args:
        data_spec: the data: at least `image_shape`, `classes` and `conditioned`.
    """
    network = model.network
    held = ("x", "y") if data_spec.conditioned else ("x",)
    if "x" not in network.observed or not set(network.observed) <= set(held):
        raise ValueError(
            f"The network observes {', '.join(network.observed)}; --dataset={settings['dataset']} holds "
            f'{" and ".join(held)}. Name the node of the frames "x", and declare others latent.'
        )
    if network.partly:
        raise ValueError(
            f"The network declares {', '.join(network.partly)} partly=True; clips come with no latent variable that "
            "is known of some. Leave partly out."
        )
    if network.parents.get("y"):
        raise ValueError("The network gives y parents; it is a label that clips come with. Declare it without.")
    on_plate = [name for name in network.observed if network[name].plate]
    if network.length != settings["T"] or on_plate != ["x"]:
        raise ValueError(
            f"The network has a plate of length {network.length} with {', '.join(on_plate) or 'nothing'} of the "
            f"data on it; expected x alone, and the length --T={settings['T']}. "
            'Declare Node("x", ..., plate=True, observed=True) and length=settings["T"].'
        )
    of_clip = {"x": (settings["T"], *data_spec.image_shape), "y": (data_spec.classes,)}
    check_shapes(model, {name: of_clip[name] for name in network.observed})


class ClipStudy(Study):
    """Looks at a model of clips x; latents outside the plate are content, those on it motion. Arguments of `Study`."""

    patience = 0.0  # a generator that dies early stays dead

    def __init__(self, model: GraphicalGAN, dataset: Any, batch: int | None = None, about: Mapping = NOTHING):
        super().__init__(model, dataset, batch, about)
        self.functions = ClipFunctions(model, dataset.image_shape, dataset.scaling, self.about)
        self.T = model.network.length
        self._conditioned = "y" in model.network.observed
        self._watched = "validation" if len(dataset.validation) else "train"

    def pictures(self) -> dict[str, np.ndarray]:
        """Film strips, a clip a row: samples, inputs over reconstructions, analogies in threes; a film of samples."""
        held = self.held(self._watched, SHOWN)
        pictures = {
            "samples": strips(sample=self.sample(SHOWN, self.T)),
            "reconstructions": strips(clip=held["clip"], again=self.reconstruct(held)),
        }
        analogy = self.analogies(self._watched, SHOWN)
        if analogy:
            both = {name: analogy[name] for name in ("content", "motion")} | {"both": self.transfer(analogy)}
            pictures["analogies"] = strips(**both)
        return pictures | {"film": film(frames_as_pixels(self.sample(2 * SHOWN, self.T)), SHOWN)}

    def scores(self, split: str) -> dict[str, float]:
        """Reconstruction and analogy errors beside those of random pairs; how bright samples are, differ and move.

        Of an empty split only what samples are like, beside training clips.
        """
        if not len(getattr(self.dataset, split)):
            return self._likeness(self.held("train", CLIPS)["clip"])
        held = self.held(split, CLIPS)
        scores = evaluation.scores.reconstruction_scores(held["clip"], self.reconstruct(held))
        analogy = self.analogies(split, CLIPS)
        if analogy:
            errors = evaluation.scores.reconstruction_scores(analogy["truth"], self.transfer(analogy))
            scores |= {f"analogy_{name}": value for name, value in errors.items()}
        return scores | self._likeness(held["clip"])

    def _likeness(self, real):
        """How bright samples are, differ and move, beside as many real clips."""
        scores, samples = {}, self.sample(len(real), self.T)
        for name, clips in (("real", real), ("samples", samples)):
            scores[f"brightness_{name}"] = float(np.mean(clips))
            scores[f"variety_{name}"] = float(np.mean(clips.std(0)))
            scores[f"motion_{name}"] = float(np.mean(np.abs(np.diff(clips, axis=1))))
        return scores

    def batch_scores(self, split: str) -> dict[str, float]:
        """The errors of `scores` as in training, normalised by test batches; it overwrites the statistics."""
        if not self.batch:
            return {}
        held, analogy = self.held(split, CLIPS), self.analogies(split, CLIPS)
        again = self._in_parts(self.functions.reconstruct_by_batch, *held.values(), size=self.batch)
        scores = {"mse_batch_statistics": evaluation.scores.reconstruction_scores(held["clip"], again)["mse"]}
        if analogy:
            both = self._in_parts(self.functions.motion_analogy_by_batch, *self._lent(analogy), size=self.batch)
            errors = evaluation.scores.reconstruction_scores(analogy["truth"], both)
            scores["analogy_mse_batch_statistics"] = errors["mse"]
        return scores

    def final_scores(self) -> dict[str, float]:
        """The oracle's numbers, where the clips are of a moving digit: real clips and samples, up to T and beyond."""
        if "positions" not in self.dataset.held_out("test", 1) or self.dataset.test.labels is None:
            return {}
        T, (images, labels), (others, _) = self.T, self._digits("train"), self._digits(self._watched)
        if self._watched == "train":  # the classifier is to be judged on digits that it has not seen
            half = len(images) // 2
            images, labels, others = images[:half], labels[:half], images[half:]
        oracle = evaluation.oracle.Oracle(images, labels, others, self.dataset.image_shape[0] // 2)
        scores = {"oracle_accuracy": oracle.accuracy(*self._digits("test"))}
        judged = {
            "real": self.held("test", CLIPS)["clip"],
            "samples": self.sample(CLIPS, T),
            "real_beyond_T": self.held("test", LONGER, T + LONG)["clip"][:, T:],
            "beyond_T": self.sample(LONGER, T + LONG)[:, T:],
        }
        for name, clips in judged.items():
            scores |= {f"oracle_{score}_{name}": value for score, value in oracle.scores(clips).items()}
        return scores

    def warning(self, scores: dict[str, float]) -> str | None:
        """A generator that draws black or always the same, stands still, or goes black beyond T, in words."""
        for name, meaning in DEAD.items():
            if scores[f"{name}_samples"] < scores[f"{name}_real"] / 10:
                return f"the generator {meaning} ({name} {scores[f'{name}_samples']:.4f})"
        if scores.get("oracle_ink_beyond_T", 1) < scores.get("oracle_ink_real", 0) / 10:
            return f"the generator draws black frames beyond T={self.T}"
        return None

    def finish(self, path: pathlib.Path) -> None:
        """Writes the SavedModel and a film of 200 frames."""
        super().finish(path)
        save_gif(path / "pictures" / "long.gif", film(frames_as_pixels(self.sample(SHOWN, LONG)), SHOWN // 2))

    def held(self, split: str, count: int, T: int | None = None) -> dict[str, np.ndarray]:
        """The first held-out clips on [0, 1] as "clip" [N, T, H, W, C], with labels "y" if the network sees them."""
        held = self.dataset.held_out(split, min(count, len(getattr(self.dataset, split))), T)
        return {"clip": self._unit(held["x"])} | ({"y": held["y"]} if self._conditioned else {})

    def _digits(self, split):
        """The first frame of clips of as many digits, and their labels."""
        return self.held(split, DIGITS, T=2)["clip"][:, 0], getattr(self.dataset, split).labels[:DIGITS]

    def analogies(self, split: str, count: int) -> dict[str, np.ndarray] | None:
        """Pairs whose analogy is known: "content", "motion" and "truth" on [0, 1]; None where the data has none."""
        found = self.dataset.analogies(split, min(count, len(getattr(self.dataset, split))))
        clips = ("content", "motion", "truth")
        return found and found | {name: self._unit(found[name]) for name in clips}

    def transfer(self, analogy: dict[str, np.ndarray]) -> np.ndarray:
        """The content of clips with the motion of others; labels as "y" and "motion_y" if the network sees them."""
        return self._in_parts(self.functions.motion_analogy, *self._lent(analogy))

    def _lent(self, analogy):
        """What an analogy is made from, as the functions take it."""
        names = ("content", "motion", *(("y", "motion_y") if self._conditioned else ()))
        return [analogy[name] for name in names]

    def reconstruct(self, held: dict[str, np.ndarray]) -> np.ndarray:
        """The clips of `held` as the generator makes them."""
        return self._in_parts(self.functions.reconstruct, *held.values())

    def sample(self, n: int, T: int, seed: int = 0) -> np.ndarray:
        """n clips of T frames, on [0, 1]; frames are black where a transition has grown beyond all numbers."""
        return np.nan_to_num(in_parts(lambda count, part: self.functions.sample(count, T, part), n, SHOWN, seed))

    def _unit(self, clips):
        """What the networks see of stored clips, on [0, 1]."""
        return self.dataset.from_network(self.dataset.to_network(clips)).numpy()

    @staticmethod
    def _in_parts(function, *arrays, size=50):
        parts = [function(*(a[i : i + size] for a in arrays)).numpy() for i in range(0, len(arrays[0]), size)]
        return np.concatenate(parts)


def strips(**clips: np.ndarray) -> np.ndarray:
    """Clips [N, T, H, W, C] on [0, 1] as a picture, a clip a row, in turn: the first of each, the second of each.

    Beside each row stands what it is, by the name that the clips are given by, if there are several.
    """
    count, length = next(iter(clips.values())).shape[:2]
    frames = np.stack(list(clips.values()), 1)  # N kinds T H W C
    picture = grid(frames_as_pixels(frames.reshape(-1, *frames.shape[3:])), length)
    return captioned(picture, beside=[*clips] * count if len(clips) > 1 else ())


def frames_as_pixels(clips: np.ndarray) -> np.ndarray:
    """Frames [..., H, W, C] on [0, 1] as uint8, large enough for a person."""
    return enlarged(to_uint8(clips))
