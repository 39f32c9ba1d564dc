"""The paper's tables beside what is measured here, and its figures: trains what is missing, and goes on if killed.

python -m graphical_gan.reproduce table1
python -m graphical_gan.reproduce table1 --dataset=mnist --steps=5000 --seeds=0,1,2
python -m graphical_gan.reproduce table7 --data_dir=FOLDER
python -m graphical_gan.reproduce figures --dataset=mnist --steps=5000 --clips=moving_digits
python -m graphical_gan.reproduce table1 --steps=5000 --seeds=3,4 --out=HERE --merge=results-of-another-machine.jsonl

Table 1 has accuracies and errors on MNIST and Inception Scores on CIFAR10; --dataset measures all on one data set.
Every flag of train_gmgan.py but --model, --seed, --run_dir and --start_from is one here too, and holds for all runs.
For figures those of train_ssgan.py are too, such as --T, and --clips names the data set of clips. --dry_run says what
would be trained. Runs of a table keep their best weights by --keep_best=mse, if no other score is given and images are
held out. Figures are of one seed, and in the folders of their runs.
"""

import pathlib
import signal
import sys
from typing import NamedTuple

from absl import flags

from graphical_gan import data, paper
from graphical_gan.common.files import local_path
from graphical_gan.fidelity.scoring import SampleScoring
from graphical_gan.paper import numbers
from graphical_gan.runs.programs import GMGAN, SSGAN
from graphical_gan.settings import command_line

_OWN = ("model", "seed", "run_dir", "start_from")  # not for the user to say
CLIP_KNOBS = [knob for knob in SSGAN.recipe.knobs if knob.name not in (*_OWN, "dataset")]
# Which structure q has is a choice of SSGAN's here: of the models of images here it is one of none.
KNOBS = [knob for knob in GMGAN.recipe.knobs if knob.name not in (*_OWN, "recognition")]
_OF_CLIPS_ALONE = [knob for knob in CLIP_KNOBS if knob.name not in {k.name for k in KNOBS}]
command_line.define(KNOBS + _OF_CLIPS_ALONE)
SEEDS = flags.DEFINE_list(
    "seeds", None, "seeds of the runs; by default as many as the paper's for a table, 0 for figures"
)
_MEASURED = [name for name, row in numbers.ROWS.items() if row.model or row.mixture]
LINES = flags.DEFINE_multi_enum(
    "row", _MEASURED, _MEASURED, "row of the table, may be given more than once; by default all"
)
OUT = command_line.define_path("out", None, "folder of the table; by default below ~/graphical-gan/tables")
RUNS = command_line.define_path(
    "runs", None, "folder of runs to reuse and of new ones; by default OUT/runs, or ~/graphical-gan/figures"
)
CLIPS = flags.DEFINE_enum(
    "clips",
    "moving_digits",
    ("moving_digits", "turning_chairs", "moving_mnist", "chairs", "none"),
    "data set of the figures of clips; none draws those of images alone",
)
DRY_RUN = flags.DEFINE_boolean("dry_run", False, "list what would be trained, with steps and hours, and stop")
MERGE = flags.DEFINE_list("merge", [], "files results.jsonl of other machines, whose rows are taken too")
NETWORK = flags.DEFINE_string(
    "network", "classifier", "features for IS and FID, as of evaluate_samples; none leaves these scores out"
)
COUNT = flags.DEFINE_integer("count", None, "number of samples for IS and FID, as of evaluate_samples", lower_bound=2)
CACHE = command_line.define_path(
    "cache_dir", None, "folder of classifiers and statistics; by default ~/.cache/graphical-gan"
)


MODELS = ("gan-g", "gmgan-g", "gmgan-l")  # whose figures the paper shows
TABLES_ONLY = ("out", "row", "merge", "network", "count", "cache_dir")
FIGURES_ONLY = ("clips", *(knob.name for knob in _OF_CLIPS_ALONE))


def main(argv: list[str]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a run in progress is told too
    try:
        with command_line.user_errors():
            name = _name(argv)
            if name == "figures":
                _figures({"dataset": "mnist"} | command_line.given(KNOBS))
            else:
                _table(name, numbers.TABLES[name], command_line.given(KNOBS))
    except KeyboardInterrupt:
        print("Stopped. The same command goes on.", file=sys.stderr)
        sys.exit(130)


def _table(name, table, given):
    """Makes the rows of a table, of the last weights and of the best by validation, and writes it."""
    if "dataset" in given:
        table = table.on(given["dataset"])
    parts = [_part(table, dataset, given) for dataset in table.datasets]

    out = pathlib.Path(OUT.value or local_path(f"~/graphical-gan/tables/{'-'.join([name, *table.datasets])}", "HOME"))
    paper.table.check_place(out)
    runs = paper.rows.Runs(pathlib.Path(RUNS.value or out / "runs"))
    log = paper.results_log.ResultsLog(out / "results.jsonl")
    for file in MERGE.value:
        print(f"{log.merge(pathlib.Path(local_path(file, '--merge')))} new rows from {file}")
    for part in parts:
        _check(part, log, load=len(parts) > 1 and not DRY_RUN.value)
    if DRY_RUN.value:
        new = [(row, settings) for part in parts for row, settings in part.wanted if numbers.ROWS[row].model]
        return _plan([(runs, settings) for row, settings in new if not paper.rows.known_rows(row, settings, log)])
    rows = []
    for part in parts:
        for row, settings in part.wanted:
            rows += _rows(row, settings, runs, log, part.scoring)
            paper.table.write_table(out, table, rows)  # after each row, so that a killed one leaves a table too
    print((out / "table.md").read_text() + f"\nThe table and {log.path.name} are in {out}")
    return None


class _Part(NamedTuple):
    """What is measured on one data set: the settings of each row and seed, and how samples are scored, if they are."""

    wanted: list
    scoring: SampleScoring | None


def _part(table, dataset, given):
    columns = [column for column in table.columns if column.dataset == dataset]
    given = {"dataset": dataset} | given
    if GMGAN.describe(_settings(None, 0, given)).validation_examples:
        given = {"keep_best": "mse"} | given
    lines = [row for row in numbers.measured(table, dataset) if row in LINES.value]
    seeds = _seeds(",".join(map(str, range(max(column.runs for column in columns)))))
    wanted = [(row, _settings(numbers.ROWS[row].model, seed, given)) for seed in seeds for row in lines]
    samples = NETWORK.value != "none" and any(column.metric == "is" for column in columns) and wanted
    return _Part(
        wanted, SampleScoring(GMGAN, wanted[0][1], NETWORK.value, COUNT.value, cache=CACHE.value) if samples else None
    )


def _rows(name, settings, runs, log, scoring):
    """The rows of one seed of a row of the table."""
    row = numbers.ROWS[name]
    if row.mixture:
        return paper.rows.mixture_rows(name, settings, log, row.mixture)
    found = paper.rows.trained_rows(name, settings, runs, log)
    return found + (paper.rows.sample_rows(name, settings, runs, log, scoring) if scoring else [])


def _check(part, log, load):
    """Refuses, before anything is trained, what would fail later; what the log knows needs no data and no network."""
    trained = [(row, settings) for row, settings in part.wanted if numbers.ROWS[row].model]
    new = [settings for row, settings in trained if not paper.rows.known_rows(row, settings, log)]
    for settings in new:
        GMGAN.check(settings)
    if new and load:
        GMGAN.load(new[0])  # else the data set that is missing would be found out after days of training on another
    if part.scoring and not all(
        paper.rows.known_rows(row, settings, log, part.scoring.request) for row, settings in trained
    ):
        part.scoring.check()


def _name(argv):
    if len(argv) != 2 or argv[1] not in (*numbers.TABLES, "figures"):
        known = ", ".join([*numbers.TABLES, "figures"])
        raise ValueError(f"{' '.join(argv[1:])!r} can't be reproduced; expected one of {known}. See --help.")
    idle = next((n for n in (TABLES_ONLY if argv[1] == "figures" else FIGURES_ONLY) if flags.FLAGS[n].present), None)
    if idle:
        raise ValueError(f"--{idle} has no effect on {argv[1]}. Leave it out.")
    return argv[1]


def _figures(given):
    """All figures of the three models of images and of SSGAN-L, and the models of a kind beside one another."""
    seed, *others = _seeds("0")
    if others:
        raise ValueError(f"--seeds={','.join(SEEDS.value)} are several; figures are of one seed. Name one.")
    folder = pathlib.Path(RUNS.value or local_path("~/graphical-gan/figures", "HOME"))
    wanted = [(GMGAN, [_settings(model, seed, given) for model in MODELS])]
    if CLIPS.value != "none":
        wanted.append((SSGAN, _of_clips(seed, given | command_line.given(_OF_CLIPS_ALONE))))
    elif idle := command_line.given(_OF_CLIPS_ALONE):
        raise ValueError(f"--{next(iter(idle))} has no effect with --clips=none. Leave one of them out.")
    for program, settings in wanted:
        for of_run in settings:
            program.check(of_run)  # of all, before any is trained
    kinds = [(paper.rows.Runs(folder, program), settings) for program, settings in wanted]
    if DRY_RUN.value:
        return _plan([(runs, of_run) for runs, settings in kinds for of_run in settings])
    for runs, settings in kinds:
        done = [str(runs.finished(of_run)) for of_run in settings]
        drawn = done if runs.program is GMGAN else done[:1]
        where = [f"--{n}={settings[0][n]}" for n in ("data_dir", "manual_dir") if settings[0][n]]
        for arguments in [*(("all", run) for run in drawn), ("beside", *done)]:
            if paper.rows.run_command("-m", "graphical_gan.figures", *arguments, *where):
                raise ValueError(f"figures {' '.join(arguments)} failed; its message is above.")
    return None


def _of_clips(seed, given):
    """Settings of the four models of clips: all that was given and has an effect on clips."""
    models = next(knob.allowed for knob in SSGAN.recipe.knobs if knob.name == "model")
    reads, places = data.CLIP_DESCRIPTIONS[CLIPS.value].reads, {"data_dir", "manual_dir", "image_size"}
    names = {knob.name for knob in CLIP_KNOBS} - (places - set(reads))
    given = {n: v for n, v in given.items() if n in names}
    return [
        SSGAN.recipe.resolve(_fitting(CLIP_KNOBS, model, seed, given | {"dataset": CLIPS.value})) for model in models
    ]


def _plan(wanted):
    command_line.load_tensorflow()
    print(paper.plan.plan(wanted))


def _seeds(default):
    seeds = SEEDS.value or default.split(",")
    if not all(seed.isdecimal() for seed in seeds):
        raise ValueError(f"--seeds={','.join(seeds)} are no seeds; expected numbers such as 0,1,2. Give such numbers.")
    return [int(seed) for seed in dict.fromkeys(seeds)]


def _settings(model, seed, given):
    """Settings of a run on images."""
    return GMGAN.recipe.resolve(_fitting(KNOBS, model or "gan-g", seed, given))


def _fitting(knobs, model, seed, given):
    """What was given, and the model; a flag that has no effect with it is left to the models where it has one."""
    own = {"model": model, "seed": seed}
    idle = {k.name for k in knobs if k.idle_under(own) or model not in k.only.get("model", (model,))}
    return {n: v for n, v in given.items() if n not in idle} | own


if __name__ == "__main__":
    command_line.run(main)
