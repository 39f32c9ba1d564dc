"""SavedModels of somebody else, loaded without letting them do anything but compute.

A SavedModel is a program: TensorFlow runs parts of it as soon as it is loaded. Here each operation of each function
that can be run is looked at before. It passes if TensorFlow has registered it as free of side effects, and it is none
of those few that read files, call Python or hide other graphs all the same; or if what it changes is in the memory of
the model alone. All others are refused, unknown ones among them. So is a SavedModel of TensorFlow 1, whose main graph
is run; that of TensorFlow 2 never is, nor are the functions that only it calls, which write checkpoints.
"""

import contextlib
import os
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry  # the only place that says which operations have effects

from graphical_gan.common.files import first_line, taken_literally

LARGEST = 2**28  # bytes of a saved_model.pb, which holds no weights
TRIES = 10  # of loading an export that is replaced meanwhile
_NEVER = re.compile(
    r".*(Dataset|File|PyFunc|Debug|Vocab|Proto|Reader|TPU|Tpu|Xla|Remote).*|ImmutableConst|SymbolicGradient|Abort"
)
_IN_MEMORY = re.compile(
    r"VarHandleOp|VarIsInitializedOp|VariableShape|(Read|Assign|AssignAdd|AssignSub)VariableOp|DisableCopyOnRead"
    r"|Resource(Gather|Scatter)\w+|ResourceGather|ResourceStridedSliceAssign|DestroyResourceOp"
    r"|(StatefulPartitionedCall|If|While|Case|Assert|CheckNumerics(V2)?|Empty|DeepCopy|GuaranteeConst)"
    r"|(Anonymous)?(Mutable(Dense)?)?HashTable(V2)?|LookupTable(Find|Insert|Remove|Size|Export|Import)V2|InitializeTableV2"
    r"|Random(Uniform(Int)?|StandardNormal|Gamma|PoissonV2|Shuffle)|Multinomial|(Parameterized)?TruncatedNormal"
    r"|Stateful(Uniform\w*|StandardNormalV2|TruncatedNormal|RandomBinomial)|StatelessRandomGetAlg|Rng\w+"
    r"|TensorArray(Close|Concat|Gather|Grad|Read|Scatter|Size|Split|Write)?V3|CudnnRNN\w*|Stack\w*V2"
)


def load_saved_model(path: pathlib.Path) -> Any:
    """What `tf.saved_model.load` gives, of a folder that may come from anywhere.

    An export may take its place meanwhile: then what was read may be of both, and is read again.

    Raises:
        ValueError: if it is damaged, or could do anything but compute.
    """
    for _ in range(TRIES):
        before = _identity(path)
        try:
            model = _load(path)
        except ValueError:
            if _identity(path) == before:
                raise
        else:
            if _identity(path) == before:
                return model
    raise ValueError(f"{path} was replaced {TRIES} times while it was loaded. Load it when no export is written there.")


def _identity(path):
    """What tells an export from another that takes its place; None where there is none."""
    with contextlib.suppress(OSError):
        found = os.stat(path / "saved_model.pb")
        return found.st_dev, found.st_ino, found.st_mtime_ns


def _load(path):
    _refuse_pipes(path)
    check_operations(runnable(_read(path / "saved_model.pb")), path)
    try:
        with taken_literally(path) as here:
            return tf.saved_model.load(str(here))
    except Exception as error:  # damaged ones fail in many ways
        raise ValueError(f"{path} can't be loaded: {first_line(error)}. Export it anew.") from error


def _refuse_pipes(path):
    """TensorFlow would wait for a pipe for ever, and read a device without an end."""
    for folder in (path, path / "variables", path / "assets"):
        for entry in folder.iterdir() if folder.is_dir() else ():
            if not (entry.is_file() or entry.is_dir()):
                raise ValueError(f"{entry} is neither a file nor a folder; expected a SavedModel. Export it anew.")


def draws_images(model: Any) -> bool:
    """Whether an exported model draws images, and neither clips nor vectors."""
    drawn = model.signatures["sample"].structured_outputs if "sample" in model.signatures else {}
    return [value.shape.rank for value in drawn.values()] == [4]


def check_operations(nodes: Iterable, path: pathlib.Path) -> None:
    """Refuses a graph that could do anything but compute."""
    bad = sorted({node.op for node in nodes if not _computes(node.op)})
    if bad:
        raise ValueError(
            f"{path} holds {', '.join(bad)}; expected operations that only compute, and neither touch files nor run "
            "other programs. Use a model whose maker you trust, exported without them."
        )


def _computes(name):
    operation = op_def_registry.get(name)
    if operation is None or _NEVER.fullmatch(name):
        return False
    return not operation.is_stateful or _IN_MEMORY.fullmatch(name) is not None


def _read(file):
    saved = saved_model_pb2.SavedModel()
    try:
        if not file.is_file() or file.stat().st_size > LARGEST:
            raise ValueError(f"no plain file of at most {LARGEST:,} bytes")
        saved.ParseFromString(file.read_bytes())
        [graph] = saved.meta_graphs
        if not graph.HasField("object_graph_def"):
            raise ValueError("it is none of TensorFlow 2")
    except (ValueError, DecodeError) as error:
        raise ValueError(f"{file} can't be loaded: {error}; expected a SavedModel. Export it anew.") from error
    return graph


def runnable(graph: tf.compat.v1.MetaGraphDef) -> Iterator:
    """The nodes of all functions of a SavedModel but those that nothing names apart from its main graph."""
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    named = set(_named(graph.object_graph_def))
    for name, function in functions.items():
        if "api_implements" in function.attr:  # TensorFlow may run it for another that says the same
            named.add(name)
        for node in function.node_def:
            named.update(called for value in node.attr.values() for called in _calls(value))
    for name in functions.keys() & named:
        yield from functions[name].node_def


def _named(objects):
    """The functions that the objects of a SavedModel are made of."""
    yield from objects.concrete_functions
    for node in objects.nodes:
        yield from node.function.concrete_functions
        yield node.bare_concrete_function.concrete_function_name


def _calls(value):
    return [value.func.name, *(function.name for function in value.list.func)]
