"""Commands under attack, at random and by a seed: damaged rows, settings, flags, images and names.

Each is met well if the command does its work, or ends with status 1 or 2 and a sentence that names a file or a flag; in
time, in bounds of memory, and with everything around its folder as it was.
"""

import contextlib
import json
import os
import pathlib
import random
import re
import select
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import pytest
from PIL import Image

from graphical_gan.paper.results_log import ResultsLog
from graphical_gan.settings import recipes
from tests.system.forks import ROOT
from tests.system.test_fuzz import DAMAGES, HANG, MEMORY, make_images, victim

FAST, SLOW = 12, 2000  # attacks of a kind
GMGAN = recipes.GMGAN.resolve({"K": 3, "keep_best": "mse"})
ODD = (None, True, [], {}, [1], [[[0]]], -1, 0, 10**400, 1e308, float("nan"), float("-inf"), "", "\0", "a\nb", "$x_{",
       "|", "<script>", "\ud800", "\u202e", "../../victim", "~nobody", "gs://a/b", "r[1]*?", "x" * 5000)  # fmt: skip
WORDS = ("", "ten", "1e5", "0.5", "nan", "inf", "-1", "0", "9" * 400, "1", "2", "True", "none", "a\nb", "$x_{",
         "é[1]*?", "~nobody/x", "gs://a/b", "/dev/zero", "/dev/full", "/proc/self/mem", "/", "x" * 5000)  # fmt: skip


def make_run(folder):
    """A run as it is while it trains, without weights."""
    (folder / "pictures").mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps({"program": "gmgan"} | GMGAN))
    rows = [{"step": s, "split": "train", "cost_on_p/(h, k)": 1 / s} for s in range(1, 6)]
    rows += [{"step": s, "split": "validation", "mse": 0.5, "acc_nearest": 0.5} for s in range(1, 6)]
    scores = {"step": 5, "version": "1", "mse": 0.5, "weights": "last", "acc_nearest": 0.25}
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "results.json").write_text(json.dumps(scores))
    (folder / "results-best.json").write_text(json.dumps(scores | {"chosen_by": "mse"}))
    (folder / "samples.jsonl").write_text(json.dumps({"count": 9, "step": 5, "fid_stub_train_9": 1.5}) + "\n")
    (folder / "network.txt").write_text("p(k) p(h|k) p(x|h)")
    for name in ("p.png", "pictures/samples-0000005.png"):
        Image.fromarray(np.full((4, 4), 9, np.uint8)).save(folder / name)


def make_log(folder):
    """Rows of results of another machine."""
    folder.mkdir(parents=True)
    own = ("dataset", "manual_dir", "image_size", "crop", "holdout", "K", "seed")
    row = {
        "row": "GMM",
        "weights": "last",
        "step": 0,
        "seed": 0,
        "version": "1",
        "settings": {n: GMGAN[n] for n in own},
    }
    trained = row | {"row": "GMGAN-L", "settings": GMGAN, "step": GMGAN["steps"]}
    rows = [row, trained, trained | {"weights": "best by mse"}]
    scores = {"acc_nearest": 0.5, "mse": 0.25, "classifier_accuracy": 0.75}
    (folder / "results.jsonl").write_text("".join(json.dumps(r | {"scores": scores}) + "\n" for r in rows))


def damaged_file(draws, folder):
    """Damages a file as a whole, as the readers' tests do."""
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    DAMAGES[draws.choice(sorted(set(DAMAGES) - {"no UTF-8"}))](draws.choice(files), draws.random(), draws.randbytes(20))


def damaged_value(draws, folder):
    """Replaces, removes or adds a value in a file of JSON or of rows."""
    file = draws.choice(sorted(folder.glob("*.json*")))
    lines = file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text()]
    number = draws.randrange(len(lines))
    row = inner = json.loads(lines[number])
    while draws.random() < 0.5 and (deeper := [v for v in inner.values() if isinstance(v, dict)]):
        inner = draws.choice(deeper)
    kind, name = draws.random(), draws.choice(sorted(inner) or ["step"])
    if kind < 0.7:
        inner[name] = draws.choice(ODD)
    elif kind < 0.8:
        inner.pop(name, None)
    elif kind < 0.9:
        inner[f"cost_{draws.choice([o for o in ODD if isinstance(o, str)])}"] = draws.choice(ODD)
    else:
        inner |= {f"mse_{i}": draws.random() for i in range(3000)}
    lines[number] = json.dumps(row)
    file.write_text("\n".join(lines) + "\n")


def damaged(draws, folder):
    for _ in range(draws.choice((0, 1, 1, 2))):
        damaged_value(draws, folder)
    if draws.random() < 0.4:
        damaged_file(draws, folder)


def odd_images(draws, folder):
    damaged_file(draws, folder)
    for name in draws.sample(("$x_{.png", "r[1]*?.png", "a\nb.png", "é😀.png", "._x.png", "-K.png", ".png"), 2):
        shutil.copy(ROOT / "docs" / "growth.png", folder / name)


def some_flags(draws, folder):
    """Flags with values that fit them, or not; the run folder is none, so that nothing is trained."""
    knobs = [k for k in recipes.GMGAN.knobs if k.name != "run_dir"]
    given = []
    for knob in draws.sample(knobs, draws.randint(1, 4)):
        value = draws.choice(list(knob.allowed)) if knob.allowed and draws.random() < 0.3 else draws.choice(WORDS)
        given.append(f"--{knob.name}={value}")
    if draws.random() < 0.3:
        given.append(draws.choice(("--lr=1", "--epochs=3", "--k=3", "K=3", "--", "-x", "--flagfile", "--K", "--nojit=3",
                                   *(f"--flagfile={w}" for w in WORDS))))  # fmt: skip
    return [*given, f"--run_dir={folder}"]


def no_run(folder):
    folder.mkdir(parents=True)
    (folder / "letter").write_text("mine")


KINDS = {  # by kind: the command, what it is given, the damage to it, and the arguments
    "report": ("graphical_gan.report", make_run, damaged, lambda draws, folder: [str(folder)]),
    "merge": (
        "graphical_gan.reproduce",
        make_log,
        damaged,
        lambda draws, folder: [
            *("table1", "--dataset=digits", "--K=3", "--network=none", "--row=GMM", "--seeds=0"),
            *(f"--merge={folder / 'results.jsonl'}", f"--out={folder / 'table'}"),
        ],
    ),
    "flags": ("train", no_run, lambda draws, folder: None, some_flags),
    "evaluate": ("graphical_gan.evaluate", make_run, damaged, lambda draws, folder: [str(folder)]),
    "images": (
        "train",
        lambda folder: make_images(folder / "images"),
        lambda draws, folder: odd_images(draws, folder / "images"),
        lambda draws, folder: [
            *(
                "--dataset=folder",
                f"--manual_dir={folder / 'images'}",
                "--K=2",
                "--batch_size=2",
                f"--run_dir={folder}",
            ),
        ],
    ),
}


class Driver:
    """A command that waits for arguments in a process of its own; see `driver`."""

    def __init__(self, command):
        arguments = [sys.executable, str(ROOT / "tests" / "system" / "driver.py"), command]
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            arguments, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env=environment
        )

    def run(self, arguments):
        """(exit status, standard output, standard error), or None if it hangs or crashes."""
        self.process.stdin.write(json.dumps(arguments) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], HANG)
        line = self.process.stdout.readline() if ready else ""
        return json.loads(line) if line else None

    def peak(self, reset=False):
        """The most memory that it had since the last reset, in MiB."""
        folder = pathlib.Path("/proc", str(self.process.pid))
        if reset:
            (folder / "clear_refs").write_text("5")
        return int(re.search(r"VmHWM:\s+(\d+)", (folder / "status").read_text())[1]) / 1024

    def close(self):
        self.process.kill()
        self.process.communicate()


def badly_met(kind, driver, draws, root):
    """What is wrong with how a command met an attack, None if nothing is."""
    _, make, damage, arguments = KINDS[kind]
    folder = root / "in" / "input"
    make(folder)
    victim(folder).write_text("precious")
    damage(draws, folder)
    given = arguments(draws, folder)
    warm = driver.peak(reset=True)
    met = driver.run(given)
    if met is None:
        return f"hangs or crashes: {given}"
    status, _, err = met
    wrong = [f"status {status}"] * (status not in (0, 1, 2))
    wrong += ["a traceback"] * ("Traceback" in err)
    wrong += ["no sentence"] * (status != 0 and not (len(err) > 20 and ("--" in err or str(root) in err)))
    wrong += ["more than a sentence"] * (len(err.splitlines()) > 8)
    wrong += ["trained"] * (kind in ("flags", "images") and status == 0 and "--help" not in given)
    wrong += ["memory"] * (driver.peak() - warm > MEMORY and warm > MEMORY)  # not TensorFlow's own, when it is loaded
    wrong += ["the victim"] * (victim(folder).read_text() != "precious" or len(os.listdir(folder.parent)) != 2)
    log = folder / "table" / "results.jsonl"
    if log.exists():
        with contextlib.suppress(ValueError):
            log = ResultsLog(log) and None
    wrong += ["a broken log"] * isinstance(log, pathlib.Path) * log.exists() if log else []
    return f"{', '.join(wrong)}: {given}\n{err[-1500:]}" if wrong else None


def attack(kind, count, seed):
    """Tries some attacks of a kind, and says how many there were and which were badly met."""
    draws, driver, bad = random.Random(f"{kind} {seed}"), Driver(KINDS[kind][0]), []
    try:
        for number in range(count):
            with tempfile.TemporaryDirectory() as root:
                if said := badly_met(kind, driver, draws, pathlib.Path(root)):
                    bad.append(f"{kind}, seed {seed}, attack {number}: {said}")
            if driver.process.poll() is not None or (bad and "hangs" in bad[-1]):
                driver.close()
                driver = Driver(KINDS[kind][0])
    finally:
        driver.close()
    print(f"{kind}: {count} tried, {len(bad)} badly met")
    return bad


@pytest.mark.parametrize("kind", ["report", "merge", "flags"])
def test_a_few_attacks(kind):
    bad = attack(kind, FAST, seed=0)
    assert not bad, "\n".join(bad)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_attacks(kind):
    bad = attack(kind, SLOW, seed=1)
    assert not bad, f"{len(bad)} of {SLOW}\n" + "\n".join(bad[:10])
