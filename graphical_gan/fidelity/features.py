"""Networks whose features FID and KID compare, and whose class probabilities the Inception Score takes.

- Keras' InceptionV3 with its ImageNet weights, downloaded or from a file of weights.
- A SavedModel.
- The frozen graph of 2015, `classify_image_graph_def.pb`, which published Inception Scores were measured with.
"""

import dataclasses
import pathlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from graphical_gan.common import keras_defaults  # noqa: F401
from graphical_gan.common.array_cache import digest_of, digest_of_files
from graphical_gan.common.files import first_line
from graphical_gan.export.saved_models import check_operations, load_saved_model

BATCH = 100
_INCEPTION_SIZE = 299
_FEATURES, _PROBABILITIES, _LOGITS = ("features", "pool_3"), ("probabilities", "predictions"), ("logits",)


@dataclasses.dataclass(frozen=True, eq=False)
class FeatureNetwork:
    """A network of images.

    Attributes:
        name: as it stands in the names of metrics.
        digest: 16 hexadecimal digits of the hash of its weights.
        resize: how images come to its size, as it stands in the names of metrics.
        channels: that its images have; None for any.
        call: from uint8 [B, H, W, C] to features [B, D] and class probabilities [B, classes].
    """

    name: str
    digest: str
    resize: str
    channels: int | None
    call: Callable

    def apply(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features float32 [N, D] and class probabilities float32 [N, classes] of uint8 [N, H, W, C].

        Grey images are repeated over the channels where the network takes colour.

        Raises:
            ValueError: if the images don't fit the network.
        """
        features, probabilities = [], []
        for start in range(0, len(images), BATCH):
            found = self.call(self._fitting(images[start : start + BATCH]))
            for parts, part in zip((features, probabilities), found, strict=True):
                parts.append(np.asarray(part, np.float32))
        return np.concatenate(features), np.concatenate(probabilities)

    def _fitting(self, images):
        if self.channels in (None, images.shape[3]):
            return images
        if images.shape[3] == 1:
            return images.repeat(self.channels, axis=3)
        raise ValueError(
            f"The network {self.name} takes images of {self.channels} channels, and these have {images.shape[3]}. "
            "Give another --network, such as classifier, or other images."
        )


def load_network(where: str) -> FeatureNetwork:
    """A network by name or file.

    Args:
        where: "inception" for Keras' InceptionV3, which downloads its weights once; or a file: its weights
            (.h5 or .keras), a frozen graph (.pb), or the folder of a SavedModel.

    Raises:
        ValueError: if it can't be had, or is of another kind.
    """
    path = pathlib.Path(where).expanduser()
    if where == "inception":
        return _keras_inception("imagenet", "--network=inception: its weights can't be downloaded")
    if path.suffix == ".pb" and path.is_file():
        return frozen_graph(path)
    if (path / "saved_model.pb").is_file():
        return saved_model(path)
    if path.suffix in (".h5", ".keras") and path.is_file():
        return _keras_inception(str(path), f"--network={path} holds no weights of Keras' InceptionV3")
    raise ValueError(
        f"--network={where} is no network; expected classifier, inception, a frozen graph (.pb), the folder of a "
        "SavedModel, or InceptionV3's weights (.h5). Give another path."
    )


def _keras_inception(weights, complaint):
    try:
        whole = keras.applications.InceptionV3(weights=weights)
    except Exception as error:  # downloads and readers of weights fail in many ways, all of them the user's to mend
        raise ValueError(f"{complaint}: {first_line(error)}. Give a file that you have with --network=FILE.") from error
    return keras_inception(whole)


def keras_inception(whole: keras.Model) -> FeatureNetwork:
    """Keras' InceptionV3: the pooled features, 2,048 of them, and ImageNet's 1,000 classes."""
    both = keras.Model(whole.inputs, [whole.get_layer("avg_pool").output, whole.output])

    @tf.function(reduce_retracing=True)
    def call(images):
        size = (_INCEPTION_SIZE, _INCEPTION_SIZE)
        return both(tf.image.resize(tf.cast(images, tf.float32), size) / 127.5 - 1, training=False)

    digest = digest_of(w.tobytes() for w in whole.get_weights())
    return FeatureNetwork("keras", digest, f"bilinear{_INCEPTION_SIZE}", 3, call)


def saved_model(path: pathlib.Path) -> FeatureNetwork:
    """A SavedModel whose default signature maps images to features and class probabilities.

    Its one input is uint8 [B, H, W, C] in [0, 255], or float32 in [-1, 1]; images are resized bilinearly where H and W
    are fixed. Its outputs are "features" (or "pool_3") [B, ...], and "probabilities" or "logits" [B, classes].

    Raises:
        ValueError: if it has no such signature.
    """
    loaded = load_saved_model(path)
    signature = loaded.signatures.get("serving_default")
    inputs = list(signature.structured_input_signature[1].items()) if signature else []
    outputs = signature.structured_outputs if signature else {}
    features = next((n for n in _FEATURES if n in outputs), None)
    classes = next((n for n in (*_PROBABILITIES, *_LOGITS) if n in outputs), None)
    fits = len(inputs) == 1 and inputs[0][1].shape.rank == 4 and inputs[0][1].dtype in (tf.uint8, tf.float32)
    if not (fits and features and classes):
        raise ValueError(
            f"--network={path} has no signature serving_default from images [B, H, W, C] to features and probabilities "
            f"or logits; its outputs are {', '.join(outputs) or 'none'}. Export one that has."
        )
    (name, spec), keep = inputs[0], loaded
    height, width, channels = spec.shape[1:]

    def call(images, keep=keep):
        given = tf.convert_to_tensor(images)
        if height and tuple(given.shape[1:3]) != (height, width):
            given = tf.image.resize(given, (height, width))
        of_bytes = spec.dtype == tf.uint8
        given = tf.cast(tf.round(given), tf.uint8) if of_bytes else tf.cast(given, tf.float32) / 127.5 - 1
        found = signature(**{name: given})
        probabilities = tf.nn.softmax(found[classes]) if classes in _LOGITS else found[classes]
        return tf.reshape(found[features], [len(images), -1]), probabilities

    resize = f"bilinear{height}" if height else "unresized"
    return FeatureNetwork("savedmodel", digest_of_files(path), resize, channels, call)


def frozen_graph(path: pathlib.Path) -> FeatureNetwork:
    """The Inception network of 2015, which the scores of the paper were measured with.

    It takes images in [0, 255] and resizes them itself. As in the published scores, the class probabilities leave the
    bias of the last layer out: they are the softmax of the pooled features times its weights.

    Raises:
        ValueError: if the file is no such graph.
    """
    graph_def = tf.compat.v1.GraphDef()
    try:
        graph_def.ParseFromString(path.read_bytes())
    except Exception as error:  # protobuf's own error is no public class on all of its back ends
        raise ValueError(f"--network={path} is no frozen graph: {error}. Give classify_image_graph_def.pb.") from error
    functions = [node for function in graph_def.library.function for node in function.node_def]
    check_operations([*graph_def.node, *functions], path)
    nodes = {node.name for node in graph_def.node}
    missing = {"ExpandDims", "pool_3", "softmax/logits/MatMul"} - nodes
    if missing:
        raise ValueError(
            f"--network={path} is a graph of another kind: it has no {', '.join(sorted(missing))}. "
            "Give classify_image_graph_def.pb of 2015."
        )
    # A session, as the graph uses operations that today's functions refuse in a graph of their own version.
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, [None, None, None, 3])
        pooled, product = tf.import_graph_def(
            graph_def, {"ExpandDims:0": images}, ["pool_3:0", "softmax/logits/MatMul"], name=""
        )
        features = tf.reshape(pooled, [tf.shape(images)[0], product.inputs[1].shape[0]])
        probabilities = tf.nn.softmax(features @ product.inputs[1])
    session = tf.compat.v1.Session(graph=graph)

    def call(batch):
        return session.run((features, probabilities), {images: batch.astype(np.float32)})

    return FeatureNetwork("graph2015", digest_of_files(path), f"bilinear{_INCEPTION_SIZE}", 3, call)
