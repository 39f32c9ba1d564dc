"""A run from start to end: builds the game, trains, watches, saves, evaluates and exports it."""

import contextlib
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from tqdm import tqdm

import graphical_gan
from graphical_gan import words
from graphical_gan.factors import Game
from graphical_gan.knobs import Settings
from graphical_gan.precision import compute_in
from graphical_gan.randomness import make_stream
from graphical_gan.recalibration import recalibrate
from graphical_gan.run_folder import RunFolder, write_json
from graphical_gan.summaries import save_png
from graphical_gan.training import NonFiniteError, Trainer

CALL = 20  # most steps inside one call, so that the progress bar moves
RECALIBRATION_BATCHES = 20
BAR_SECONDS = 1 if sys.stderr.isatty() else 30


class Experiment:
    """The game of a run with its trainer and checkpoints, before or after any data is read.

    Args:
        settings: of the run (`recipes.resolve`).
        build: makes the game from the settings and what is known of the data.
        about: the data: at least `image_shape` (H, W, C) and `value_range`, of the networks' images.

    Raises:
        ValueError: if the replicas don't divide the batch size.
    """

    def __init__(self, settings: Settings, build: Callable[..., Game], about):
        self.settings = settings
        strategy = make_strategy(settings["batch_size"])
        keras.utils.set_random_seed(settings["seed"])
        with strategy.scope(), compute_in(settings["precision"]):
            self.game = build(settings, about)
            self.game.create_variables()
        names = ("learning_rate", "update", "update_order", "precision", "seed")
        self.trainer = Trainer(self.game, **{n: settings[n] for n in names}, strategy=strategy)
        owners = {"model": self.game.model, "factors": self.game.factors}
        self.checkpoint = tf.train.Checkpoint(**owners, **self.trainer.optimizers, step=self.trainer.step)

    @property
    def step(self) -> int:
        """Number of steps done."""
        return int(self.trainer.step)

    def restore(self, path: pathlib.Path) -> bool:
        """Goes back to the last checkpoint of a run folder; returns whether it has one.

        Raises:
            ValueError: if the checkpoint can't be read.
        """
        last = tf.train.latest_checkpoint(str(path / "checkpoints"))
        try:
            if last:
                self.checkpoint.restore(last).assert_consumed()
        except (tf.errors.OpError, AssertionError, IndexError, ValueError) as error:
            reason = str(error).partition("\n")[0][:200]
            raise ValueError(
                f"The checkpoint {last} can't be read or is of another model: {reason}. "
                f"Delete its files and its line in {path / 'checkpoints' / 'checkpoint'} to use the one before."
            ) from error
        return last is not None

    def introduce(self, folder: RunFolder) -> None:
        """Writes down what the run trains."""
        model = self.game.model
        folder.text("network.txt", words.description(self.game) + "\n")
        save_png(folder.path / "p.png", words.graph_picture(model.network))
        save_png(folder.path / "q.png", words.graph_picture(model.recognition_graph))

    def train(self, study, folder: RunFolder) -> None:
        """Trains up to --steps from where the run is: at the start, or where `restore` took it.

        Args:
            study: of the data and the model, such as `image_study.ImageStudy`.
            folder: of the run.

        Raises:
            NonFiniteError: if a cost or gradient is not finite; the last checkpoint is from before.
        """
        manager = tf.train.CheckpointManager(self.checkpoint, str(folder.path / "checkpoints"), max_to_keep=2)
        folder.truncate(self.step)
        steps, every = self.settings["steps"], [self.settings[n] for n in ("log_every", "evaluate_every", "save_every")]
        start = len(self.trainer.moves) * self.step
        data = study.dataset.minibatches(self.settings["batch_size"], self.settings["seed"], start)
        minibatches, clock = iter(data), _Clock()
        try:
            with tqdm(total=steps, initial=self.step, unit="step", mininterval=BAR_SECONDS) as bar:
                while self.step < steps:
                    count = min([CALL, steps - self.step] + [n - self.step % n for n in every])
                    clock.add(count, self.trainer.run(minibatches, count))
                    bar.update(count)
                    log, evaluate, save = (self.step == steps or self.step % n == 0 for n in every)
                    if log:
                        folder.scalars(self.protocol("train"), clock.mean())
                    with clock.paused():
                        if evaluate:
                            self.look(study, folder)
                        if save:
                            manager.save(self.step)
        except KeyboardInterrupt:
            manager.save(self.step)
            raise
        except NonFiniteError as error:
            last = manager.latest_checkpoint
            raise NonFiniteError(f"{error}. The last good checkpoint is {last or 'none: it is too early'}.") from None

    def look(self, study, folder: RunFolder) -> None:
        """Pictures, and scores on the validation set."""
        self.recalibrate(study.dataset)
        for name, pixels in study.pictures().items():
            folder.picture(self.step, name, pixels)
        for name, frames in study.animations().items():
            folder.animation(self.step, name, frames)
        scores = study.scores("validation")
        folder.scalars(self.protocol("validation"), scores)
        tqdm.write(f"step {self.step}: {words.one_line(scores)}")
        if self.step > self.settings["steps"] / 2:
            self._warn(study, scores)

    def finish(self, study, folder: RunFolder) -> dict[str, float]:
        """Scores on the test set, and what the study leaves for others to use."""
        scores = self.score(study)
        self._warn(study, scores)
        write_json(folder.path / "results.json", self.protocol("test") | scores)
        study.finish(folder.path)
        return scores

    def score(self, study, split: str = "test") -> dict[str, float]:
        """Scores on a split."""
        by_batch = study.batch_scores(split)
        self.recalibrate(study.dataset)
        further = study.final_scores() if split == "test" else {}
        return study.scores(split) | by_batch | further

    def _warn(self, study, scores):
        warning = study.warning(scores)
        if warning:
            tqdm.write(f"step {self.step}: {warning}.")

    def recalibrate(self, dataset) -> None:
        """Sets the statistics of batch normalisation for inference."""
        batches = dataset.minibatches(self.settings["batch_size"], self.settings["seed"]).take(RECALIBRATION_BATCHES)
        stream = make_stream(self.settings["seed"]).at("recalibration")
        recalibrate(self.game.model, batches, stream)

    def protocol(self, split: str) -> dict[str, Any]:
        """What belongs beside every number of a row."""
        names = ("dataset", "model", "recipe", "K", "T", "seed")
        row = {"step": self.step, "split": split} | {n: self.settings[n] for n in names if n in self.settings}
        return row | {"version": graphical_gan.__version__}


def make_strategy(batch_size: int) -> tf.distribute.Strategy:
    """A replica on every GPU, or else on every logical CPU device.

    Raises:
        ValueError: if they don't divide the batch size.
    """
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if batch_size % len(devices):
        raise ValueError(
            f"--batch_size={batch_size} is not a multiple of the {len(devices)} replicas "
            f"({', '.join(d.name for d in devices)}). Choose a multiple, or hide devices with CUDA_VISIBLE_DEVICES."
        )
    return tf.distribute.MirroredStrategy([d.name for d in devices])


class _Clock:
    """Means of what was watched, and steps a second of training alone."""

    def __init__(self):
        self._watched, self._began = [], time.perf_counter()

    def add(self, count, values):
        self._watched.append((count, values))

    def mean(self):
        """The means since the last call."""
        total = sum(count for count, _ in self._watched)
        mean = {}
        for name in self._watched[-1][1]:
            seen = [(count, values[name]) for count, values in self._watched if name in values]
            mean[name] = sum(count * value for count, value in seen) / sum(count for count, _ in seen)
        mean["steps_per_second"] = total / (time.perf_counter() - self._began)
        self._watched, self._began = [], time.perf_counter()
        return mean

    @contextlib.contextmanager
    def paused(self):
        """Time that does not count as training."""
        began = time.perf_counter()
        yield
        self._began += time.perf_counter() - began
