"""A figure of the paper from a finished run, into the run folder and TensorBoard.

python -m graphical_gan.figures tsne RUN
python -m graphical_gan.figures all RUN
python -m graphical_gan.figures beside RUN RUN RUN

Of a model of images: components, reconstructions, tsne, parallelogram. Of a model of clips: samples, reconstructions,
analogy, long. `beside` shows the samples of several runs, of different models or K, and is kept with the first.
"""

from absl import flags

from graphical_gan import pictures, runs
from graphical_gan.common.choices import chosen
from graphical_gan.runs import reopen
from graphical_gan.runs.lock import locked
from graphical_gan.settings import command_line

command_line.define(reopen.WHERE)
SEED = flags.DEFINE_integer(
    "seed", 0, "seed of the noise, of the choice of images, and of t-SNE", lower_bound=0, upper_bound=2**31 - 1
)


def main(argv: list[str]) -> None:
    with command_line.user_errors():
        name, paths = _arguments(argv)
        opened = [reopen.settings_of(path, command_line.given(reopen.WHERE)) for path in paths]
        names, *others = (list(program.figures) for program, _ in opened)  # the first shows samples
        if not names or any(settings["dataset"] == "table" for _, settings in opened):
            raise ValueError(f"{paths[0]} is a run on vectors; expected runs on images or clips. Look at its pictures.")
        if any(other != names for other in others):
            raise ValueError("Some of the runs are of images, others of clips. Name runs of one kind.")
        if name not in (*names, "all", "beside"):
            raise ValueError(f"{name} is no figure of {paths[0]}; it has {', '.join(names)}, all and beside. Name one.")
        for path in paths:
            reopen.check_finished(path)

    command_line.load_tensorflow()
    drawn = names if name == "all" else names[:1] if name == "beside" else (name,)
    with command_line.user_errors(), locked(paths[0]):  # which the pictures are kept with
        found = [_draw(path, *of, drawn) for path, of in zip(paths, opened, strict=True)]
        titles, steps, drawings = zip(*found, strict=True)
        shown = dict(zip(drawn, drawings[0], strict=True))
        if name == "beside":
            rows = [(title, *p) for title, p in zip(titles, drawings, strict=True)]
            shown = {name: pictures.charts.titled(rows)}
        _keep(paths[0], *opened[0], steps[0], shown)


def _draw(path, program, settings, names):
    """The title of a run where it stands beside others, its step, and its figures."""
    run, dataset, study = reopen.open_run(path, program, settings)
    runs.scoring.recalibrate(run, dataset)
    drawn = [chosen(program.figures, figure=name)(study, SEED.value) for name in names]
    return _title(settings, run.step, run.game.model.discrete), run.step, drawn


def _keep(path, program, settings, step, shown):
    """Writes pictures into the folder of a run, and for TensorBoard."""
    folder = runs.folder.RunFolder(path, program.name, settings)
    for name, picture in shown.items():
        folder.picture(step, f"figure-{name}", picture)
        print(path / "pictures" / f"figure-{name}-{step:07d}.png")


def _arguments(argv):
    if len(argv) < 3:
        raise ValueError("A figure and a run are expected: figures NAME RUN. See --help.")
    if argv[1] != "beside" and len(argv) > 3:
        raise ValueError(f"{argv[1]} is a figure of one run, and {len(argv) - 2} are given. Name one, or beside.")
    return argv[1], [command_line.argument_path(path) for path in argv[2:]]


def _title(settings, step, discrete):
    """The model, the data, and the size that tells it from others: T, or K where there are components."""
    sizes = [f"{n} = {settings[n]}" for n in ("K", "T") if n in settings and (n == "T" or discrete)]
    return ", ".join([f"{settings['model']} on {settings['dataset']}", *sizes, f"{step:,} steps"])


if __name__ == "__main__":
    command_line.run(main)
