"""The log of a run: what was said and when, without the steps of bars, the newest part alone."""

import re
import sys

import pytest
from tqdm import tqdm

from graphical_gan.runs import log


def test_what_is_said_is_kept_once_with_its_time_and_the_machine(tmp_path, capsys):
    with log.logged(tmp_path):
        print("a line of ü")
        with tqdm(total=3, mininterval=0) as bar:
            for step in range(3):
                bar.update()
                tqdm.write(f"step {step}")
        print("half", end="", file=sys.stderr)
    said = capsys.readouterr()
    assert said.out.startswith("a line of ü\n") and said.err.endswith("half")
    machine, command, *lines = (tmp_path / "log.txt").read_text(encoding="utf-8").splitlines()
    assert re.match(
        r"--- \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}: .* \d+ CPUs, Python 3.*, tensorflow 2.*, numpy ", machine
    )
    assert command.startswith("--- ") and all(re.match(r"\d\d:\d\d:\d\d ", line) for line in lines)
    texts = [line[9:] for line in lines]
    assert (
        texts[:4] == ["a line of ü", "step 0", "step 1", "step 2"] and texts[4].startswith("100%|") and len(texts) == 5
    )


def test_another_session_is_appended_and_what_ends_one_is_named(tmp_path):
    for number in range(2):
        with pytest.raises(FloatingPointError), log.logged(tmp_path):
            print(f"session {number}")
            raise FloatingPointError("step 3: not finite")
    text = (tmp_path / "log.txt").read_text()
    assert text.index("session 0") < text.index("session 1")
    assert text.count("FloatingPointError: step 3: not finite") == 2


def test_the_newest_part_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(log, "MOST", 2000)
    with log.logged(tmp_path):
        for number in range(500):
            print(f"line {number}")
    lines = (tmp_path / "log.txt").read_text().splitlines()
    numbers = [int(line.rpartition(" ")[2]) for line in lines]
    assert numbers == list(range(numbers[0], 500)) and (tmp_path / "log.txt").stat().st_size < 2100


def test_a_log_that_can_not_be_written_stops_nobody(tmp_path, capsys):
    with open("/dev/full", "wb", buffering=0) as full:
        stream = log._Copied(sys.stdout, full)
        assert stream.write("goes on\n") == 8
    assert capsys.readouterr().out == "goes on\n"
