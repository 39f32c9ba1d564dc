"""The rows of a table: found in the log, scored from finished runs, or trained now."""

import ctypes
import pathlib
import signal
import subprocess
import sys
from collections.abc import Iterable
from typing import NamedTuple

import graphical_gan
from graphical_gan import paper
from graphical_gan.common.files import read_rows
from graphical_gan.paper.results_log import ResultsLog
from graphical_gan.runs import reopen
from graphical_gan.runs.lock import locked
from graphical_gan.runs.programs import GMGAN, Program
from graphical_gan.settings import knobs
from graphical_gan.settings.knobs import Settings

SCRIPTS = pathlib.Path(__file__).parents[2]  # of training: beside the package, in a checkout and installed
_MIXTURE = ("dataset", "manual_dir", "image_size", "crop", "holdout", "K", "seed")  # all that a mixture of pixels knows
_LIBRARY, _PARENT_DEATH_SIGNAL = ctypes.CDLL(None), 1  # of Linux' prctl.h; it is loaded before any process is forked


class Runs(NamedTuple):
    """Where runs are.

    Attributes:
        folder: whose sub-folders are looked through, and where new runs go.
        program: of the runs.
    """

    folder: pathlib.Path
    program: Program = GMGAN

    def finished(self, settings: Settings) -> pathlib.Path:
        """A finished run of these settings: one that is there, or else one that is trained now, or trained on.

        Training is the command that a user would give, in a process of its own.

        Raises:
            ValueError: if it stops before its end.
        """
        path = self._find(settings) or self._free(settings)
        if path.exists() and _finished_at(path) != settings["steps"]:
            with locked(path, wait=True):  # by a training that outlived the command that had started it
                pass
        if _finished_at(path) != settings["steps"]:
            flags = knobs.flag_lines(settings | {"run_dir": str(path)}).split("\n")[:-1]
            print(f"Trains {path}", flush=True)
            run_command(str(SCRIPTS / f"train_{self.program.name}.py"), *flags)
            if _finished_at(path) != settings["steps"]:
                raise ValueError(f"Training stopped before its end; its message is above. The run is in {path}.")
        return path

    def steps_left(self, settings: Settings) -> int:
        """How many steps `finished` would train."""
        path = self._find(settings)
        done = path is not None and _finished_at(path) == settings["steps"]
        return 0 if done else settings["steps"] - (_reached(path) if path else 0)

    def _find(self, settings):
        """The furthest run of the same identity that is not beyond the steps that are asked for."""
        found = []
        for path in (file.parent for file in self.folder.glob("*/settings.json") if self._same(file.parent, settings)):
            steps = settings["steps"]
            step = steps if _finished_at(path) == steps else _reached(path)
            if step <= steps:
                found.append((step, path))
        return max(found)[1] if found else None

    def _same(self, path, settings):
        try:
            program, saved = reopen.settings_of(path, {})
        except ValueError:
            return False  # no run of ours, or one of a knob that is gone
        return program is self.program and not knobs.differences(_telling(program), settings, saved)

    def _free(self, settings):
        """A new folder, named as the run's own default would be."""
        name = knobs.run_name(settings)
        paths = (self.folder / (f"{name}-{i}" if i else name) for i in range(10_000))
        return next(path for path in paths if not path.exists())


def trained_rows(name: str, settings: Settings, runs: Runs, log: ResultsLog) -> list[dict]:
    """Rows of a trained model: one for each kind of weights that its run was scored with.

    Args:
        log: that knows rows from before, or from other machines; new ones are added.
    """
    if not known_rows(name, settings, log):
        log.add(_rows_of_run(name, runs.finished(settings), settings))
    rows, best = known_rows(name, settings, log), settings["keep_best"]
    if best and not any(f"{row['weights']} ".startswith(f"best by {best} ") for row in rows):
        print(
            f"{name}, seed {settings['seed']}, is known from a run that kept no weights by --keep_best={best}: "
            "the table has no row of them. Name other folders with --out and --runs to train it again."
        )
    return rows


def sample_rows(name: str, settings: Settings, runs: Runs, log: ResultsLog, scoring) -> list[dict]:
    """The row of scores of what the last weights draw, by a network and protocol.

    Args:
        log: as for `trained_rows`.
        scoring: a `scoring.SampleScoring`.
    """
    if not known_rows(name, settings, log, scoring.request):
        path = runs.finished(settings)
        scores = scoring.score(reopen.exported_samples(path / "saved_model", scoring.count, seed=0)) | scoring.about
        if settings["batch_norm"]:
            places = {k.name: settings[k.name] for k in reopen.PLACES if settings[k.name]}
            scores |= scoring.score_by_batch(reopen.samples_by_batch(path, places, scoring.count, seed=0))
        row = _row(name, "last", settings["steps"], settings, graphical_gan.__version__)
        log.add([row | {"samples": scoring.request, "scores": scores}])
    return known_rows(name, settings, log, scoring.request)


def known_rows(name: str, settings: Settings, log: ResultsLog, samples: dict | None = None) -> list[dict]:
    """The rows of a trained model that a log has.

    Args:
        samples: what tells the protocol of scores of samples, as `SampleScoring.request`; None for other scores.
    """

    def same(row):
        steps = row["settings"].get("steps")  # of the run: its best weights are of an earlier step
        if row["row"] != name or steps != settings["steps"] or row.get("samples") != samples:
            return False
        saved = {k.name: row["settings"][k.name] for k in GMGAN.recipe.knobs if k.name in row["settings"]}
        try:
            return not knobs.differences(_telling(GMGAN), settings, GMGAN.recipe.resolve(saved))
        except ValueError:
            return False  # of a value that is allowed no more

    return [row for row in log.rows if same(row)]


def _telling(program):
    """The knobs that tell runs apart before any data is read: where images of one's own are is then among them."""
    return [knob._replace(identifies=knob.identifies or knob.name == "manual_dir") for knob in program.recipe.knobs]


def _rows_of_run(name, path, settings) -> Iterable[dict]:
    for weights, scores in reopen.results_of(path).items():
        said = f"{weights} by {scores['chosen_by']}" if "chosen_by" in scores else weights
        row = _row(name, said, scores["step"], settings, scores["version"])
        yield row | {"scores": reopen.scores_of(scores)}


def _row(name, weights, step, settings, version):
    row = {"row": name, "weights": weights, "step": step, "seed": settings["seed"], "version": version}
    return row | {"settings": settings | {"run_dir": None, "data_dir": None}}


def mixture_rows(name: str, settings: Settings, log: ResultsLog, covariances: str = "identity") -> list[dict]:
    """The row of a Gaussian mixture on the raw images.

    Args:
        settings: of the data, K and the seed.
        log: as for `trained_rows`.
        covariances: of `pixel_mixture_scores`.
    """
    own = {n: settings[n] for n in _MIXTURE}

    def known():
        return [row for row in log.rows if row["row"] == name and row["settings"] == own]

    if not known():
        scores = paper.pixel_mixture.pixel_mixture_scores(
            GMGAN.load(settings), settings["K"], settings["seed"], covariances
        )
        row = {"row": name, "weights": "last", "step": 0, "seed": settings["seed"], "settings": own}
        log.add([row | {"version": graphical_gan.__version__, "scores": scores}])
    return known()


def _finished_at(path):
    """The step that a run was finished and exported at, 0 if it has not come to an end."""
    return reopen.results_of(path)["last"]["step"] if reopen.is_finished(path) else 0


def _reached(path):
    """The last step that a run has written down, 0 if there is none."""
    rows, _ = read_rows(path / "metrics.jsonl", {"step": int})
    return rows[-1][1]["step"] if rows else 0


def run_command(*arguments: str) -> int:
    """Runs Python to its end and returns its status; what stops this process stops it too, and training saves.

    If this process is killed, so is the other, on Linux: else it would train on, and the same command be refused.
    """
    with subprocess.Popen([sys.executable, *arguments], preexec_fn=_die_with_parent) as child:
        try:
            return child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise


def _die_with_parent():
    if sys.platform == "linux":
        _LIBRARY.prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
