"""Small files: a disk that fails leaves what was there, no half of anything, and one sentence."""

import errno
import json
import os
import tokenize
import zipfile

import numpy as np
import pytest
from PIL import Image

from graphical_gan.common.array_cache import default_cache, remembered
from graphical_gan.common.files import (
    append_rows,
    disk_error,
    is_number,
    local_path,
    read_rows,
    write_chunks,
    write_image,
    write_text,
)


@pytest.fixture
def full(monkeypatch):
    """A disk without room, whose error names no file, as that of a real one."""

    def fail(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.parametrize("name", ["page.html", "grid.png", "film.gif"])
def test_a_full_disk_keeps_the_file_that_was_there(tmp_path, full, name):
    file, image = tmp_path / name, Image.new("L", (4, 4))
    file.write_text("the one before")
    with pytest.raises(OSError, match="No space left on device") as caught:
        if name == "page.html":
            write_text(file, "new")
        else:
            write_image(file, image, format=file.suffix[1:].upper())
    assert os.listdir(tmp_path) == [name] and file.read_text() == "the one before"
    said = disk_error(caught.value)
    assert (
        said.startswith(f"{file} can't be read or written (No space left on device); ") and "MiB are free there" in said
    )


def test_a_disk_that_is_read_only_is_not_called_full():
    said = disk_error(OSError(errno.EROFS, "Read-only file system", "/there/page.html"))
    assert said == "/there/page.html can't be read or written (Read-only file system). Name another place."


def test_what_can_not_be_made_leaves_no_half_behind(tmp_path):
    def chunks():
        yield b"the first"
        raise ValueError("an image is gone")

    with pytest.raises(ValueError, match="an image is gone"):
        write_chunks(tmp_path / "clusters.html", chunks())
    assert not os.listdir(tmp_path)


def test_of_two_processes_that_write_a_file_the_last_ones_is_left_whole(tmp_path, monkeypatch):
    file = tmp_path / "report.html"

    def chunks():
        yield b"the "
        with monkeypatch.context() as other:
            other.setattr(os, "getpid", lambda: 1)
            write_text(file, "of the other")
        assert file.read_text() == "of the other"
        yield b"last"

    write_chunks(file, chunks())
    assert file.read_text() == "the last" and os.listdir(tmp_path) == ["report.html"]


def test_rows_that_can_not_be_appended_name_their_file(tmp_path, full):
    with pytest.raises(OSError, match="No space left on device") as caught:
        append_rows(tmp_path / "rows.jsonl", ["{}"])
    assert disk_error(caught.value).startswith(f"{tmp_path / 'rows.jsonl'} can't be read or written")


def test_a_missing_file_is_no_error_of_the_disk(tmp_path):
    with pytest.raises(OSError) as caught:
        (tmp_path / "gone").read_text()
    assert disk_error(caught.value) is None and disk_error(ValueError("no")) is None


@pytest.mark.parametrize("before", ["", '{"a": 1}\n', '{"a": 1}\n{"a": 2, "b'])
def test_a_line_that_was_cut_off_swallows_no_row(tmp_path, before):
    file = tmp_path / "rows.jsonl"
    file.write_text(before)
    append_rows(file, [json.dumps({"a": n}) for n in (3, 4)])
    rows, unreadable = read_rows(file, {"a": int})
    assert [row["a"] for _, row in rows] == [1] * (before != "") + [3, 4] and unreadable == ("b" in before)


@pytest.mark.parametrize("name", ["cost_\ud800", "cost\n", "cost\0"])
def test_a_row_with_a_name_that_can_not_be_written_is_damaged(tmp_path, name):
    append_rows(tmp_path / "rows.jsonl", map(json.dumps, [{"a": 1, name: 2}, {"a": 3, "cost_ü": 4}]))
    rows, unreadable = read_rows(tmp_path / "rows.jsonl", {"a": int})
    assert [row for _, row in rows] == [{"a": 3, "cost_ü": 4}] and unreadable == 1


@pytest.mark.parametrize("value", [True, "1", None, [1], float("nan"), float("-inf"), 10**400])
def test_what_is_no_number_is_not_drawn(value):
    assert not is_number(value) and is_number(0) and is_number(-1.5)


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b", "a\u2028b", "a\x85b", "\udcff"])
def test_a_path_is_one_line(name):
    with pytest.raises(ValueError, match="--run_dir=.*expected a path of one line. Rename it"):
        local_path(name, "--run_dir")
    assert local_path("/é \u202f[1]*", "--run_dir") == "/é \u202f[1]*"


def test_a_home_that_nobody_knows(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as of a user whom the machine does not know
    with pytest.raises(ValueError, match="HOME='~/.cache' is no path on this machine"):
        default_cache()


def test_a_cache_that_is_damaged_or_full_is_made_anew(tmp_path, capsys, request):
    def cached():
        return remembered(tmp_path, "a", {"b": 1}, lambda: {"c": np.arange(3)})["c"].tolist()

    assert cached() == [0, 1, 2]
    [file] = tmp_path.iterdir()
    with zipfile.ZipFile(file, "w") as archive:  # whose head makes Python's tokenizer fail
        archive.writestr("key.npy", b"\x93NUMPY\x01\x00\x08\x00{'''\n\n\n\n")
    with pytest.raises(tokenize.TokenError), np.load(file) as damaged:
        damaged["key"]
    assert cached() == [0, 1, 2]
    file.unlink()
    request.getfixturevalue("full")
    assert cached() == [0, 1, 2] and "Not kept for the next time" in capsys.readouterr().err
