"""TensorBoard's event files of a run: written as the run goes, and cut where it goes on."""

import contextlib
import os
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from graphical_gan.files import first_line


class Events:
    """Curves, pictures and texts for TensorBoard.

    Args:
        folder: of the event files.
    """

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self._writer = None

    def scalar(self, step: int, name: str, value: float) -> None:
        """A point of a curve."""
        with self._open(step):
            tf.summary.scalar(name, value)

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        """A picture, uint8 [H, W, C]."""
        with self._open(step):
            tf.summary.image(name, pixels[None])

    def film(self, step: int, name: str, gif: bytes, size: tuple[int, int]) -> None:
        """A GIF of (height, width), which plays."""
        image = tf.stack([str(size[1]).encode(), str(size[0]).encode(), gif])
        metadata = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "images"})
        with self._open(step):
            tf.summary.write(name, image, metadata=metadata)

    def text(self, step: int, name: str, text: str) -> None:
        """A text with its line breaks."""
        with self._open(step):
            tf.summary.text(name, f"```\n{text}\n```")

    def flush(self) -> None:
        """Writes out what is not yet in the files.

        Raises:
            OSError: if that is not possible.
        """
        if self._writer is not None:
            with self._disk_errors():
                self._writer.flush()

    def forget(self, keeps: Callable[[str, int], bool]) -> None:
        """Rewrites the files without some events, and without what a killed process left half-written.

        Args:
            keeps: from an event's name and step to whether it stays.

        Raises:
            OSError: if that is not possible.
        """
        with self._disk_errors():
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            for file in sorted(self._folder.glob("events.out.tfevents.*")):
                self._rewrite(file, keeps)

    def _rewrite(self, file, keeps):
        if not file.is_file():
            raise ValueError(f"{file} is no plain file. Move it away.")
        beside, count = file.with_name(f".{file.name}.new"), 0
        with tf.io.TFRecordWriter(str(beside)) as writer:
            for record in _records(file):
                if _stays(record, keeps):
                    writer.write(record)
                    count += 1
        os.replace(beside, file)
        if count <= 1:  # the version alone
            file.unlink()

    @contextlib.contextmanager
    def _disk_errors(self):
        try:
            yield
        except tf.errors.OpError as error:
            raise OSError(f"{self._folder}: {first_line(error)}") from error

    def _open(self, step):
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self._folder))
        return self._writer.as_default(step=step)


def _records(file):
    """The whole records of a file, up to its end or a damaged one."""
    try:
        for record in tf.data.TFRecordDataset(str(file)):
            yield record.numpy()
    except tf.errors.DataLossError:
        return


def _stays(record, keeps):
    try:
        event = tf.compat.v1.Event.FromString(record)
    except DecodeError:
        return False
    return not event.HasField("summary") or all(keeps(value.tag, event.step) for value in event.summary.value)
