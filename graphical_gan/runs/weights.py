"""Scores a run with other weights than its last: the best on validation data, or their exponential average.

GANs of this size decay, so the last weights need not be the best ones. The average is of all that the model owns, so
that generator, extractor and mixture means stay a match for one another; the optimizer keeps it
(`training.optimizers`).
"""

import contextlib
import pathlib
from collections.abc import Iterator

from graphical_gan.runs.checkpoints import Checkpoints
from graphical_gan.runs.experiment import checkpoints
from graphical_gan.settings.knobs import identity_of
from graphical_gan.training.gradients import PLAYERS

LOWER_IS_BETTER = ("mse", "analogy_mse", "error")


def best_checkpoints(path: pathlib.Path) -> Checkpoints:
    """Those of the run in a folder that were the best when they were written; the newest is the best of all."""
    return Checkpoints(path / "best", keep=1, run=identity_of(path))


def kept_steps(path: pathlib.Path, kind: str) -> list[int]:
    """The steps of the checkpoints with weights of a kind, in the folder of a run."""
    return (best_checkpoints(path) if kind == "best" else checkpoints(path)).steps()


def check_still(path: pathlib.Path, kind: str, before: list[int]) -> None:
    """Refuses to go on with weights of a run that others have replaced meanwhile.

    Args:
        before: `kept_steps` when they were read.

    Raises:
        ValueError: if these are others now.
    """
    if kept_steps(path, kind) != before:
        raise ValueError(
            f"{path} went on while it was scored; expected a run that stays where it is, as scores of a later step may "
            "be there now. Nothing was written. Give the same command again."
        )


def best_step(values: dict[int, float], metric: str) -> int:
    """The step of the best value of a score, the earliest of equal ones."""
    return (min if metric in LOWER_IS_BETTER else max)(values, key=values.get)


@contextlib.contextmanager
def using(run, kind: str, path: pathlib.Path) -> Iterator[None]:
    """Gives a run weights of another kind for a while; its statistics of batch normalisation are those from before.

    Args:
        run: the `experiment.Experiment`, at its last step.

    Raises:
        ValueError: if the run has none of that kind.
    """
    model = run.game.model
    if kind == "last":
        yield
    elif kind == "best":
        best = best_checkpoints(path)
        if not best.paths():
            raise ValueError(f"{path} has no best weights. They are kept with --keep_best, from the next step on.")
        try:
            run.read(best)
            yield
        finally:
            run.restore(path)
    else:
        if run.settings["average"] is None:
            raise ValueError(f"{path} has no averaged weights. Train a new run with --average=0.999 or the like.")
        last = [v.numpy() for v in model.trainable_variables]
        run.trainer.optimizers[PLAYERS].finalize_variable_values(model.trainable_variables)
        try:
            yield
        finally:
            for variable, value in zip(model.trainable_variables, last, strict=True):
                variable.assign(value)
