"""TensorBoard's event files of a run: written as the run goes, and never changed.

Where a run goes on it starts a session there: TensorBoard drops later steps of the session before, and reads past an
event that a kill left half-written. Python writes them and not TensorFlow, whose writers keep errors of the disk to
themselves.
"""

import os
import pathlib
import socket
import time

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_tensor_proto


class Events:
    """Curves, pictures and texts for TensorBoard. Whatever fails on the disk is an OSError."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self._file = None

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Points of curves, by name."""
        self._add(step, summary=Summary(value=[scalar_pb(name, value).value[0] for name, value in values.items()]))

    def image(self, step: int, name: str, content: bytes, size: tuple[int, int]) -> None:
        """A PNG, or a GIF, which plays, of (height, width)."""
        tensor = make_tensor_proto([str(size[1]).encode(), str(size[0]).encode(), content])
        metadata = image_metadata.create_summary_metadata(None, None)
        self._add(step, summary=Summary(value=[Summary.Value(tag=name, metadata=metadata, tensor=tensor)]))

    def text(self, step: int, name: str, text: str) -> None:
        """A text with its line breaks."""
        self._add(step, summary=text_pb(name, f"```\n{text}\n```"))

    def start(self, step: int) -> None:
        """Begins a session, or another, in which a step is the next: what is there of it and of later ones is void."""
        self._add(step, session_log=SessionLog(status=SessionLog.START))

    def _add(self, step, **content):
        """Appends an event, and waits until it is on the disk."""
        events = [Event(wall_time=time.time(), step=step, **content)]
        if self._file is None:
            self._file = self._new_file()
            events.insert(0, Event(wall_time=time.time(), file_version="brain.Event:2"))
        with open(self._file, "ab") as opened:
            for event in events:
                RecordWriter(opened).write(event.SerializeToString())
            opened.flush()
            os.fsync(opened.fileno())

    def _new_file(self):
        """A name that comes after all others: TensorBoard reads in the order of names, and clocks are set back."""
        self._folder.mkdir(exist_ok=True)
        numbers = [file.name.split(".")[3] for file in self._folder.glob("events.out.tfevents.*")]
        last = max((int(number) for number in numbers if number.isdecimal()), default=0)
        number = max(time.time_ns(), last + 1)
        return self._folder / f"events.out.tfevents.{number}.{socket.gethostname()}.{os.getpid()}"
