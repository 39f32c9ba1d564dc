"""What a command would train: the steps that are left, and how long they take on this machine, by trying a few."""

import time

import tensorflow as tf

from graphical_gan.paper.rows import Runs
from graphical_gan.runs.experiment import Experiment
from graphical_gan.runs.programs import Program
from graphical_gan.settings.knobs import Settings, run_name

TRIED = 3  # steps, after those that compile


def plan(wanted: list[tuple[Runs, Settings]]) -> str:
    """A line for each run that is left, with its steps and hours, and their sum; nothing is written.

    Args:
        wanted: where each run is looked for, and its settings. Each model is built and tried, on noise for data.
    """
    tf.get_logger().setLevel("ERROR")  # that it compiles many games is meant
    lines, hours, speeds = [], 0.0, {}
    for runs, settings in wanted:
        left = runs.steps_left(settings)
        if not left:
            lines.append(f"{run_name(settings)}: {settings['steps']:,} steps, done")
            continue
        kind = str(settings | {"seed": 0})
        if kind not in speeds:
            speeds[kind] = seconds_a_step(runs.program, settings)
        hours += left * speeds[kind] / 3600
        lines.append(
            f"{run_name(settings)}: {left:,} of {settings['steps']:,} steps, {left * speeds[kind] / 3600:,.2f} hours "
            f"at {1 / speeds[kind]:.2f} steps a second"
        )
    return "\n".join(
        [*lines, f"In all {hours:,.1f} hours of training on this machine; scores and pictures come on top."]
    )


def seconds_a_step(program: Program, settings: Settings) -> float:
    """How long a step of a run takes on this machine as it is now; the data is not needed."""
    data_spec = program.describe(settings)
    run = Experiment(settings, program.build, data_spec)
    minibatches = iter(tf.data.Dataset.from_tensors(_noise(settings, data_spec)).repeat())
    run.trainer.run(minibatches, 2)  # which compiles; the first may leave a player out
    began = time.perf_counter()
    run.trainer.run(minibatches, TRIED)
    return (time.perf_counter() - began) / TRIED


def _noise(settings, data_spec):
    """A minibatch of the shapes that the data has."""
    batch, frames = settings["batch_size"], [settings["T"]] if "T" in settings else []
    made = {"x": tf.random.stateless_uniform([batch, *frames, *data_spec.image_shape], [0, 0])}
    if getattr(data_spec, "conditioned", False):
        made["y"] = tf.one_hot(tf.range(batch) % data_spec.classes, data_spec.classes)
    if settings.get("labels"):
        made["k"] = tf.fill([batch, settings["K"]], float("nan"))
    return made
