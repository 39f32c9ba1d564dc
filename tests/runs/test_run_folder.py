"""A run folder writes within itself, whatever somebody put there, and belongs to one run, whoever was faster."""

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from graphical_gan import train
from graphical_gan.common.files import write_json, write_text
from graphical_gan.runs import programs
from graphical_gan.runs.folder import RunFolder, check_contents, check_data, check_folder
from graphical_gan.runs.lock import locked
from graphical_gan.settings import recipes
from graphical_gan.settings.knobs import read_settings
from tests.system.forks import command

SETTINGS = recipes.GMGAN.resolve({"recipe": "released"})
KNOBS = recipes.GMGAN.knobs
DATA = {"train": 36, "validation": 4, "test": 4, "digest": "abc"}


@pytest.fixture
def run(tmp_path):
    """A run folder with its settings, and beside it a file that is none of its business."""
    path = tmp_path / "run"
    path.mkdir()
    RunFolder(path, "gmgan", SETTINGS).write_settings()
    (tmp_path / "victim").write_text("precious")
    return path


PLACES = (".lock", "metrics.jsonl", "p.png", "pictures/samples-0000001.png", "tensorboard", "checkpoints", "best/x")


@pytest.mark.parametrize("place", PLACES)
def test_links_in_a_run_are_refused(run, place):
    link = run / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(run.parent / "victim")
    for opened in (
        lambda: check_folder(run, SETTINGS, KNOBS),
        lambda: check_contents(run, SETTINGS, KNOBS),
        lambda: RunFolder(run, "gmgan", SETTINGS),
    ):
        with pytest.raises(ValueError, match=f"{place} is a link to .*victim; expected plain files.*Remove the link"):
            opened()
    assert (run.parent / "victim").read_text() == "precious"


def test_a_linked_lock_is_not_written_through(run):
    (run / ".lock").symlink_to(run.parent / "victim")
    with pytest.raises(OSError, match="symbolic links"), locked(run):
        pass
    assert (run.parent / "victim").read_text() == "precious"


@pytest.mark.parametrize("name", [".lock", "log.txt"])
def test_what_another_program_has_in_a_folder_is_kept(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(ValueError, match="is no lock of this program|is no run, but not empty"):
        check_folder(tmp_path, SETTINGS, KNOBS)
    assert (tmp_path / name).read_text() == "precious"


@pytest.mark.parametrize("recipe", [None, 3, ["modern"]])
def test_settings_with_what_is_no_recipe_are_damaged(run, recipe):
    (run / "settings.json").write_text(json.dumps({"program": "gmgan"} | SETTINGS | {"recipe": recipe}))
    with pytest.raises(ValueError, match="settings.json holds no settings of a run"):
        read_settings(run)


def test_files_of_a_user_stay_when_a_run_goes_on(run):
    ours = ("results.json", "results-best-validation.json", "pictures/samples-0000500.png")
    theirs = ("results-of-my-colleague.json", "pictures/photo-20241101.png", "notes.txt")
    for name in (*ours, *theirs):
        (run / name).write_text("precious")
    folder = RunFolder(run, "gmgan", SETTINGS)
    folder.unfinish()
    folder.forget(100)
    assert [(run / name).exists() for name in (*ours, *theirs)] == [False] * 3 + [True] * 3
    (run / "saved_model").mkdir()
    for name in ("saved_model.pb", "notes.txt"):
        (run / "saved_model" / name).write_text("precious")
    with pytest.raises(ValueError, match="saved_model holds something that is no export"):
        folder.unfinish()
    assert (run / "saved_model" / "saved_model.pb").exists()


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_file_is_written_through_no_link_in_its_place_beside(run, link):
    beside = f".notes.{os.getpid()}.new"
    for name in (beside, "notes"):
        link(run.parent / "victim", run / name)
    write_text(run / "notes", "new")
    assert (run / "notes").read_text() == "new" and not (run / "notes").is_symlink()
    assert (run.parent / "victim").read_text() == "precious"
    assert not (run / beside).exists()


class Run:
    """What opening a folder needs of a run."""

    step = 0

    def __init__(self, **changes):
        self.settings = SETTINGS | changes


@pytest.fixture
def begun(monkeypatch):
    """Runs begin without a model: their settings are written."""
    monkeypatch.setattr("graphical_gan.runs.description.description", lambda game: "")
    monkeypatch.setattr("graphical_gan.runs.loop.begin", lambda run, folder: folder.write_settings())
    monkeypatch.setattr(Run, "game", None, raising=False)


def test_a_run_goes_on_with_the_same_data_alone_wherever_that_is(tmp_path, begun, capsys):
    def open_with(data, **settings):
        with train._open_folder(tmp_path, programs.GMGAN, Run(**settings), data):
            return (tmp_path / "settings.json").read_bytes()

    open_with(DATA, manual_dir="/a/imgs")
    written = open_with(DATA, manual_dir="/b/moved")
    for other in (DATA | {"train": 44}, DATA | {"digest": "abd"}):
        with pytest.raises(SystemExit):
            open_with(other, manual_dir="/b/moved")
        err = capsys.readouterr().err
        assert "holds a run on other data: train 36, validation 4" in err and "--manual_dir" in err
    assert (tmp_path / "settings.json").read_bytes() == written


def test_a_run_that_is_older_than_fingerprints_goes_on_and_gets_one(run, begun):
    with train._open_folder(run, programs.GMGAN, Run(), DATA):
        assert read_settings(run)["data"] == DATA


@pytest.mark.parametrize("damaged", [5, None, [1], "abc", {"train": None}])
def test_a_damaged_fingerprint_is_another(run, damaged):
    write_json(run / "settings.json", {"program": "gmgan", "data": damaged} | SETTINGS)
    with pytest.raises(ValueError, match="holds a run on other data: .*--run_dir"):
        check_data(run, DATA)


def test_who_comes_second_is_refused_although_both_found_the_folder_empty(tmp_path, begun, capsys):
    first, second = Run(K=5), Run(K=6)
    for run in (first, second):
        check_folder(tmp_path, run.settings, KNOBS)
    with train._open_folder(tmp_path, programs.GMGAN, first, DATA):
        written = (tmp_path / "settings.json").read_bytes()
    with pytest.raises(SystemExit), train._open_folder(tmp_path, programs.GMGAN, second, DATA):
        pass
    assert "holds a run of other settings. This one has --K=6 (was --K=5)" in capsys.readouterr().err
    assert (tmp_path / "settings.json").read_bytes() == written


@pytest.mark.parametrize("replaced", [True, False])
def test_a_folder_that_is_moved_while_the_run_trains_is_left_to_whoever_took_its_place(run, replaced):
    folder = RunFolder(run, "gmgan", SETTINGS)
    folder.scalars({"step": 1, "split": "train"}, {"cost": 1.0})
    run.rename(run.parent / "moved")
    if replaced:
        run.mkdir()
    writes = [
        lambda: folder.scalars({"step": 2, "split": "train"}, {"cost": 1.0}),
        lambda: folder.text("network.txt", "p(x)"),
        lambda: folder.picture(1, "a", np.zeros([2, 2, 1], np.uint8)),
        lambda: folder.write_settings(),
        lambda: folder.sync(),
        lambda: folder.path,
    ]
    for write in writes:
        with pytest.raises(OSError, match="another folder than the run began in" if replaced else "No such file"):
            write()
    assert not replaced or not list(run.iterdir())


def test_who_waits_for_the_lock_gets_it_when_its_holder_ends(tmp_path, capfd):
    script = "import sys, pathlib\nfrom graphical_gan.runs.lock import locked\n"
    script += "with locked(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdin=-1, stdout=-1) as holder:
        assert holder.stdout.readline() == b"held\n"
        threading.Timer(0.5, holder.kill).start()
        with locked(tmp_path, wait=True):
            assert holder.wait() == -9
    assert f"Waits for the training in {tmp_path} (process {holder.pid} on" in capfd.readouterr().out


@pytest.mark.parametrize("below", ["", "/run"])
def test_a_file_in_place_of_the_folder_is_refused_before_tensorflow_is_loaded(tmp_path, below):
    file = tmp_path / "photo.png"
    file.write_text("mine")
    status, said, err = command("train_gmgan.py", f"--run_dir={file}{below}")
    assert status == 2 and f"{file} is no folder to write to" in err and "Loads" not in said + err
    assert file.read_text() == "mine"
