"""What a training step waits for and computes, as TensorFlow's profiler sees it.

    python -m benchmarks.profile --dataset=mnist --data_dir=FOLDER ...     flags of train_gmgan.py

The steps are those of training, its input pipeline included, on a CPU and without XLA.
"""

import collections
import pathlib
import re
import tempfile
import time
from collections.abc import Iterator

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from graphical_gan.runs import programs
from graphical_gan.runs.experiment import Experiment
from graphical_gan.settings import command_line
from graphical_gan.training.trainer import Trainer

WARM, STEPS = 5, 20  # steps before, and steps that are timed, and then profiled
SHOWN = 12  # kinds of operations
WAITING, MAKING = "IteratorGetNextOp::DoCompute", "PrefetchProduce"
OPERATION = re.compile(r"[^:]+:(\w+)")  # name and kind; other events have no colon, or two


def events(trainer: Trainer, minibatches, steps: int) -> Iterator[tuple[str, float]]:
    """Name and seconds of all that the profiler records in some steps, of all threads and devices."""
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder, tf.profiler.experimental.ProfilerOptions(host_tracer_level=3)):
            trainer.run(minibatches, steps)
        (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                yield plane.event_metadata[event.metadata_id].name, event.duration_ps / 1e12


def record(trainer: Trainer, minibatches) -> dict[str, float]:
    """Seconds of what the profiler recorded in some steps, by name."""
    recorded = collections.Counter()
    for name, seconds in events(trainer, minibatches, STEPS):
        recorded[name] += seconds
    return recorded


def by_kind(recorded: dict[str, float]) -> collections.Counter:
    """Seconds of operations by kind, such as Conv2D."""
    kinds = collections.Counter()
    for name, seconds in recorded.items():
        if operation := OPERATION.fullmatch(name):
            kinds[operation[1]] += seconds
    return kinds


def main(argv: list[str]) -> None:
    """Prints how long a step takes and waits, and a table of its operations."""
    program = programs.GMGAN
    with command_line.user_errors():
        settings = program.recipe.resolve(command_line.given(program.recipe.knobs))
        run = Experiment(settings, program.build, program.check(settings))
        minibatches = run.minibatches(program.load(settings))
    run.trainer.run(minibatches, WARM)
    began = time.perf_counter()
    run.trainer.run(minibatches, STEPS)
    seconds = time.perf_counter() - began
    recorded = record(run.trainer, minibatches)
    step, waits, makes = (1000 * s / STEPS for s in (seconds, recorded[WAITING], recorded[MAKING]))
    print(f"A step takes {step:.1f} ms. It waits {waits:.2f} ms for data, which others make in {makes:.2f} ms.\n")
    kinds = by_kind(recorded)
    print("| operation | ms a step | share of all |\n|---|---|---|")
    for kind, time_of_kind in kinds.most_common(SHOWN):
        print(f"| {kind} | {1000 * time_of_kind / STEPS:.2f} | {time_of_kind / kinds.total():.1%} |")


if __name__ == "__main__":
    command_line.define(programs.GMGAN.recipe.knobs)
    command_line.run(main)
