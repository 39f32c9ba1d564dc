"""A run from start to end: builds the game, trains, watches, saves, evaluates and exports it."""

import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

import graphical_gan
from graphical_gan import evaluation, report
from graphical_gan.export import export
from graphical_gan.factors import Game
from graphical_gan.projector import write_projector
from graphical_gan.randomness import make_stream
from graphical_gan.recalibration import recalibrate
from graphical_gan.run_folder import RunFolder, write_json
from graphical_gan.summaries import save_png
from graphical_gan.training import NonFiniteError, Trainer

CALL = 20  # most steps inside one call, so that the progress bar moves
RECALIBRATION_BATCHES = 20
PROJECTED = 1000  # held-out images in TensorBoard's projector


class Experiment:
    """The game of a run with its trainer and checkpoints, before or after any data is read.

    Args:
        settings: of the run (`recipes.resolve`).
        build: makes the game from settings, image shape and value range.
        image_shape: (H, W, C).
        value_range: of the networks' images.

    Raises:
        ValueError: if the replicas don't divide the batch size.
    """

    def __init__(self, settings: dict[str, Any], build: Callable[..., Game], image_shape, value_range):
        self.settings, self.image_shape, self.value_range = settings, image_shape, value_range
        strategy = make_strategy(settings["batch_size"])
        keras.utils.set_random_seed(settings["seed"])
        with strategy.scope():
            self.game = build(settings, image_shape, value_range)
            self.game.create_variables()
        names = ("learning_rate", "update_order", "seed")
        self.trainer = Trainer(self.game, **{n: settings[n] for n in names}, strategy=strategy)
        self.checkpoint = tf.train.Checkpoint(**self.game._asdict(), **self.trainer.optimizers, step=self.trainer.step)

    @property
    def step(self) -> int:
        """Number of steps done."""
        return int(self.trainer.step)

    def restore(self, path: pathlib.Path) -> bool:
        """Goes back to the last checkpoint of a run folder, if it has one."""
        last = tf.train.latest_checkpoint(str(path / "checkpoints"))
        if last:
            self.checkpoint.restore(last).assert_consumed()
        return last is not None

    def introduce(self, folder: RunFolder) -> None:
        """Writes down what the run trains."""
        model = self.game.model
        folder.text("network.txt", report.description(self.game) + "\n")
        save_png(folder.path / "p.png", report.graph_picture(model.network))
        save_png(folder.path / "q.png", report.graph_picture(model.recognition_graph))

    def train(self, dataset, folder: RunFolder) -> None:
        """Trains up to --steps, from the last checkpoint of the folder on if there is one.

        Args:
            dataset: of `data.load`.
            folder: of the run.

        Raises:
            NonFiniteError: if a cost or gradient is not finite; the last checkpoint is from before.
        """
        manager = tf.train.CheckpointManager(self.checkpoint, str(folder.path / "checkpoints"), max_to_keep=2)
        if self.restore(folder.path):
            print(f"Goes on from step {self.step}.")
        folder.truncate(self.step)
        settings = self.settings
        steps, log, evaluate, save = (settings[n] for n in ("steps", "log_every", "evaluate_every", "save_every"))
        minibatches = iter(dataset.minibatches(settings["batch_size"], settings["seed"], start=2 * self.step))
        watched, since = [], time.perf_counter()
        bar = tqdm(total=steps, initial=self.step, unit="step", mininterval=1 if sys.stderr.isatty() else 30)
        try:
            while self.step < steps:
                count = min([CALL, steps - self.step] + [every - self.step % every for every in (log, evaluate, save)])
                watched.append((count, self.trainer.run(minibatches, count)))
                bar.update(count)
                if self.step % log == 0:
                    mean = _mean(watched)
                    mean["steps_per_second"] = sum(n for n, _ in watched) / (time.perf_counter() - since)
                    folder.scalars(self.protocol("train"), mean)
                    watched = []
                if self.step % evaluate == 0 or self.step == steps:
                    self.look(dataset, folder)
                if self.step % save == 0 or self.step == steps:
                    manager.save(self.step)
                if not watched:
                    since = time.perf_counter()  # evaluation does not count as training
        except KeyboardInterrupt:
            manager.save(self.step)
            raise
        except NonFiniteError as error:
            last = manager.latest_checkpoint
            raise NonFiniteError(f"{error}. The last good checkpoint is {last or 'none: it is too early'}.") from None
        finally:
            bar.close()

    def look(self, dataset, folder: RunFolder) -> None:
        """Pictures, and scores on the validation set."""
        self.recalibrate(dataset)
        model, K = self.game.model, self.settings["K"]
        held_out = dataset.validation if len(dataset.validation) else dataset.train
        for name, pixels in report.pictures(model, dataset, held_out.images, K).items():
            folder.picture(self.step, name, pixels)
        if len(dataset.validation):
            scores = evaluation.evaluate(model, dataset, "validation", K)
            folder.scalars(self.protocol("validation"), scores)
            tqdm.write(f"step {self.step}: {report.one_line(scores)}")
            if model.discrete and scores["live_clusters"] < K / 3 and self.step > self.settings["steps"] / 2:
                tqdm.write(
                    f"step {self.step}: the mixture has collapsed: {scores['live_clusters']} of K={K} clusters are live."
                )

    def finish(self, dataset, folder: RunFolder) -> dict[str, float]:
        """Scores on the test set, the SavedModel, and the embedding projector."""
        scores = self.score(dataset)
        write_json(folder.path / "results.json", self.protocol("test") | scores)
        export(self.game.model, self.image_shape, self.value_range, folder.path / "saved_model")
        examples = dataset.test
        found = evaluation.infer(self.game.model, examples.images[:PROJECTED], dataset)
        metadata = {} if examples.labels is None else {"label": examples.labels[:PROJECTED]}
        metadata |= {f"cluster_{n}": found[f"{n}_logits"].argmax(-1) for n in self.game.model.discrete}
        metadata = metadata or {"number": np.arange(len(found["h"]))}
        write_projector(folder.path / "tensorboard", "h", found["h"], examples.images[:PROJECTED], metadata)
        return scores

    def score(self, dataset, split: str = "test") -> dict[str, float]:
        """Scores on a split; with batch normalisation also the released code's accuracy, by test batch."""
        model, K = self.game.model, self.settings["K"]
        by_batch = {}
        if self.settings["batch_norm"] and model.discrete:
            by_batch = evaluation.batch_statistics_accuracy(model, dataset, split, self.settings["batch_size"])
        self.recalibrate(dataset)
        return evaluation.evaluate(model, dataset, split, K) | by_batch

    def recalibrate(self, dataset) -> None:
        """Sets the statistics of batch normalisation for inference."""
        batches = dataset.minibatches(self.settings["batch_size"], self.settings["seed"]).take(RECALIBRATION_BATCHES)
        stream = make_stream(self.settings["seed"]).at("recalibration")
        recalibrate(self.game.model, [{"x": batch["x"]} for batch in batches], stream)

    def protocol(self, split: str) -> dict[str, Any]:
        """What belongs beside every number of a row."""
        names = ("dataset", "model", "recipe", "K", "seed")
        row = {"step": self.step, "split": split} | {n: self.settings[n] for n in names}
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


def _mean(watched):
    total = sum(count for count, _ in watched)
    return {name: sum(count * values[name] for count, values in watched) / total for name in watched[-1][1]}
