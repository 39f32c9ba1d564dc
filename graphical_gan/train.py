"""What both training commands do: check the flags, then build, train, evaluate and export."""

import contextlib
import pathlib
import sys

from absl import flags

from graphical_gan import runs, training
from graphical_gan.common.files import check_place
from graphical_gan.common.phase import phase
from graphical_gan.runs.programs import PROGRAMS, Program
from graphical_gan.runs.signals import EXIT_STATUS, Interrupted, Signals
from graphical_gan.settings import command_line, knobs, of_data

DRY_RUN = flags.DEFINE_boolean("dry_run", False, "print settings, graphs, factors and parameter counts, and stop")


def main(program: Program) -> None:
    """The command that trains the instance of a program: its knobs are flags."""
    command_line.define(program.recipe.knobs)
    command_line.run(lambda argv: train(program, argv), program.recipe)


def train(program: Program, argv: list[str]) -> None:
    """Trains the instance of a program with the flags that the user gave."""
    with command_line.user_errors():
        if argv[1:]:
            raise ValueError(f"{' '.join(argv[1:])!r} is not a flag; values are given as --name=value. See --help.")
        given = command_line.given(program.recipe.knobs)
        _check_program(program, given)
        path = pathlib.Path(given.get("run_dir") or knobs.default_path(program.recipe, given)).absolute()
        settings = program.recipe.resolve_in(path, given)
        data_spec = program.check(settings)
        if settings["strategy"] != "multi_worker":  # where the chief alone writes
            check_place(path, "--run_dir")
        recipe, holdout = of_data.said_of_recipe(settings, given), of_data.said_of_holdout(settings, data_spec)
        for said in filter(None, (data_spec.found, recipe, holdout)):
            print(said)
        print(knobs.flag_lines(settings))

    with Signals() as signals, contextlib.suppress(Interrupted):
        _run(program, settings, data_spec, path, signals)
    if signals.received:
        print("Stopped. The same command goes on.", file=sys.stderr)
        sys.exit(EXIT_STATUS[signals.received])


def _check_program(program, given):
    """Names the other command for a data set or a model that is the other's."""
    for other in PROGRAMS.values():
        knobs_of = {k.name: k.allowed or () for k in other.recipe.knobs}
        for name in ("dataset", "model"):
            allowed = next(k.allowed for k in program.recipe.knobs if k.name == name)
            if given.get(name) in knobs_of[name] and given[name] not in allowed:
                raise ValueError(f"--{name}={given[name]} belongs to train_{other.name}.py. Use that command.")


def _run(program, settings, data_spec, path, signals):
    """Builds the game, and trains, evaluates and exports it in its run folder."""
    tf = command_line.load_tensorflow()
    devices = training.strategies
    with command_line.user_errors():
        chief = devices.is_chief(settings["strategy"])
        if chief:
            runs.folder.check_folder(path, settings, program.recipe.knobs)
        size = (settings.get("width") or 1) * (getattr(data_spec, "image_shape", None) or (1,))[0]
        training.threads.choose(size, knobs.read_begun(path).get("threads"))
        run = runs.experiment.built(settings, program.build, data_spec, path)
        if DRY_RUN.value:
            print(runs.description.description(run.game))
            return
        with phase(f"Reads {settings['dataset']}"):
            dataset = program.load(settings)
        of_data.check_size(settings, len(dataset.train), program.sizes)
        study = program.study(run.game.model, dataset, settings)
        if training.precision.slow_on_cpu(settings["precision"]):
            print(f"--precision={settings['precision']}: slower than float32, as this CPU lacks instructions for it.")
    try:
        opened = _open_folder(path, program, run, dataset.fingerprint) if chief else contextlib.nullcontext()
        with opened as folder:
            runs.loop.train(run, study, folder, signals)
            if not signals.received and chief:
                print(runs.description.table(runs.scoring.finish(run, study, folder)))
                print(f"\nPictures, curves and the SavedModel are in {path}")
            devices.wait_for_all(run.trainer.strategy)  # nobody leaves before the chief has scored
    except OSError as error:
        command_line.fail_of_pipe(error)
        command_line.fail(runs.folder.unwritable(path, error), status=1)
    except FloatingPointError as error:
        command_line.fail(f"{error}.", status=1)
    except tf.errors.OpError:
        if signals.received:  # as a signal is told where TensorFlow calls Python
            return
        if settings["strategy"] != "multi_worker":
            raise
        command_line.fail(
            "Another process of TF_CONFIG is gone; its own message says why. Start the same command on all machines "
            "again: it goes on from the last checkpoint.",
            status=1,
        )


@contextlib.contextmanager
def _open_folder(path, program, run, fingerprint):
    """The run folder, where no other process trains; the run is where it stopped there, if it did."""
    with contextlib.ExitStack() as stack:
        with command_line.user_errors((ValueError,)):
            folder, resumed = stack.enter_context(runs.loop.opened(path, program, run, fingerprint))
        print(f"Run folder: {path}\n\n{runs.description.description(run.game)}\n")
        if resumed:
            print(f"Goes on from step {run.step}.")
        yield folder


if __name__ == "__main__":
    command_line.fail("Nothing is trained by this module. Use train_gmgan.py for images, train_ssgan.py for clips.")
