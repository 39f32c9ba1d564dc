"""What a run is made of: the game, its trainer and optimizers, and the state that its checkpoints hold."""

import itertools
import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf
from tqdm import tqdm

import graphical_gan
from graphical_gan.common.phase import phase
from graphical_gan.game import Game
from graphical_gan.layers.images import statistics_of_q
from graphical_gan.runs.checkpoints import Checkpoints
from graphical_gan.runs.folder import RunFolder
from graphical_gan.runs.schedule import Schedule
from graphical_gan.settings.knobs import Settings, identity_of, key_settings, read_begun, read_settings
from graphical_gan.training import threads
from graphical_gan.training.optimizers import adams
from graphical_gan.training.precision import compute_in
from graphical_gan.training.recalibration import Recalibration
from graphical_gan.training.strategies import compiles, from_chief, make_strategy
from graphical_gan.training.trainer import NonFiniteError, Trainer, seed_after


class Experiment:
    """A run, before or after any data is read: `loop` trains it, `scoring` scores it.

    Args:
        build: makes the game from the settings and what is known of the data.
        data_spec: the data: at least `image_shape` (H, W, C) and `value_range`, of the networks' images.

    Raises:
        ValueError: if the devices that the settings ask for are missing, or don't divide the batch size.
    """

    def __init__(self, settings: Settings, build: Callable[..., Game], data_spec):
        if settings["deterministic"]:
            tf.config.experimental.enable_op_determinism()
        strategy = make_strategy(settings["strategy"], settings["batch_size"])
        jit = compiles(settings["jit"], strategy)
        self.settings = settings | {"jit": jit}  # written down: it is part of what the draws are a function of
        keras.utils.set_random_seed(settings["seed"])
        with strategy.scope(), compute_in(settings["precision"]):
            self.game = build(settings, data_spec)
        with strategy.scope():
            of_adam = ("learning_rate", "learning_rate_decay", "steps", "precision", "average")
            optimizers = adams(self.game, **{n: settings[n] for n in of_adam})
        of_trainer = ("update", "update_order", "precision", "seed")
        self.trainer = Trainer(self.game, optimizers, **{n: settings[n] for n in of_trainer}, strategy=strategy)
        self.trainer.jit = jit
        self.trainer.repeat_discriminators(settings["discriminator_steps"] or 1)
        # Lists of variables: TensorFlow does not find those of layers that Keras keeps in a dictionary.
        owners = {"model": self.game.model, "factors": self.game.factors} | self.trainer.optimizers
        kept = {name: [v.value for v in owner.variables] for name, owner in owners.items()}
        step, rollbacks, means = self.trainer.step, self.trainer.rollbacks, self.trainer.means
        self._variables = [*itertools.chain(*kept.values()), step, rollbacks, *means.variables]
        kept |= {"step": step, "rollbacks": rollbacks, "means": means}
        self.state = tf.train.Checkpoint(**kept)
        # Before 0.2.0 there were no statistics for latents of q; they are set anew before each use.
        later = {id(v) for v in statistics_of_q(self.game.model)}
        kept["model"] = [v.value for v in self.game.model.variables if id(v) not in later]
        self._older_state = tf.train.Checkpoint(**kept)
        self.schedule = Schedule.of(settings)
        self.recalibrate = Recalibration(self.game.model)

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
        found, damaged = self.read(checkpoints(path))
        for bad, reason in damaged:
            tqdm.write(f"The checkpoint {bad} {reason}; the one before it is used.", file=sys.stderr)
        return found is not None, [bad for bad, _ in damaged]

    def read(self, kept: Checkpoints) -> tuple[pathlib.Path | None, list[tuple[pathlib.Path, str]]]:
        """As `Checkpoints.restore`, of checkpoints of this version and of those before."""
        try:
            return kept.restore(self.state)
        except ValueError as error:
            try:
                return kept.restore(self._older_state)
            except ValueError:
                raise error from None

    def start_from(self, path: pathlib.Path) -> pathlib.Path:
        """Takes the weights and statistics of both players from another run; neither its step nor its optimizers.

        Returns:
            The checkpoint that they are from.

        Raises:
            ValueError: if there is no run, or it is of other networks.
        """
        theirs, ours = read_settings(path), self.settings
        if theirs["model"] != ours["model"]:
            raise ValueError(
                f"--start_from={path} is a run of --model={theirs['model']}; expected --model={ours['model']}, as this "
                "one. Name another run."
            )
        owners = {"model": self.game.model, "factors": self.game.factors}
        return checkpoints(path).read_lists({n: [v.value for v in owner.variables] for n, owner in owners.items()})

    def share(self) -> None:
        """Gives all processes of the run the state of its chief, which alone reads the checkpoints."""
        values = from_chief(self.trainer.strategy, self._variables)
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)

    def check_finite(self) -> None:
        """Refuses to go on with a state that has numbers which are not finite, although no cost was seen that is not.

        Raises:
            NonFiniteError: if it has; nothing is kept of it.
        """
        floats = [v for v in self._variables if v.dtype.is_floating]
        bad = [v.name for v in floats if not tf.reduce_all(tf.math.is_finite(v))]
        if bad:
            raise NonFiniteError(f"step {self.step - 1}: {len(bad)} tensors are not finite then: {', '.join(bad[:5])}")

    def save(self, folder: RunFolder) -> None:
        """Writes a checkpoint, after the rows that lead to it.

        Raises:
            NonFiniteError: as `check_finite`; a checkpoint is a place to go back to.
        """
        self.check_finite()
        folder.sync()
        checkpoints(folder.path).save(self.state, self.step, folder.count_rows())

    def minibatches(self, dataset) -> Iterator[dict[str, tf.Tensor]]:
        """Those from this step on, made while steps run: in the order of another seed after each rollback."""
        seed = seed_after(self.settings["seed"], int(self.trainer.rollbacks))
        start = len(self.trainer.moves) * self.step
        return iter(dataset.minibatches(self.settings["batch_size"], seed, start).prefetch(2))

    def protocol(self, split: str) -> dict[str, Any]:
        """What belongs beside every number of a row."""
        row = {"step": self.step, "split": split} | key_settings(self.settings)
        return row | {"rollbacks": int(self.trainer.rollbacks), "version": graphical_gan.__version__}


def checkpoints(path: pathlib.Path) -> Checkpoints:
    """The checkpoints of the run in a folder."""
    return Checkpoints(path / "checkpoints", run=identity_of(path))


def built(settings: Settings, build: Callable[..., Game], data_spec, path: pathlib.Path) -> Experiment:
    """The experiment of a run, with as many threads as the run in its folder began with, or a word on that."""
    if said := threads.keep(read_begun(path).get("threads"), settings["deterministic"]):
        print(said)
    with phase("Builds the networks"):
        return Experiment(settings, build, data_spec)
