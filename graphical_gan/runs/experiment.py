"""A run from start to end: builds the game, trains, watches, saves, evaluates and exports it."""

import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf
from tqdm import tqdm

import graphical_gan
from graphical_gan.common.files import write_json
from graphical_gan.engine.randomness import make_stream
from graphical_gan.game.game import Game
from graphical_gan.pictures.grids import save_png
from graphical_gan.runs import description
from graphical_gan.runs.checkpoints import Checkpoints
from graphical_gan.runs.folder import RunFolder
from graphical_gan.runs.pace import Pace
from graphical_gan.runs.schedule import Schedule
from graphical_gan.runs.signals import Signals
from graphical_gan.runs.weights import best_checkpoints, best_step, using
from graphical_gan.settings.knobs import Settings, key_settings
from graphical_gan.training.optimizers import adams
from graphical_gan.training.precision import compute_in
from graphical_gan.training.recalibration import recalibrate, statistics_kept
from graphical_gan.training.strategies import compiles, make_strategy
from graphical_gan.training.trainer import NonFiniteError, Trainer

ROLLBACKS = 3  # of a run, before it stops after all
RECALIBRATION_BATCHES = 20
BAR_SECONDS = 1 if sys.stderr.isatty() else 30


class Experiment:
    """The game of a run with its trainer and checkpoints, before or after any data is read.

    Args:
        settings: of the run (`recipes.resolve`).
        build: makes the game from the settings and what is known of the data.
        about: the data: at least `image_shape` (H, W, C) and `value_range`, of the networks' images.

    Raises:
        ValueError: if the devices that the settings ask for are missing, or don't divide the batch size.
    """

    def __init__(self, settings: Settings, build: Callable[..., Game], about):
        self.settings = settings
        if settings["deterministic"]:
            tf.config.experimental.enable_op_determinism()
        strategy = make_strategy(settings["strategy"], settings["batch_size"])
        keras.utils.set_random_seed(settings["seed"])
        with strategy.scope(), compute_in(settings["precision"]):
            self.game = build(settings, about)
        with strategy.scope():
            names = ("learning_rate", "learning_rate_decay", "steps", "precision", "average")
            optimizers = adams(self.game, **{n: settings[n] for n in names})
        names = ("update", "update_order", "precision", "seed")
        self.trainer = Trainer(self.game, optimizers, **{n: settings[n] for n in names}, strategy=strategy)
        self.trainer.jit = compiles(settings["jit"], strategy)
        # Lists of variables: TensorFlow does not find those of layers that Keras keeps in a dictionary.
        owners = {"model": self.game.model, "factors": self.game.factors} | self.trainer.optimizers
        kept = {name: [v.value for v in owner.variables] for name, owner in owners.items()}
        kept |= {name: getattr(self.trainer, name) for name in ("step", "rollbacks", "means")}
        self.state = tf.train.Checkpoint(**kept)
        self.schedule = Schedule.of(settings)

    @property
    def step(self) -> int:
        """Number of steps done."""
        return int(self.trainer.step)

    def restore(self, path: pathlib.Path) -> tuple[bool, list[pathlib.Path]]:
        """Goes back to the newest whole checkpoint of a run folder; changes nothing there.

        Returns:
            Whether the folder has a checkpoint, and those that are newer but damaged.

        Raises:
            ValueError: if all are damaged, or of another model.
        """
        found, damaged = checkpoints(path).restore(self.state)
        for bad, reason in damaged:
            tqdm.write(f"The checkpoint {bad} {reason}; the one before it is used.", file=sys.stderr)
        return found is not None, [bad for bad, _ in damaged]

    def begin(self, folder: RunFolder) -> bool:
        """Goes on where the run stopped, else begins it: writes down what it trains, and a first checkpoint.

        Returns:
            Whether it goes on.

        Raises:
            ValueError: if the folder has rows, but no checkpoint that they lead to, or as `restore`.
            OSError: if the folder can't be written.
        """
        resumed = self._go_back(folder)
        if folder.has_rows and not resumed:
            raise ValueError(
                f"{folder.path} holds metrics.jsonl but no checkpoint; expected one to go on from. Restore the folder "
                "checkpoints, or start a new run with another --run_dir."
            )
        folder.write_settings()
        if not resumed or self.step < self.schedule.steps:
            folder.unfinish()
        unreadable = folder.forget(self.step if resumed else -1)
        if unreadable:
            tqdm.write(f"{unreadable} damaged lines of metrics.jsonl were dropped.", file=sys.stderr)
        if not resumed:
            model = self.game.model
            folder.text("network.txt", description.description(self.game) + "\n")
            save_png(folder.path / "p.png", description.graph_picture(model.network))
            save_png(folder.path / "q.png", description.graph_picture(model.recognition_graph))
            self.save(folder)  # a disk that is too small is found now, and a rollback always has a place to go to
        elif folder.has_rows:
            self._keep_best(folder)  # killed after its row was written, and before its weights were
        return resumed

    def _go_back(self, folder):
        """As `restore`; damaged checkpoints are set aside."""
        found, damaged = self.restore(folder.path)
        for bad in damaged:
            checkpoints(folder.path).set_aside(bad)
        return found

    def save(self, folder: RunFolder) -> None:
        """Writes a checkpoint, after the rows that lead to it."""
        folder.sync()
        checkpoints(folder.path).save(self.state, self.step)

    def train(self, study, folder: RunFolder, signals: Signals | None = None) -> None:
        """Trains up to --steps from where the run is, or until a signal comes; then the step is saved.

        Args:
            study: of the data and the model, such as `image_study.ImageStudy`.
            folder: of the run, after `begin`.
            signals: that stop it, if there are any.

        Raises:
            NonFiniteError: if a cost or gradient is not finite and --on_nonfinite does not help.
            OSError: if the folder can't be written any more.
        """
        signals = signals or Signals()
        total, pace, minibatches = self.schedule.steps, Pace(), self.minibatches(study.dataset)
        with signals.held(), tqdm(total=total, initial=self.step, unit="step", mininterval=BAR_SECONDS) as bar:
            while self.step < total and not signals.received:
                count = min(pace.call, self.schedule.steps_to_next(self.step))
                try:
                    with pace.training(count):
                        watched = self.trainer.run(minibatches, count)
                except NonFiniteError as error:
                    self._roll_back(folder, error)
                    minibatches = self.minibatches(study.dataset)
                else:
                    self._act(study, folder, watched, pace)
                bar.update(self.step - bar.n)
            if signals.received and not self.schedule.due("save", self.step):
                self.save(folder)

    def minibatches(self, dataset) -> Iterator[dict[str, tf.Tensor]]:
        """Those from this step on, made while steps run: in the order of another seed after each rollback."""
        seed = (self.settings["seed"] + 7919 * int(self.trainer.rollbacks)) % 2**31
        start = len(self.trainer.moves) * self.step
        return iter(dataset.minibatches(self.settings["batch_size"], seed, start).prefetch(2))

    def _act(self, study, folder, watched, pace):
        """What is due after this step."""
        step, schedule = self.step, self.schedule
        if schedule.due("log", step):
            folder.scalars(self.protocol("train"), watched)
            folder.curves(self.protocol("train"), {"steps_per_second": pace.read()})
        if schedule.regular("log", step):
            self.trainer.means.reset()
        if schedule.due("evaluate", step):
            self.look(study, folder)
        if schedule.due("save", step):
            self.save(folder)

    def _roll_back(self, folder, error):
        """Goes back to the last checkpoint and on with other draws, if it may."""
        rollbacks = int(self.trainer.rollbacks) + 1
        if self.settings["on_nonfinite"] == "stop" or rollbacks > ROLLBACKS:
            tried = f" after {ROLLBACKS} rollbacks" if rollbacks > ROLLBACKS else ""
            last = (checkpoints(folder.path).paths() or ["gone"])[-1]
            raise NonFiniteError(f"{error}. The run stops{tried}; the last good checkpoint is {last}") from None
        try:
            if not self._go_back(folder):
                raise ValueError(f"{folder.path} has no checkpoint any more")
        except ValueError as damage:
            raise NonFiniteError(f"{error}. The run can't be rolled back: {damage}") from None
        self.trainer.rollbacks.assign(rollbacks)
        folder.forget(self.step)
        self.save(folder)  # the count, as a run that is stopped and goes on may not roll back more often
        tqdm.write(f"{error}. Rollback {rollbacks} of {ROLLBACKS}: back to step {self.step}, with other draws.")

    def look(self, study, folder: RunFolder) -> None:
        """Pictures, and scores on the validation set; leaves the state of the run as it is."""
        with statistics_kept(self.game.model):
            self.recalibrate(study.dataset)
            self._look(study, folder)
        self._keep_best(folder)

    def _keep_best(self, folder):
        """Keeps these weights if none before did better on the validation data."""
        metric = self.settings["keep_best"]
        if metric is None:
            return
        values = folder.history("validation", metric)
        if values and best_step(values, metric) == self.step:
            self.save(folder)  # the run never goes on from before its best
            best_checkpoints(folder.path).save(self.state, self.step)

    def _look(self, study, folder):
        for name, pixels in study.pictures().items():
            folder.picture(self.step, name, pixels)
        for name, frames in study.animations().items():
            folder.animation(self.step, name, frames)
        scores = study.scores("validation")
        if self.settings["keep_best"] not in (None, *scores):
            tqdm.write(f"--keep_best={self.settings['keep_best']}: the validation data gives no such score.")
        folder.scalars(self.protocol("validation"), scores)
        tqdm.write(f"step {self.step}: {description.one_line(scores)}")
        self._warn(study, scores)

    def finish(self, study, folder: RunFolder) -> dict[str, float]:
        """Scores on the test set, of each kind of weights that the run has; and what the study leaves for others."""
        scores = self.score(study)
        self._warn(study, scores)
        last = self.protocol("test") | {"weights": "last"} | scores
        study.finish(folder.path)
        for kind in self._further(folder):
            with using(self, kind, folder.path):
                write_json(folder.path / f"results-{kind}.json", self.results(study, kind))
        write_json(folder.path / "results.json", last)  # at the very end: it says that the run is finished
        return scores

    def _further(self, folder):
        """The kinds of weights that the run has beside the last; best ones that are damaged are set aside."""
        best = best_checkpoints(folder.path)
        for bad, reason in best.damaged():
            aside = best.set_aside(bad)
            tqdm.write(f"The best weights {bad} {reason}; set aside as {aside.name}, not scored.", file=sys.stderr)
        return ["best"] * bool(best.paths()) + ["average"] * (self.settings["average"] is not None)

    def results(self, study, kind: str, split: str = "test") -> dict[str, Any]:
        """The scores of the weights in use, with their protocol; of the best ones, what they were chosen by."""
        chosen = {"chosen_by": f"{self.settings['keep_best']} on validation data"} if kind == "best" else {}
        return self.protocol(split) | {"weights": kind} | chosen | self.score(study, split)

    def score(self, study, split: str = "test") -> dict[str, float]:
        """Scores on a split."""
        by_batch = study.batch_scores(split)
        self.recalibrate(study.dataset)
        further = study.final_scores() if split == "test" else {}
        return study.scores(split) | by_batch | further

    def _warn(self, study, scores):
        warning = study.warning(scores)
        if warning and self.step > study.patience * self.settings["steps"]:
            tqdm.write(f"step {self.step}: {warning}.")

    def recalibrate(self, dataset) -> None:
        """Sets the statistics of batch normalisation for inference."""
        batches = dataset.minibatches(self.settings["batch_size"], self.settings["seed"]).take(RECALIBRATION_BATCHES)
        stream = make_stream(self.settings["seed"]).at("recalibration")
        recalibrate(self.game.model, batches, stream)

    def protocol(self, split: str) -> dict[str, Any]:
        """What belongs beside every number of a row."""
        row = {"step": self.step, "split": split} | key_settings(self.settings)
        return row | {"rollbacks": int(self.trainer.rollbacks), "version": graphical_gan.__version__}


def checkpoints(path: pathlib.Path) -> Checkpoints:
    """The checkpoints of the run in a folder."""
    return Checkpoints(path / "checkpoints")
