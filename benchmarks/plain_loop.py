"""The plainest TensorFlow loop over the two updates of GMGAN-L on 28x28, width 64, as a contestant.

It is what a user would write: Keras' ready-made layers, a `tf.function`, a Python `for`.
"""

import keras
import tensorflow as tf

from benchmarks.minibatches import endless
from benchmarks.worker import serve, settings

K, D = 30, 128
L = keras.layers


def networks():
    """Generator, extractor, D(x, h), D(h, k) and the means, as in the released code on MNIST."""
    leaky = lambda: L.LeakyReLU(negative_slope=0.2)  # noqa: E731
    norm = lambda: L.BatchNormalization(epsilon=1e-5)  # noqa: E731
    generator = keras.Sequential([
        L.Input([D]), L.Dense(4096), norm(), L.ReLU(), L.Reshape([4, 4, 256]),
        L.Conv2DTranspose(128, 5, 2, "same"), norm(), L.ReLU(), L.Cropping2D([[0, 1], [0, 1]]),
        L.Conv2DTranspose(64, 5, 2, "same"), norm(), L.ReLU(), L.Conv2DTranspose(1, 5, 2, "same", activation="sigmoid"),
    ])  # fmt: skip
    extractor = keras.Sequential([
        L.Input([28, 28, 1]), L.Conv2D(64, 5, 2, "same"), leaky(), L.Conv2D(128, 5, 2, "same"), norm(), leaky(),
        L.Conv2D(256, 5, 2, "same"), norm(), leaky(), L.Flatten(), L.Dense(D),
    ])  # fmt: skip
    x, h = L.Input([28, 28, 1]), L.Input([D])
    features = x
    for filters in (64, 128, 256):
        features = leaky()(L.Conv2D(filters, 5, 2, "same")(features))
    joint = L.Concatenate()([L.Flatten()(features), leaky()(L.Dense(512)(h))])
    image_discriminator = keras.Model([x, h], L.Dense(1)(leaky()(L.Dense(512)(joint))))
    hidden = [layer for _ in range(3) for layer in (L.Dense(512), leaky())]
    vector_discriminator = keras.Sequential([L.Input([D + K]), *hidden, L.Dense(1)])
    return generator, extractor, image_discriminator, vector_discriminator, tf.Variable(tf.random.normal([K, D]))


def plain_step(batch):
    """A function of two minibatches of a size that makes one alternating step."""
    generator, extractor, d_x, d_h, means = networks()
    players = generator.trainable_variables + extractor.trainable_variables
    players = [v.value for v in players] + [means]
    discriminators = [v.value for v in d_x.trainable_variables + d_h.trainable_variables]
    adams = [keras.optimizers.Adam(2e-4, 0.5, 0.999, 1e-8) for _ in range(2)]
    adams[0].build(players)
    adams[1].build(discriminators)

    def logits(x):
        # p(k) p(h|k) p(x|h) and q(h|x) q(k|h)
        k_p = tf.one_hot(tf.random.uniform([batch], 0, K, tf.int32), K)
        h_p = k_p @ means + tf.random.normal([batch, D])
        x_p = generator(h_p, training=True)
        h_q = extractor(x, training=True)
        gumbel = -tf.math.log(-tf.math.log(tf.random.uniform([batch, K], 1e-20)))
        k_q = tf.nn.softmax((h_q @ tf.transpose(means) - tf.reduce_sum(means**2, 1) / 2 + gumbel) / 0.1)
        on_p = d_x([x_p, h_p]), d_h(tf.concat([h_p, k_p], 1))
        return on_p, (d_x([x, h_q]), d_h(tf.concat([h_q, k_q], 1)))

    def update(x, adam, variables, sign):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            p, q = logits(x)
            costs = [tf.nn.softplus(sign * a) for a in p] + [tf.nn.softplus(-sign * a) for a in q]
            cost = tf.add_n([tf.reduce_mean(c) for c in costs]) / 2
        adam.apply(tape.gradient(cost, variables), variables)
        return cost

    @tf.function
    def step(first, second):
        return update(first, adams[0], players, -1), update(second, adams[1], discriminators, 1)

    return step


def main():
    batch = settings()["batch_size"]
    batches, step = endless("gmgan", batch), plain_step(batch)

    def run(steps):
        for _ in range(steps):
            costs = step(tf.constant(next(batches)["x"]), tf.constant(next(batches)["x"]))
        float(costs[0])

    run(2)
    serve(run)


if __name__ == "__main__":
    main()
