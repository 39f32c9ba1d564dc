"""Checkpoints: whole whenever the process dies, verified when read; event files and rows that are cut and go on."""

import json
import os
import shutil
import struct
import subprocess

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from graphical_gan.runs import checkpoints as module
from graphical_gan.runs.checkpoints import MANIFEST, Checkpoints
from graphical_gan.runs.events import Events


@pytest.fixture
def saved(tmp_path):
    """A state whose value is its step, saved after the steps 1 to 3."""
    state, folder = tf.train.Checkpoint(x=tf.Variable(0.0), y=tf.Variable(tf.zeros(1000))), Checkpoints(tmp_path / "c")
    for step in (1, 2, 3):
        state.x.assign(step)
        folder.save(state, step)
    state.x.assign(99)
    return state, folder


def test_the_two_newest_stay(saved):
    state, folder = saved
    assert sorted(os.listdir(folder.folder)) == ["ckpt-0000002", "ckpt-0000003"]
    path, damaged = folder.restore(state)
    assert (path.name, damaged, float(state.x)) == ("ckpt-0000003", [], 3.0)
    assert Checkpoints(folder.folder / "elsewhere").restore(state) == (None, [])


def data_file(path):
    return next(path.glob("variables.data*"))


def flip(path):
    content = bytearray(data_file(path).read_bytes())
    content[len(content) // 2] ^= 1
    data_file(path).write_bytes(content)


DAMAGES = {
    "truncated": lambda path: os.truncate(data_file(path), 100),
    "empty": lambda path: os.truncate(data_file(path), 0),
    "one bit": flip,
    "missing": lambda path: data_file(path).unlink(),
    "one too many": lambda path: (path / "variables.new").write_text(""),
    "no checksums": lambda path: (path / MANIFEST).unlink(),
    "half the checksums": lambda path: os.truncate(path / MANIFEST, 50),
    "other checksums": lambda path: (path / MANIFEST).write_text('["../../x"]'),
    "deep checksums": lambda path: (path / MANIFEST).write_text("[" * 100_000),
    "huge checksums": lambda path: os.truncate(path / MANIFEST, 2**40),
    "a pipe": lambda path: ((path / MANIFEST).unlink(), os.mkfifo(path / MANIFEST)),
    "a link to itself": lambda path: (data_file(path).unlink(), (path / "variables.index").unlink(),
                                      (path / "variables.index").symlink_to("variables.index")),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_is_named_and_the_one_before_it_is_used(saved, damage):
    state, folder = saved
    bad = folder.folder / "ckpt-0000003"
    DAMAGES[damage](bad)
    path, [(named, reason)] = folder.restore(state)
    assert (path.name, float(state.x), named) == ("ckpt-0000002", 2.0, bad) and reason
    assert bad.exists()  # who only reads, changes nothing
    assert folder.set_aside(bad).name == "ckpt-0000003.corrupt"
    assert folder.restore(state)[1] == []


def test_none_that_is_whole(saved):
    state, folder = saved
    for path in folder.paths():
        flip(path)
    with pytest.raises(ValueError, match="no checkpoint that is whole: ckpt-0000003 has a truncated or changed"):
        folder.restore(state)


@pytest.mark.parametrize("other", [{"x": tf.zeros(2)}, {"x": 0.0, "z": 0.0}, {"x": 0.0, "y": tf.zeros(1000), "z": 0.0}])
def test_another_model(saved, other):
    state = tf.train.Checkpoint(**{name: tf.Variable(value) for name, value in other.items()})
    with pytest.raises(ValueError, match="is of another model"):
        saved[1].restore(state)


class Killed(BaseException):
    """Nothing after it is run."""


@pytest.mark.parametrize("fault", [OSError("No space left on device"), Killed()])
@pytest.mark.parametrize(("step", "others"), [(4, 2), (3, 2), (3, 1)])
def test_a_fault_at_any_moment_of_writing_leaves_a_whole_checkpoint(saved, monkeypatch, fault, step, others):
    """Fails at the first, second, ... change of the disk, until a write gets through, of a new or an old step."""
    state, folder = saved
    for path in folder.paths()[:-others]:
        shutil.rmtree(path)
    for moment in range(100):
        left = iter(range(moment))

        def failing(function, left=left):
            def call(*args, **kwargs):
                if next(left, None) is None:
                    raise fault
                return function(*args, **kwargs)

            return call

        state.x.assign(step)
        with monkeypatch.context() as patch:
            for owner, name in [(os, "replace"), (os, "fsync"), (shutil, "rmtree"), (module.pathlib.Path, "mkdir"),
                                (tf.train.Checkpoint, "write"), (module, "write_json")]:  # fmt: skip
                patch.setattr(owner, name, failing(getattr(owner, name)))
            try:
                folder.save(state, step)
                break
            except (OSError, Killed):
                pass
        path, damaged = folder.restore(state)
        assert path.name in ("ckpt-0000002", "ckpt-0000003", "ckpt-0000004") and not damaged
        assert int(path.name[-1]) == state.x
    assert moment > 10
    folder.save(state, step)
    assert not [name for name in os.listdir(folder.folder) if name.startswith(".")]


def test_events_are_cut_and_go_on(tmp_path):
    events = Events(tmp_path)
    for step in range(5):
        events.scalars(step, {"train/a": step})
        events.image(step, "samples", b"a picture", (2, 3))
    [file] = tmp_path.iterdir()
    os.truncate(file, file.stat().st_size - 3)  # killed while the last picture was written
    events = Events(tmp_path)
    events.forget(lambda tag, step: step < 3 or tag == "samples")
    events.scalars(3, {"train/a": 3})
    found = [
        (event.step, value.tag)
        for path in tmp_path.iterdir()
        for record in tf.data.TFRecordDataset(str(path))
        for event in [tf.compat.v1.Event.FromString(record.numpy())]
        for value in event.summary.value
    ]
    assert sorted(found) == sorted([(s, n) for s in range(4) for n in ("train/a", "samples")])


def test_tensorboard_reads_the_events(tmp_path):
    events = Events(tmp_path / "new")
    events.scalars(3, {"train/a": np.float32(0.5)})
    events.image(4, "samples", b"GIF89a", (2, 3))
    events.text(0, "network.txt", "p(k)\np(h|k)")
    read = event_accumulator.EventAccumulator(str(tmp_path / "new")).Reload()
    plugins = {name: metadata.plugin_data.plugin_name for name, metadata in read.summary_metadata.items()}
    assert plugins == {"train/a": "scalars", "samples": "images", "network.txt": "text"}
    found = {name: [(e.step, tf.make_ndarray(e.tensor_proto).tolist()) for e in read.Tensors(name)] for name in plugins}
    assert found == {
        "train/a": [(3, 0.5)],
        "samples": [(4, [b"3", b"2", b"GIF89a"])],
        "network.txt": [(0, b"```\np(k)\np(h|k)\n```")],
    }


def test_events_that_can_not_be_written_are_an_error(tmp_path):
    events = Events(tmp_path)
    events.scalars(1, {"train/a": 1.0})
    [file] = tmp_path.iterdir()
    file.unlink()
    file.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        events.scalars(2, {"train/a": 2.0})


def framed(length):
    """The head of a record, with the right checksum of its length."""
    head = struct.pack("<Q", length)
    return head + struct.pack("<I", masked_crc32c(head))


@pytest.mark.parametrize("length", [2**44, 2**63, 2**64 - 1, 100, 0])
def test_an_event_of_a_length_that_is_not_there(tmp_path, length):
    events = Events(tmp_path)
    for step in range(3):
        events.scalars(step, {"train/a": step})
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    with open(file, "ab") as opened:
        opened.write(framed(length) + bytes(20))
    Events(tmp_path).forget(lambda tag, step: True)
    assert file.read_bytes() == whole


def test_checksums_are_those_of_other_tools(saved):
    path = saved[1].paths()[0]
    sums = json.loads((path / MANIFEST).read_text())
    listing = subprocess.run(["sha256sum", *sums], cwd=path, capture_output=True, text=True, check=True).stdout.split()
    assert sums == dict(zip(listing[1::2], listing[::2], strict=True))


@pytest.mark.parametrize("name", ["r[1]", "photos [2019]", "a*b", "a?b", "b\\c", "ü 漢"])
def test_a_folder_whose_name_is_a_pattern_is_itself(tmp_path, name):
    variable = tf.Variable(1.0)
    state = tf.train.Checkpoint(variable=variable)
    for folder, kept in (("axb", 2.0), (name, 3.0), ("r1", 4.0)):
        variable.assign(kept)
        Checkpoints(tmp_path / folder / "checkpoints").save(state, 1)
    found, damaged = Checkpoints(tmp_path / name / "checkpoints").restore(state)
    assert float(variable) == 3.0 and found.is_relative_to(tmp_path / name) and not damaged
