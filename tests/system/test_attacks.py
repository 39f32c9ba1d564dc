"""Attacks: nothing of a user's is deleted, overwritten, executed or followed by the commands around training."""

import os
import pathlib
import subprocess

import pytest
from PIL import Image

from graphical_gan.common.files import refuse_foreign
from graphical_gan.data.image_files import open_image
from graphical_gan.data.images.folder import read_as_they_are
from graphical_gan.export.saving import check_place, export
from graphical_gan.settings.knobs import read_settings
from tests.export.test_export import Half, value
from tests.system.forks import command

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n{ } loop\n%%EOF\n"


def contents(folder):
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize("where", ["", ".saved.new", ".saved.old"])
def test_an_export_takes_the_place_of_nothing_but_an_export(tmp_path, where):
    theirs = tmp_path / (where or "saved")
    (theirs / "checkpoints").mkdir(parents=True)
    (theirs / "settings.json").write_text("{}")
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=f"{theirs} holds something that is no export"):
        export(Half(1.0), tmp_path / "saved")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("place", ["assets", "variables"])
@pytest.mark.parametrize("of_an_export", [False, True])
def test_what_lies_in_the_folders_of_an_export_is_kept(tmp_path, place, of_an_export):
    if of_an_export:
        export(Half(1.0), tmp_path / "saved")
    (tmp_path / "saved" / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / "saved" / place / "picture").write_text("mine")
    with pytest.raises(ValueError, match="holds something that is no export"):
        check_place(tmp_path / "saved")


def test_an_export_takes_the_place_of_no_file_and_no_link(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("file", "link", "/"):
        with pytest.raises(ValueError, match="holds something that is no export"):
            check_place(tmp_path / name)
    export(Half(1.0), tmp_path / "empty")
    export(Half(2.0), tmp_path / "empty")
    assert value(tmp_path / "empty") == 2.0 and (tmp_path / "file").read_text() == "mine"


def test_a_kill_between_the_renames_of_an_export_loses_nothing(tmp_path, monkeypatch):
    export(Half(1.0), tmp_path / "saved")
    os.replace(tmp_path / "saved", tmp_path / ".saved.old")
    monkeypatch.setattr("tensorflow.saved_model.save", lambda *args: pytest.fail("a full disk"))
    with pytest.raises(pytest.fail.Exception):
        export(Half(2.0), tmp_path / "saved")
    assert value(tmp_path / "saved") == 1.0


def test_postscript_is_not_run_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: pytest.fail("a program is started"))
    for name in ("a.png", "b.jpg"):
        (tmp_path / name).write_bytes(POSTSCRIPT)
        with (tmp_path / name).open("rb") as file, pytest.raises(ValueError, match="content is none of PNG, JPEG"):
            open_image(file)
    with pytest.raises(ValueError, match="a.png can't be read"):
        read_as_they_are(tmp_path, 3)


def test_only_one_module_opens_images():
    root = pathlib.Path(__file__).parents[2]
    files = [*root.glob("graphical_gan/**/*.py"), *root.glob("data/**/*.py")]
    assert [f.name for f in files if "Image.open(" in f.read_text()] == ["image_files.py"]


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
@pytest.mark.parametrize("place", ["metrics.jsonl", "pictures/samples-0000001.png", "results.json", "p.png"])
def test_a_run_folder_with_links_or_pipes_is_refused(tmp_path, kind, place):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("secret")
    run = tmp_path / "run"
    (run / "pictures").mkdir(parents=True)
    (run / "settings.json").write_text('{"program": "gmgan"}')
    entry = run / place
    if kind == "pipe":
        os.mkfifo(entry)
    else:
        entry.symlink_to(tmp_path / ("secret/key" if kind == "link" else "secret"))
    with pytest.raises(ValueError, match="expected plain files and folders in a run"):
        read_settings(run)


def test_a_report_neither_follows_nor_overwrites(tmp_path):
    run, victim = tmp_path / "run", tmp_path / "victim"
    run.mkdir()
    (run / "settings.json").write_text('{"program": "gmgan", "steps": 1, "model": "m", "dataset": "d", "seed": 0}')
    victim.write_text("mine")
    (run / "report.html").symlink_to(victim)
    status, _, err = command("-m", "graphical_gan.report", run)
    assert status == 2 and "is a link to" in err and "Traceback" not in err
    (run / "report.html").unlink()
    status, _, err = command("-m", "graphical_gan.report", run, f"--out={victim}")
    assert status == 2 and f"{victim} is there" in err and "--out" in err
    for _ in range(2):  # the second takes the place of the first
        assert command("-m", "graphical_gan.report", run)[0] == 0
    assert victim.read_text() == "mine" and (run / "report.html").read_text().endswith("</html>\n")


def test_files_of_other_kinds_are_not_replaced(tmp_path):
    file = tmp_path / "grid.png"
    refuse_foreign(file, b"\x89PNG")
    Image.new("L", (2, 2)).save(file)
    refuse_foreign(file, b"\x89PNG")
    file.write_text("a letter")
    with pytest.raises(ValueError, match="grid.png is there and is no such file"):
        refuse_foreign(file, b"\x89PNG")
    file.unlink()
    file.symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(ValueError, match="grid.png is there"):
        refuse_foreign(file, b"\x89PNG")
