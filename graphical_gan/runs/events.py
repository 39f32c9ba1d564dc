"""TensorBoard's event files of a run: written as the run goes, and cut where it goes on.

They are written by Python and not by TensorFlow, whose writers keep errors of the disk to themselves.
"""

import os
import pathlib
import socket
import struct
import time
from collections.abc import Callable

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_tensor_proto

from graphical_gan.common.files import first_line, write_chunks

LONGEST = 2**28  # bytes of an event; films are far smaller
_FRAME = 16  # bytes about a record: its length with a checksum before it, its checksum after it


class Events:
    """Curves, pictures and texts for TensorBoard. Whatever fails on the disk is an OSError.

    Args:
        folder: of the event files.
    """

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self._file = None

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Points of curves, by name."""
        self._add(step, [scalar_pb(name, value).value[0] for name, value in values.items()])

    def image(self, step: int, name: str, content: bytes, size: tuple[int, int]) -> None:
        """A PNG, or a GIF, which plays, of (height, width)."""
        tensor = make_tensor_proto([str(size[1]).encode(), str(size[0]).encode(), content])
        metadata = image_metadata.create_summary_metadata(None, None)
        self._add(step, [Summary.Value(tag=name, metadata=metadata, tensor=tensor)])

    def text(self, step: int, name: str, text: str) -> None:
        """A text with its line breaks."""
        self._add(step, text_pb(name, f"```\n{text}\n```").value)

    def forget(self, keeps: Callable[[str, int], bool]) -> None:
        """Rewrites the files without some events, and without what a killed process left half-written.

        Args:
            keeps: from an event's name and step to whether it stays.
        """
        self._file = None
        for file in sorted(self._folder.glob("events.out.tfevents.*")):
            _rewrite(file, keeps)

    def _add(self, step, values):
        """Appends an event, and waits until it is on the disk."""
        events = [Event(wall_time=time.time(), step=step, summary=Summary(value=values))]
        if self._file is None:
            self._folder.mkdir(exist_ok=True)
            self._file = self._folder / f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}.{os.getpid()}"
            events.insert(0, Event(wall_time=time.time(), file_version="brain.Event:2"))
        with open(self._file, "ab") as opened:
            for event in events:
                RecordWriter(opened).write(event.SerializeToString())
            opened.flush()
            os.fsync(opened.fileno())


def _rewrite(file, keeps):
    if not file.is_file():
        raise ValueError(f"{file} is no plain file. Move it away.")
    count = 0

    def kept():
        nonlocal count
        for frame, record in _records(file):
            if _stays(record, keeps):
                count += 1
                yield frame

    write_chunks(file, kept())
    if count <= 1:  # the version alone
        file.unlink()


def _records(file):
    """The whole records of a file, up to its end or a damaged one, each with the bytes that it takes in the file."""
    sizes = _sizes(file)
    records = tf.data.TFRecordDataset(str(file)).take(len(sizes)).as_numpy_iterator()
    with open(file, "rb") as content:
        try:
            for size, record in zip(sizes, records, strict=False):
                yield content.read(size), record
        except tf.errors.DataLossError:
            return
        except tf.errors.OpError as error:
            raise OSError(f"{file}: {first_line(error)}") from error


def _sizes(file):
    """Bytes of each record that is whole by its length; TensorFlow would take the memory for any other too."""
    sizes, left = [], file.stat().st_size
    with open(file, "rb") as content:
        while left > _FRAME:
            [length] = struct.unpack("<Q", content.read(8))
            if not 0 < length <= min(left - _FRAME, LONGEST):
                break
            sizes.append(length + _FRAME)
            left -= sizes[-1]
            content.seek(sizes[-1] - 8, os.SEEK_CUR)
    return sizes


def _stays(record, keeps):
    try:
        event = Event.FromString(record)
    except DecodeError:
        return False
    return not event.HasField("summary") or all(keeps(value.tag, event.step) for value in event.summary.value)
