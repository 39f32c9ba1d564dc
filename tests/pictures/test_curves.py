"""The chart of scores by minutes holds what TensorBoard's events hold."""

import time

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

from benchmarks import curves


def _run(path, minutes, scores):
    """A run with a first event now, and scores so many minutes later."""
    writer, now = EventFileWriter(str(path / "tensorboard")), time.time()
    for step, (minute, score) in enumerate(zip(minutes, scores, strict=True)):
        value = Summary.Value(tag="validation/nmi", tensor=make_tensor_proto(np.float32(score)))
        writer.add_event(Event(wall_time=now + 60 * minute, step=step, summary=Summary(value=[value])))
    writer.close()


def test_a_curve_has_the_minutes_from_the_first_event(tmp_path):
    _run(tmp_path, [2, 5], [0.25, 0.5])
    minutes, scores = curves.curve(str(tmp_path), "nmi")
    np.testing.assert_allclose(minutes, [2, 5], atol=0.1)
    np.testing.assert_allclose(scores, [0.25, 0.5])


def test_a_run_that_was_stopped_is_refused(tmp_path):
    _run(tmp_path, [2, 50], [0.25, 0.5])
    with pytest.raises(SystemExit, match="stopped in between"):
        curves.curve(str(tmp_path), "nmi")
