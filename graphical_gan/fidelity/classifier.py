"""A small classifier of a labelled data set: a network of features where Inception's weights or sizes don't fit."""

import keras
import numpy as np
import tensorflow as tf

from graphical_gan.common.array_cache import digest_of, remembered
from graphical_gan.fidelity.features import FeatureNetwork

EPOCHS, BATCH, FEATURES = 3, 100, 128


def classifier_network(images, labels, held_out, cache) -> tuple[FeatureNetwork, float]:
    """The classifier of a data set, from the cache if it has been trained before.

    Use it for scores of samples of 28x28 digits and the like, which need no download then. Scores on its features
    compare with one another, never with published ones.

    Args:
        images: uint8 [N, H, W, C] that it learns from.
        labels: int [N], from 0.

    Returns:
        The network, and its accuracy on what was held out, in [0, 1].
    """
    key = {"images": digest_of([images.tobytes()]), "labels": digest_of([labels.tobytes()]), "epochs": EPOCHS}
    whole = _build(images.shape[1:], int(labels.max()) + 1)

    def make():
        _fit(whole, images, labels)
        return {f"{i:02}": weights for i, weights in enumerate(whole.get_weights())}

    weights = remembered(cache, "classifier", key, make)
    whole.set_weights([weights[name] for name in sorted(weights)])
    digest = digest_of(weights[name].tobytes() for name in sorted(weights))
    call = tf.function(lambda batch: whole(batch, training=False), reduce_retracing=True)
    network = FeatureNetwork("classifier", digest, "unresized", images.shape[3], call)
    accuracy = np.mean(network.apply(held_out[0])[1].argmax(1) == held_out[1])
    return network, float(accuracy)


def _build(shape, classes):
    seeds = iter(range(4))

    def weights():
        return keras.initializers.HeUniform(seed=next(seeds))

    inputs = keras.Input(shape)
    x = keras.layers.Rescaling(1 / 255)(inputs)
    for channels in (32, 64):
        x = keras.layers.Conv2D(channels, 3, padding="same", activation="relu", kernel_initializer=weights())(x)
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Flatten()(x)
    features = keras.layers.Dense(FEATURES, activation="relu", kernel_initializer=weights())(x)
    probabilities = keras.layers.Dense(classes, activation="softmax", kernel_initializer=weights())(features)
    return keras.Model(inputs, [features, probabilities])


def _fit(whole, images, labels):
    learner = keras.Model(whole.inputs, whole.outputs[1])
    learner.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    epochs = max(EPOCHS, -(-10_000 // len(images)))  # a small set is seen more often
    for _ in range(epochs):
        order = rng.permutation(len(images))
        learner.fit(images[order], labels[order], batch_size=BATCH, shuffle=False, verbose=0)
