"""What a run on clips is watched and judged by: film strips, reconstructions, analogies, an oracle, long clips."""

import pathlib

import numpy as np

from graphical_gan.clip_export import ClipFunctions
from graphical_gan.export import export
from graphical_gan.knobs import Settings
from graphical_gan.model import GraphicalGAN
from graphical_gan.oracle import Oracle
from graphical_gan.scores import reconstruction_scores
from graphical_gan.summaries import enlarged, film, grid, save_gif, to_uint8

CLIPS = 200  # held-out clips that are scored
SHOWN = 8  # clips of a picture
LONG = 200  # frames of the long clips (the paper, Fig. 8)
_UNIT = (0.0, 1.0)


class ClipStudy:
    """Looks at a model of clips x with its recalibrated statistics.

    Args:
        model: of clips x; latents outside the plate are content, those on it motion.
        dataset: of `data.load_clips`.
        settings: of the run.
    """

    def __init__(self, model: GraphicalGAN, dataset, settings: Settings):
        self.dataset, self.settings = dataset, settings
        self.functions = ClipFunctions(model, dataset.image_shape, dataset.value_range)

    def pictures(self) -> dict[str, np.ndarray]:
        """Film strips, a clip a row: samples with fixed noise; inputs over reconstructions; analogies in threes."""
        held, T = self._held("validation", SHOWN), self.settings["T"]
        strips = {
            "samples": self._sample(SHOWN, T),
            "reconstructions": _interleaved(held["clip"], self._call("reconstruct", held)),
        }
        analogy = self._analogies("validation", SHOWN)
        if analogy:
            strips["analogies"] = _interleaved(analogy["content"], analogy["motion"], self._transfer(analogy))
        frames = {name: clips.reshape(-1, *clips.shape[2:]) for name, clips in strips.items()}
        return {name: grid(_pixels(images), T) for name, images in frames.items()}

    def animations(self) -> dict[str, np.ndarray]:
        """Samples as a film."""
        return {"film": film(_pixels(self._sample(2 * SHOWN, self.settings["T"])), SHOWN)}

    def scores(self, split: str) -> dict[str, float]:
        """Reconstruction and analogy errors beside those of random pairs, and how much samples differ and move."""
        held = self._held(split, CLIPS)
        scores = reconstruction_scores(held["clip"], self._call("reconstruct", held), _UNIT)
        analogy = self._analogies(split, CLIPS)
        if analogy:
            errors = reconstruction_scores(analogy["truth"], self._transfer(analogy), _UNIT)
            scores |= {f"analogy_{name}": value for name, value in errors.items()}
        samples = self._sample(len(held["clip"]), self.settings["T"])
        for name, clips in (("real", held["clip"]), ("samples", samples)):
            scores[f"variety_{name}"] = float(np.mean(clips.std(0)))
            scores[f"motion_{name}"] = float(np.mean(np.abs(np.diff(clips, axis=1))))
        return scores

    def batch_scores(self, split: str) -> dict[str, float]:
        """None: the released code has no such number."""
        return {}

    def final_scores(self) -> dict[str, float]:
        """The oracle's numbers, where the clips are of a moving digit: real clips, samples, and samples beyond T."""
        if "positions" not in self.dataset.held_out("test", 1) or self.dataset.test.labels is None:
            return {}
        T, scores = self.settings["T"], {}
        learnt, real = (self._held(split, CLIPS)["clip"] for split in ("train", "test"))
        labels = {split: getattr(self.dataset, split).labels for split in ("train", "test")}
        oracle = Oracle(learnt, labels["train"][: len(learnt)], self.dataset.image_shape[0] // 2)
        scores["oracle_accuracy"] = oracle.accuracy(real, labels["test"][: len(real)])
        long = self._sample(SHOWN * 5, T + LONG)
        for name, clips in (("real", real), ("samples", self._sample(CLIPS, T)), ("beyond_T", long[:, T:])):
            scores |= {f"oracle_{score}_{name}": value for score, value in oracle.scores(clips).items()}
        return scores

    def warning(self, scores: dict[str, float]) -> str | None:
        """A generator that draws the same for all noise, or stands still, in words."""
        for name, meaning in (("variety", "draws the same clip for all noise"), ("motion", "stands still")):
            if scores[f"{name}_samples"] < scores[f"{name}_real"] / 10:
                return f"the generator {meaning} ({name} {scores[f'{name}_samples']:.4f})"
        return None

    def finish(self, path: pathlib.Path) -> None:
        """Writes the SavedModel and a film of 200 frames."""
        export(self.functions, path / "saved_model")
        save_gif(path / "pictures" / "long.gif", film(_pixels(self._sample(SHOWN, LONG)), SHOWN // 2))

    def _held(self, split, count):
        count = min(count, len(getattr(self.dataset, split)))
        held = self.dataset.held_out(split, count)
        return {"clip": self._unit(held["x"])} | ({"y": held["y"]} if "y" in held else {})

    def _analogies(self, split, count):
        found = self.dataset.analogies(split, min(count, len(getattr(self.dataset, split))))
        clips = ("content", "motion", "truth")
        return found and found | {name: self._unit(found[name]) for name in clips}

    def _unit(self, clips):
        """What the networks see of stored clips, on [0, 1]."""
        return self.dataset.from_network(self.dataset.to_network(clips)).numpy()

    def _transfer(self, analogy):
        names = [name for name in ("content", "motion", "y", "motion_y") if name in analogy]
        return self._in_parts(self.functions.motion_analogy, *(analogy[name] for name in names))

    def _call(self, function, held):
        return self._in_parts(getattr(self.functions, function), *held.values())

    def _sample(self, n, T):
        parts = [self.functions.sample(min(SHOWN, n - i), T, i).numpy() for i in range(0, n, SHOWN)]
        return np.concatenate(parts)

    @staticmethod
    def _in_parts(function, *arrays, size=50):
        parts = [function(*(a[i : i + size] for a in arrays)).numpy() for i in range(0, len(arrays[0]), size)]
        return np.concatenate(parts)


def _interleaved(*clips):
    """Clips in turn: first of each, second of each, ..."""
    return np.stack(clips, 1).reshape(-1, *clips[0].shape[1:])


def _pixels(clips):
    return enlarged(to_uint8(clips, _UNIT))
