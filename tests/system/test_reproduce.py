"""The command that reproduces a table, killed in the middle."""

import ast
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.system.forks import ROOT, command
from tests.system.test_commands import TINY

ROWS = [f"--row={name}" for name in ("GMM", "GAN-G + GMM", "GMGAN-G", "GMGAN-L")]
FLAGS = [*TINY, *ROWS, "--dataset=digits", "--steps=40", "--seeds=0", "--count=60"]


@pytest.mark.slow
def test_reproduce_killed_in_the_middle_goes_on(tmp_path):
    arguments = [
        "-m",
        "graphical_gan.reproduce",
        "table1",
        *FLAGS,
        f"--out={tmp_path}",
        f"--cache_dir={tmp_path / 'c'}",
    ]
    environment = os.environ | {"HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
    first = subprocess.Popen([sys.executable, *arguments], start_new_session=True, cwd=ROOT, env=environment)
    second_run = tmp_path / "runs" / "dataset=digits-model=gmgan-g-recipe=released-K=5-seed=0"
    while not (second_run / "checkpoints").exists():
        assert first.poll() is None
        time.sleep(0.1)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    before = (tmp_path / "results.jsonl").read_text()
    assert [json.loads(line)["row"] for line in before.splitlines()] == ["GMM", *["GAN-G + GMM"] * 3]
    kept = (second_run.parent / second_run.name.replace("gmgan-g", "gan-g") / "results.json").stat().st_mtime_ns
    status, out, err = command(*arguments)
    assert status == 0, err
    after = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert (tmp_path / "results.jsonl").read_text().startswith(before)
    assert [row["row"] for row in after] == ["GMM", *["GAN-G + GMM"] * 3, *["GMGAN-G"] * 3, *["GMGAN-L"] * 3]
    assert (second_run.parent / second_run.name.replace("gmgan-g", "gan-g") / "results.json").stat().st_mtime_ns == kept
    steps = [json.loads(line)["step"] for line in (second_run / "metrics.jsonl").read_text().splitlines()]
    assert steps == sorted(steps) and steps[-1] == 40
    assert (tmp_path / "table.png").stat().st_size > 5000 and "| GMGAN-L |" in out
    assert (tmp_path / "table.md").read_text().count("\n| G") == 7
    merged = ["--merge=" + str(tmp_path / "results.jsonl"), f"--out={tmp_path / 'other'}"]
    status, out, err = command(*arguments[:-2], arguments[-1], *merged)
    assert status == 0 and "10 new rows" in out and "Trains" not in out, err


FIGURES = """
from graphical_gan import reproduce
from graphical_gan.paper import rows
from graphical_gan.settings import command_line
rows.Runs.finished = lambda runs, settings: runs.folder / settings["model"]
rows.run_command = lambda *command: print(*command)
command_line.run(reproduce.main)
"""


def test_figures_are_of_three_models_of_images_and_four_of_clips(tmp_path):
    (tmp_path / "figures.py").write_text(FIGURES)
    flags = [f"--data_dir={tmp_path}", f"--runs={tmp_path}"]
    status, out, err = command(tmp_path / "figures.py", "figures", *flags)
    assert status == 0, err
    images, clips = ("gan-g", "gmgan-g", "gmgan-l"), ("ssgan-l", "3dcnn", "concat_x", "concat_z")
    expected = [("all", name) for name in images] + [("beside", *images), ("all", "ssgan-l"), ("beside", *clips)]
    where = dict.fromkeys(images, [f"--data_dir={tmp_path}"])  # of MNIST; the moving digits of scikit-learn read none
    assert out.splitlines() == [
        " ".join(["-m graphical_gan.figures", name, *(str(tmp_path / run) for run in runs), *where.get(runs[0], [])])
        for name, *runs in expected
    ]


def test_every_flag_holds_for_clips_too(tmp_path):
    """Settings as they reach training: of images, and of four models of clips."""
    shown = FIGURES.replace('runs.folder / settings["model"]', "print(settings) or runs.folder")
    (tmp_path / "figures.py").write_text(shown)
    both = {"recipe": "paper", "batch_size": 7, "width": 3, "steps": 9, "precision": "bfloat16", "holdout": 20}
    clips = {"T": 16, "motion": 5, "recognition": "inverse", "noise": "fresh"}
    given = both | clips | {"K": 4}
    flags = [f"--{name}={value}" for name, value in given.items()]
    status, out, err = command(tmp_path / "figures.py", "figures", "--dataset=digits", *flags, f"--runs={tmp_path}")
    assert status == 0, err
    settings = [ast.literal_eval(line) for line in out.splitlines() if line.startswith("{")]
    assert [s["model"] for s in settings] == ["gan-g", "gmgan-g", "gmgan-l", "ssgan-l", "3dcnn", "concat_x", "concat_z"]
    for number, found in enumerate(settings):
        own = both | (clips if number > 2 else {"K": 4})
        assert {name: found[name] for name in own} == own


def test_a_plan_of_two_data_sets_needs_neither(tmp_path):
    plan = FIGURES.replace(
        "command_line.run(", "reproduce._plan = lambda wanted: print(len(wanted))\ncommand_line.run("
    )
    (tmp_path / "plan.py").write_text(plan)
    flags = ["--dry_run", "--seeds=0", "--network=none", f"--data_dir={tmp_path}", f"--out={tmp_path}"]
    status, out, err = command(tmp_path / "plan.py", "table1", *flags)
    assert status == 0 and out.split()[-1] == "8", err  # five models on MNIST, three on CIFAR10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table2"], "'table2' can't be reproduced; expected one of table1, table7, figures"),
        (["figures", "--count=9"], "--count has no effect on figures"),
        (["figures", "--out=x"], "--out has no effect on figures"),
        (["figures", "--seeds=0,1"], "--seeds=0,1 are several; figures are of one seed"),
        (["figures", "--clips=imagenet"], "<moving_digits|turning_chairs|moving_mnist|chairs|none>"),
        (["figures", "--clips=none", "--T=4"], "--T has no effect with --clips=none"),
        (["figures", "--recipe=older"], "--recipe=older is not allowed; it is one of released, paper, modern"),
        (["figures", "--T=5", "--runs={folder}", "--clips=turning_chairs", "--holdout=3"], "--holdout=3 would divide"),
        (["table1", "--T=4"], "--T has no effect on table1"),
        (["figures", "--runs={folder}", "--dataset=digits", "--K=1201"], "--K=1201 is more than the 1200"),
        (["table1", "--seeds=a"], "--seeds=a are no seeds"),
        (["table1", "--dataset=imagenet"], "--dataset=imagenet is not allowed"),
        (["table1", "--dataset=digits", "--out={folder}", "--K=1201"], "--K=1201 is more than the 1200"),
        (["table1", "--dataset=digits", "--out={folder}", "--network={folder}"], "{folder} is no network"),
    ],
)
def test_mistakes(tmp_path, repeated, arguments, message):
    arguments = [a.format(folder=tmp_path) for a in arguments]
    status, out, err = repeated("graphical_gan.reproduce", *arguments)
    assert status == 2 and message.format(folder=tmp_path) in err and "Traceback" not in err and "Trains" not in out
