"""Clips: what is known beforehand, what is refused, and the command."""

import pathlib
import subprocess
import sys

import pytest
from PIL import Image

from graphical_gan import data
from graphical_gan.data.__main__ import main

ROOT = pathlib.Path(__file__).parents[2]


# What is known beforehand, and what is refused.


def test_a_folder_that_tensorflow_datasets_takes_for_a_pattern_is_refused():
    for load in (lambda: data.load("mnist", data_dir="d[1]"), lambda: data.load_clips("chairs", 4, data_dir="d[1]")):
        with pytest.raises(ValueError, match=r"--data_dir=d\[1\] holds one of .* expected a path without them"):
            load()


def test_describe_clips_loads_no_tensorflow():
    program = "import sys, data; print(data.describe_clips('chairs', 31)); sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)


def test_descriptions():
    moving = data.load_clips("moving_digits", T=16)
    known = data.describe_clips("moving_digits", 16)
    assert (known.image_shape, known.length, known.training_examples) == (moving.image_shape, None, len(moving.train))
    assert (known.value_range, known.label_names) == (moving.value_range, moving.label_names)
    assert known.conditioned is moving.conditioned is False and known.classes == 10
    assert data.describe_clips("moving_mnist", 4).conditioned
    assert tuple(data.CLIP_DESCRIPTIONS) == (
        "moving_digits",
        "turning_chairs",
        "moving_mnist",
        "chairs",
        "clips_folder",
        "clips_arrays",
    )
    assert not set(data.CLIP_DESCRIPTIONS) & set(data.DESCRIPTIONS)
    assert known.transferable is moving.train.films.transferable is True
    for known in data.CLIP_DESCRIPTIONS.values():
        assert known.value_range == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "nope", "T": 4}, "'nope'.*moving_digits, .*--dataset"),
        ({"name": "digits", "T": 4}, "'digits'.*--dataset"),
        ({"name": "moving_digits", "T": 1}, "--T=1 is too short for --dataset=moving_digits: expected 2.*larger --T"),
        ({"name": "turning_chairs", "T": 32}, "--T=32 is longer than --dataset=turning_chairs: expected 2 to 31.*--T="),
        ({"name": "chairs", "T": 0}, "--T=0 is too short"),
        ({"name": "chairs", "T": 32}, "--T=32 is longer than --dataset=chairs"),
        ({"name": "moving_mnist", "T": 4, "manual_dir": "/no/such"}, "--manual_dir=/no/such is missing"),
        ({"name": "moving_mnist", "T": 4, "image_size": 32}, "--image_size=32.*--dataset=clips_folder only"),
        (
            {"name": "moving_digits", "T": 4, "manual_dir": "."},
            "--manual_dir=. .*=moving_mnist, chairs, clips_folder, clips_arrays only",
        ),
        ({"name": "turning_chairs", "T": 4, "data_dir": "."}, "--data_dir=. .*--dataset=moving_mnist, chairs only"),
        ({"name": "clips_folder", "T": 4, "manual_dir": ".", "data_dir": "."}, "--data_dir=. came with"),
        ({"name": "clips_folder", "T": 4}, "--dataset=clips_folder.*--manual_dir"),
        ({"name": "chairs", "T": 4, "holdout": 3}, "--holdout=3 would divide a chair, which is 2 clips: .* even"),
        ({"name": "turning_chairs", "T": 4, "holdout": 1}, "--holdout=1 would divide a chair"),
        ({"name": "moving_digits", "T": 4, "holdout": -1}, "holdout=-1: expected a number of examples"),
        ({"name": "moving_digits", "T": 4, "holdout": 1450}, "holdout=1450 of 1450 training examples leaves none"),
        ({"name": "clips_folder", "T": 4, "image_size": 33, "manual_dir": "."}, "--image_size=33.*28, 32, 64"),
    ],
)
def test_requests_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.describe_clips(**arguments)
    with pytest.raises(ValueError, match=message):
        data.load_clips(**arguments)


def test_a_split_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="--split=odd.*chair, released"):
        data.load_clips("chairs", 4, split="odd")
    with pytest.raises(ValueError, match="--starts=last.*random, first"):
        data.load_clips("chairs", 4, starts="last")
    with pytest.raises(ValueError, match="--split=released.*--dataset=chairs only"):
        data.load_clips("moving_digits", 4, split="released")


@pytest.mark.parametrize(("holdout", "count"), [(0, 1450), (50, 1400)])
def test_all_contents_can_be_trained_on(holdout, count):
    moving, known = (f("moving_digits", T=4, holdout=holdout) for f in (data.load_clips, data.describe_clips))
    assert (len(moving.train), len(moving.validation)) == (known.training_examples, known.validation_examples)
    assert (known.training_examples, known.validation_examples) == (count, holdout)


# The command.


def test_command(tmp_path, capsys):
    assert main(["--dataset=moving_digits", "--T=5", f"--out={tmp_path / 'clips.png'}"]) == 0
    out = capsys.readouterr().out
    assert "moving_digits: clips of 5 frames of 32 x 32 x 1, a network sees them in [-1, 1]" in out
    assert "contents                       1,200         250         347" in out and "label 9" in out
    with Image.open(tmp_path / "clips.png") as strips:
        assert strips.size == (5 * 34 * 2, 8 * 34 * 2)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--dataset=moving_digits", "--T=1"], "--T=1"),
        (["--dataset=digits", "--T=4"], "--T=4 came with --dataset=digits"),
        (["--dataset=moving_digits", "--crop=paper"], "--crop=paper came with --dataset=moving_digits"),
        (["--dataset=moving_digits", "--starts=first"], "--starts=first came with --dataset=moving_digits"),
    ],
)
def test_command_ends_with_status_2(flags, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(flags)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
