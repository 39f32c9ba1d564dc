"""Feature networks: a small SavedModel and a small frozen graph of the layout of 2015, made here."""

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan.fidelity import features
from graphical_gan.fidelity.features import load_network

RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(size=(12, 5)).astype(np.float32)
IMAGES = RNG.integers(0, 256, (250, 8, 8, 3), np.uint8)


def softmax(logits):
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    return exponents / exponents.sum(1, keepdims=True)


def export(path, size, dtype, outputs):
    """A SavedModel with 2 x 2 means of each channel, of images of some size, as features."""

    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.weights = tf.Variable(WEIGHTS)

        @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], dtype)])
        def __call__(self, images):
            pooled = tf.nn.avg_pool2d(tf.cast(images, tf.float32), size // 2, size // 2, "VALID")
            features = tf.reshape(pooled, [-1, 12])
            logits = features @ self.weights / 100
            found = {"features": features, "logits": logits, "probabilities": tf.nn.softmax(logits), "other": logits}
            return {name: found[name] for name in outputs}

    net = Net()
    tf.saved_model.save(net, str(path), signatures=net.__call__)
    return path


def frozen(path):
    """A graph with the node names, the old version and the removed operation of the one of 2015."""
    with tf.Graph().as_default() as graph:
        decoded = tf.compat.v1.placeholder(tf.float32, [8, 8, 3], name="DecodeJpeg")
        images = tf.raw_ops.ExpandDims(input=decoded, axis=0, name="ExpandDims")
        resized = tf.raw_ops.ResizeBilinear(images=images, size=[4, 4], name="ResizeBilinear")
        pooled = tf.nn.avg_pool2d(resized, 2, 2, "VALID")
        normal = tf.raw_ops.Identity(input=pooled, name="pool_3/before")
        pool = tf.raw_ops.Identity(input=tf.reshape(normal, [-1, 1, 1, 12]), name="pool_3")
        flat = tf.reshape(pool, [1, 12], name="pool_3/_reshape")
        tf.raw_ops.MatMul(a=flat, b=tf.constant(WEIGHTS / 100), name="softmax/logits/MatMul")
    graph_def = graph.as_graph_def()
    before = next(n for n in graph_def.node if n.name == "pool_3/before")
    before.op = "BatchNormWithGlobalNormalization"  # removed from TensorFlow's own graphs at version 9
    for name, value in (("mean", 3.0), ("variance", 4.0), ("beta", 1.0), ("gamma", 2.0)):
        node = graph_def.node.add(name=f"norm/{name}", op="Const")
        node.attr["dtype"].type = tf.float32.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto([value] * 3, tf.float32))
        before.input.append(node.name)
    before.attr["variance_epsilon"].f = 0.0
    before.attr["scale_after_normalization"].b = True
    graph_def.versions.producer = 8
    path.write_bytes(graph_def.SerializeToString())
    return path


def means(images):
    return images.astype(np.float32).reshape(-1, 2, images.shape[1] // 2, 2, images.shape[2] // 2, 3).mean((2, 4))


def test_saved_model_of_uint8(tmp_path):
    net = load_network(str(export(tmp_path / "net", 8, tf.uint8, ["features", "logits"])))
    seen, probabilities = net.apply(IMAGES)
    expected = means(IMAGES).reshape(-1, 12)
    np.testing.assert_allclose(seen, expected, rtol=1e-5)
    np.testing.assert_allclose(probabilities, softmax(expected @ WEIGHTS / 100), rtol=1e-3, atol=1e-6)
    assert (net.name, net.resize, net.channels) == ("savedmodel", "bilinear8", 3)


def test_saved_model_of_floats_is_given_minus_one_to_one_and_its_own_size(tmp_path):
    net = load_network(str(export(tmp_path / "net", 4, tf.float32, ["features", "probabilities"])))
    seen, probabilities = net.apply(IMAGES)
    resized = tf.image.resize(IMAGES, (4, 4)).numpy() / 127.5 - 1
    np.testing.assert_allclose(seen, means(resized).reshape(-1, 12), atol=1e-4)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    grey, _ = net.apply(IMAGES[..., :1])
    np.testing.assert_allclose(grey, net.apply(IMAGES[..., :1].repeat(3, 3))[0])


def test_a_changed_weight_changes_the_digest(tmp_path, monkeypatch):
    first = load_network(str(export(tmp_path / "a", 8, tf.uint8, ["features", "logits"]))).digest
    frozen_digest = load_network(str(frozen(tmp_path / "a.pb"))).digest
    monkeypatch.setitem(globals(), "WEIGHTS", WEIGHTS + 1)
    assert load_network(str(export(tmp_path / "c", 8, tf.uint8, ["features", "logits"]))).digest != first
    assert load_network(str(frozen(tmp_path / "b.pb"))).digest != frozen_digest


def test_frozen_graph(tmp_path):
    net = load_network(str(frozen(tmp_path / "classify_image_graph_def.pb")))
    seen, probabilities = net.apply(IMAGES)
    corners = IMAGES[:, ::2, ::2].astype(np.float32)  # what the old ResizeBilinear makes of half the size
    expected = ((means(corners) - 3) / 2 * 2 + 1).reshape(-1, 12)
    np.testing.assert_allclose(seen, expected, rtol=1e-4)
    np.testing.assert_allclose(probabilities, softmax(expected @ WEIGHTS / 100), rtol=1e-3, atol=1e-6)
    assert (net.name, net.channels) == ("graph2015", 3)
    with pytest.raises(ValueError, match="3 channels, and these have 2"):
        net.apply(IMAGES[..., :2])


def test_a_frozen_graph_that_writes_is_refused(tmp_path):
    graph_def = tf.compat.v1.GraphDef.FromString(frozen(tmp_path / "a.pb").read_bytes())
    graph_def.node.add(name="w", op="WriteFile")
    (tmp_path / "b.pb").write_bytes(graph_def.SerializeToString())
    with pytest.raises(ValueError, match="b.pb holds WriteFile; expected operations that only compute"):
        load_network(str(tmp_path / "b.pb"))


def test_files_of_the_wrong_kind(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.constant(1.0)
    (tmp_path / "other.pb").write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(ValueError, match="another kind: it has no ExpandDims, pool_3, softmax"):
        load_network(str(tmp_path / "other.pb"))
    (tmp_path / "text.pb").write_text("no graph")
    with pytest.raises(ValueError, match="no frozen graph"):
        load_network(str(tmp_path / "text.pb"))
    with pytest.raises(ValueError, match="outputs are other.* Export one that has"):
        load_network(str(export(tmp_path / "net", 8, tf.uint8, ["other"])))
    (tmp_path / "weights.h5").write_text("no weights")
    with pytest.raises(ValueError, match="holds no weights of Keras' InceptionV3"):
        load_network(str(tmp_path / "weights.h5"))
    with pytest.raises(ValueError, match="is no network; expected classifier, inception"):
        load_network(str(tmp_path / "missing"))


@pytest.mark.slow
def test_keras_inception_sees_what_its_own_preprocessing_gives():
    import keras

    whole = keras.applications.InceptionV3(weights=None)
    net = features.keras_inception(whole)
    seen, probabilities = net.apply(IMAGES[:3])
    prepared = keras.applications.inception_v3.preprocess_input(tf.image.resize(IMAGES[:3], (299, 299)).numpy())
    np.testing.assert_allclose(probabilities, whole(prepared, training=False), rtol=1e-3, atol=1e-5)
    assert seen.shape == (3, 2048) and probabilities.shape == (3, 1000) and net.resize == "bilinear299"
