"""A run folder writes within itself, whatever somebody put there, and belongs to one run, whoever was faster."""

import os

import pytest

from graphical_gan import train
from graphical_gan.common.files import write_text
from graphical_gan.runs import programs
from graphical_gan.runs.folder import RunFolder, check_contents, check_folder
from graphical_gan.runs.lock import locked
from graphical_gan.settings import recipes

SETTINGS = recipes.GMGAN.resolve({})
KNOBS = recipes.GMGAN.knobs


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


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_file_is_written_through_no_link_in_its_place_beside(run, link):
    for name in (".notes.new", "notes"):
        link(run.parent / "victim", run / name)
    write_text(run / "notes", "new")
    assert (run / "notes").read_text() == "new" and not (run / "notes").is_symlink()
    assert (run.parent / "victim").read_text() == "precious"
    assert not (run / ".notes.new").exists()


class Run:
    """What opening a folder needs of a run."""

    step = 0

    def __init__(self, **changes):
        self.settings = SETTINGS | changes


def test_who_comes_second_is_refused_although_both_found_the_folder_empty(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("graphical_gan.runs.description.description", lambda game: "")
    monkeypatch.setattr("graphical_gan.runs.loop.begin", lambda run, folder: folder.write_settings())
    monkeypatch.setattr(Run, "game", None, raising=False)
    first, second = Run(K=5), Run(K=6)
    for run in (first, second):
        check_folder(tmp_path, run.settings, KNOBS)
    with train._open_folder(tmp_path, programs.GMGAN, first):
        written = (tmp_path / "settings.json").read_bytes()
    with pytest.raises(SystemExit), train._open_folder(tmp_path, programs.GMGAN, second):
        pass
    assert "holds a run of other settings. This one has --K=6 (was --K=5)" in capsys.readouterr().err
    assert (tmp_path / "settings.json").read_bytes() == written
