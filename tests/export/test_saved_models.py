"""SavedModels of somebody else: what they hold is looked at before TensorFlow runs any of it."""

import os

import pytest
import tensorflow as tf

from graphical_gan.export.saved_models import LARGEST, load_saved_model
from graphical_gan.fidelity.features import load_network
from graphical_gan.runs import reopen

HARM = {
    "WriteFile": lambda file: tf.io.write_file(file, "written on load"),
    "ReadFile": lambda file: tf.io.read_file(file),
    "MatchingFiles": lambda file: tf.io.matching_files(file),
    "EagerPyFunc": lambda file: tf.py_function(lambda: 1.0, [], tf.float32),
    "PyFunc": lambda file: tf.numpy_function(lambda: 1.0, [], tf.float32),
    "PyFuncStateless": lambda file: tf.numpy_function(lambda: 1.0, [], tf.float32, stateful=False),
    "PrintV2": lambda file: tf.print("x", output_stream=f"file://{file}"),
    "SaveV2": lambda file: tf.raw_ops.SaveV2(prefix=file, tensor_names=["x"], shape_and_slices=[""], tensors=[1.0]),
    "TFRecordDataset": lambda file: tf.data.TFRecordDataset(file).reduce(0, lambda a, b: a),
    "DebugIdentity": lambda file: tf.raw_ops.DebugIdentity(input=1.0, debug_urls=[f"file://{file}"]),
}


class Tricky(tf.saved_model.experimental.TrackableResource):
    """Does something when it is loaded."""

    def __init__(self, harm, nested):
        super().__init__()
        self.harm, self.nested = harm, nested

    def _create_resource(self):
        return tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], shared_name="r")

    def _initialize(self):
        (tf.function(self.harm) if self.nested else self.harm)()

    def _destroy_resource(self):
        pass


def saved(path, harm, nested=False):
    module = tf.Module()
    module.resource = Tricky(harm, nested)
    tf.saved_model.save(module, str(path))
    return path


@pytest.mark.parametrize("operation", HARM)
def test_what_does_more_than_compute_is_refused(tmp_path, operation):
    file = str(tmp_path / "written")
    model = saved(tmp_path / "model", lambda: HARM[operation](file) is None, nested=operation == "WriteFile")
    for load in (load_saved_model, lambda path: reopen.exported_samples(path, 1, 0), lambda path: load_network(path)):
        with pytest.raises(ValueError, match=f"model holds .*{operation}.*; expected operations that only compute"):
            load(model)
    assert not os.path.exists(file)


class Fair(tf.Module):
    """Much of what a model has: variables, tables, loops, branches, random numbers, arrays."""

    def __init__(self):
        super().__init__()
        self.v = tf.Variable([1.0, 2.0])
        values = tf.lookup.KeyValueTensorInitializer([0, 1], [3.0, 4.0])
        self.table = tf.lookup.StaticHashTable(values, 0.0)

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64)])
    def f(self, n):
        found = tf.TensorArray(tf.float32, 0, dynamic_size=True)
        for i in tf.range(tf.cast(n, tf.int32)):
            found = found.write(i, tf.reduce_sum(self.v) + 0 * tf.random.normal([]))
        if n > 1:
            self.v.assign_add([1.0, 1.0])
        tf.debugging.Assert(n < 9, [n])
        return tf.reduce_sum(found.stack()) + self.table.lookup(tf.cast(n - 1, tf.int32))


def test_what_only_computes_is_loaded(tmp_path):
    tf.saved_model.save(Fair(), str(tmp_path))
    loaded = load_saved_model(tmp_path)
    assert [float(loaded.f(tf.constant(n, tf.int64))) for n in (1, 2, 1)] == [6.0, 10.0, 8.0]


def test_damaged_models(tmp_path):
    tf.saved_model.save(Fair(), str(tmp_path))
    os.truncate(tmp_path / "variables" / "variables.index", 9)
    with pytest.raises(ValueError, match="can't be loaded: .*Export it anew"):
        load_saved_model(tmp_path)
    for size in (40, 0, LARGEST + 1):
        os.truncate(tmp_path / "saved_model.pb", size)
        with pytest.raises(ValueError, match="saved_model.pb can't be loaded: .*; expected a SavedModel. Export it"):
            load_saved_model(tmp_path)


def test_one_of_tensorflow_1_is_refused(tmp_path):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        one = tf.constant(1.0)
        tf.compat.v1.saved_model.simple_save(session, str(tmp_path / "old"), {"x": one}, {"y": one})
    with pytest.raises(ValueError, match="none of TensorFlow 2"):
        load_saved_model(tmp_path / "old")
