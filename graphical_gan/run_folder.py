"""The folder of a run: it explains itself, and the run can go on from it.

settings.json  flags.txt      the resolved settings; repeat the run with --flagfile=flags.txt
network.txt    p.png q.png    the graphs, factors and parameter counts
metrics.jsonl  results.json   what was watched, a row a line; the scores on the test set
pictures/      tensorboard/   samples and reconstructions; curves, pictures, embedding projector
checkpoints/   saved_model/   to go on from; to use elsewhere
"""

import json
import os
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from graphical_gan import summaries
from graphical_gan.knobs import Knob, Settings, differences, flag_lines, read_settings

HOME = pathlib.Path.home() / "graphical-gan" / "runs"


def default_path(settings: Settings) -> pathlib.Path:
    """Where a run lives if --run_dir is not given; the same command finds the same folder."""
    names = ("dataset", "model", "recipe", "K", "T", "seed")
    parts = [f"{name}={settings[name]}" for name in names if name in settings]
    if settings["manual_dir"]:
        parts.append(pathlib.Path(settings["manual_dir"]).resolve().name)
    return HOME / "-".join(parts)


def check_folder(path: pathlib.Path, settings: Settings, knobs: Iterable[Knob]) -> None:
    """Checks that a run can live in a folder, before anything slow; changes nothing.

    Args:
        path: the folder, which need not exist.
        settings: of the run.
        knobs: that the settings are values of.

    Raises:
        ValueError: if the folder can't be written, or holds a run of other settings, or something that is no run.
    """
    existing = next(p for p in (path, *path.parents) if p.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        raise ValueError(f"--run_dir={path} can't be written: {existing} is no folder to write to. Name another.")
    if existing != path or not any(path.iterdir()):
        return
    if not (path / "settings.json").exists():
        raise ValueError(f"--run_dir={path} is no run, but not empty either. Name a new or an empty folder.")
    others = differences(knobs, settings, read_settings(path))
    if others:
        raise ValueError(
            f"--run_dir={path} holds a run of other settings. This one has {', '.join(others)}. "
            "Give the old values to go on with that run, or another --run_dir for a new one."
        )


class RunFolder:
    """Reads and writes the folder of one run.

    Args:
        path: the folder, which `check_folder` accepts; made if it does not exist.
        program: name of the program that the settings are of.
        settings: of the run.

    Raises:
        OSError: if it can't be written.
    """

    def __init__(self, path: pathlib.Path, program: str, settings: Settings):
        self.path = path
        (path / "pictures").mkdir(parents=True, exist_ok=True)
        write_json(path / "settings.json", {"program": program} | settings)
        write_text(path / "flags.txt", flag_lines(settings))
        self._events = tf.summary.create_file_writer(str(path / "tensorboard"))

    def scalars(self, protocol: dict[str, Any], values: dict[str, float]) -> None:
        """Appends a row to metrics.jsonl, and the values to TensorBoard.

        Args:
            protocol: what belongs beside the numbers, "step" and "split" among it.
            values: the numbers.
        """
        with open(self.path / "metrics.jsonl", "a") as file:
            file.write(json.dumps(protocol | values) + "\n")
        with self._events.as_default(step=protocol["step"]):
            for name, value in values.items():
                tf.summary.scalar(f"{protocol['split']}/{name}", value)
        self._events.flush()

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        """Writes a picture, uint8 [H, W, C], to pictures/ and to TensorBoard."""
        summaries.save_png(self.path / "pictures" / f"{name}-{step:07d}.png", pixels)
        with self._events.as_default():
            tf.summary.image(name, pixels[None], step)

    def animation(self, step: int, name: str, frames: np.ndarray) -> None:
        """Writes a film, uint8 [T, H, W, C], as a GIF to pictures/ and to TensorBoard, where it plays."""
        path = self.path / "pictures" / f"{name}-{step:07d}.gif"
        summaries.save_gif(path, frames)
        height, width = frames.shape[1:3]
        image = tf.stack([str(width).encode(), str(height).encode(), path.read_bytes()])
        metadata = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "images"})
        with self._events.as_default():
            tf.summary.write(name, image, step, metadata)

    def text(self, name: str, text: str, step: int = 0) -> None:
        """Writes a text file, and the text to TensorBoard."""
        write_text(self.path / name, text)
        with self._events.as_default():
            tf.summary.text(name, f"```\n{text}\n```", step)

    def truncate(self, step: int) -> None:
        """Forgets the rows after a step, and a last row that was cut off: the run goes on from there."""
        if (self.path / "metrics.jsonl").exists():
            lines = (self.path / "metrics.jsonl").read_text().splitlines(keepends=True)
            kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step]
            write_text(self.path / "metrics.jsonl", "".join(kept))


def write_json(file: pathlib.Path, values: dict[str, Any]) -> None:
    """Writes a JSON file."""
    write_text(file, json.dumps(values, indent=2) + "\n")


def write_text(file: pathlib.Path, text: str) -> None:
    """Writes a text file beside its place, then renames it: a reader never sees half a file."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text)
    os.replace(beside, file)
