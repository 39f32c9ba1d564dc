"""Checkpoints: whole whenever the process dies, verified when read; events that go on."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator

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
    "no checksums": lambda path: (path / MANIFEST).unlink(),
    "half the checksums": lambda path: os.truncate(path / MANIFEST, 50),
    "other checksums": lambda path: (path / MANIFEST).write_text('["../../x"]'),
    "no names": lambda path: (path / MANIFEST).write_text("{}"),
    "names of elsewhere": lambda path: (path / MANIFEST).write_text(
        (path / MANIFEST).read_text().replace("variables.index", f"../{path.name}/variables.index")
    ),
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


@pytest.mark.parametrize("stray", [".DS_Store", "desktop.ini", "._variables.index", "variables.index (copy)"])
def test_what_other_programs_leave_in_a_checkpoint_is_none_of_its_business(saved, stray):
    state, folder = saved
    (folder.folder / "ckpt-0000003" / stray).write_text("x")
    (folder.folder / stray).write_text("x")
    path, damaged = folder.restore(state)
    assert (path.name, damaged, float(state.x)) == ("ckpt-0000003", [], 3.0) and folder.damaged() == []
    for step in (4, 5, 6):
        folder.save(state, step)  # the older ones are deleted all the same
    assert [path.name for path in folder.paths()] == ["ckpt-0000005", "ckpt-0000006"]


def test_none_that_is_whole(saved):
    state, folder = saved
    for path in folder.paths():
        flip(path)
    with pytest.raises(
        ValueError, match="no checkpoint that is whole: ckpt-0000003 has a missing, truncated or changed"
    ):
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
        before = sorted(os.listdir(folder.folder))
        with contextlib.suppress(ValueError):
            folder.restore(state)  # by a command that only reads
        assert sorted(os.listdir(folder.folder)) == before
        folder.put_back()
        path, damaged = folder.restore(state)
        assert path.name in ("ckpt-0000002", "ckpt-0000003", "ckpt-0000004") and not damaged
        assert int(path.name[-1]) == state.x
    assert moment > 10
    folder.save(state, step)
    assert not [name for name in os.listdir(folder.folder) if name.startswith(".")]


def write_session(folder, steps):
    events = Events(folder)
    events.start(steps[0])
    for step in steps:
        events.scalars(step, {"train/a": float(step)})


def read_by_python(folder):
    found = plugin_event_accumulator.EventAccumulator(str(folder)).Reload().Tensors("train/a")
    return [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in found]


SERVER = """
import json, sys
import tensorboard_data_server
from tensorboard.context import RequestContext
from tensorboard.data import server_ingester
from tensorboard.util.grpc_util import ChannelCredsType
server = server_ingester.SubprocessServerDataIngester(
    server_ingester.ServerBinary(tensorboard_data_server.server_binary(), tensorboard_data_server.__version__),
    sys.argv[1], reload_interval=0, channel_creds_type=ChannelCredsType.LOCAL,
)
server.start()
found, tries = {}, 0
while not found and (tries := tries + 1) < 100:
    found = server.data_provider.read_scalars(
        RequestContext(), experiment_id="", plugin_name="scalars", downsample=100
    )
print(json.dumps([(point.step, point.value) for point in found["."]["train/a"]]))
"""


def read_by_the_server(folder):
    """As the reader that TensorBoard starts by default."""
    done = subprocess.run([sys.executable, "-c", SERVER, str(folder)], capture_output=True, text=True, check=True)
    return [tuple(point) for point in json.loads(done.stdout)]


@pytest.mark.parametrize("read", [read_by_python, read_by_the_server])
def test_tensorboard_drops_what_a_killed_run_makes_again(tmp_path, monkeypatch, read):
    """Also where an event is half-written, and the clock was set back in between."""
    write_session(tmp_path, range(6))
    [file] = tmp_path.iterdir()
    os.truncate(file, file.stat().st_size - 3)
    monkeypatch.setattr(time, "time_ns", lambda: 5)
    for first in (3, 2):
        write_session(tmp_path, range(first, 6))
    assert read(tmp_path) == [(step, step) for step in range(6)]
    assert sorted(tmp_path.iterdir())[0] == file


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
