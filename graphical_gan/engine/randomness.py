"""Stateless random numbers: every draw is a function of (seed, step, purpose), and of whether XLA compiles it.

A resumed run is then the same run, seeds hold under XLA, and replicas together draw what one device would draw. XLA
makes other floats of the same random bits than TensorFlow's own kernels do, whatever the generator (`alg="philox"`
included), also for what tfp draws: `--jit` is therefore part of a run's identity.
"""

import dataclasses
import zlib

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Stream:
    """Where randomness comes from; split by purpose with `at`, never used twice for the same purpose.

    Attributes:
        seed: int32 [2].
        shard: int32 scalar, which part of the global batch this replica holds.
        shards: number of replicas, a Python int.
    """

    seed: tf.Tensor
    shard: tf.Tensor | int = 0
    shards: int = 1

    def at(self, purpose: str | int | tf.Tensor) -> "Stream":
        """The stream of a purpose: a name, or a number such as the step."""
        data = zlib.crc32(purpose.encode()) & 0x7FFFFFFF if isinstance(purpose, str) else purpose
        return dataclasses.replace(self, seed=tf.random.experimental.stateless_fold_in(self.seed, data))

    def draw(self, distribution) -> tf.Tensor:
        """One sample of a tfp distribution whose batch is this replica's part of the global batch.

        Replicas together draw what one device would where the distribution's sampler works row by row, as those of
        `Independent` and `RelaxedOneHotCategorical` do; with others the draws differ, not their distribution.
        """
        if self.shards == 1:
            return distribution.sample(seed=self.seed)
        # One draw of all shards lays its numbers out as the global batch would.
        return distribution.sample(self.shards, seed=self.seed)[self.shard]

    def draw_rows(self, distribution, rows: int) -> tf.Tensor:
        """`rows` independent samples, this replica's part of the global batch."""
        return distribution.sample(rows * self.shards, seed=self.seed)[self.shard * rows : (self.shard + 1) * rows]

    def part_of(self, batch: tf.Tensor) -> tf.Tensor:
        """This replica's part of a global batch."""
        if self.shards == 1:
            return batch
        return tf.reshape(batch, [self.shards, batch.shape[0] // self.shards, *batch.shape[1:]])[self.shard]

    def uniform(self, shape) -> tf.Tensor:
        """Uniform numbers in [0, 1) whose first axis is this replica's part of the global batch."""
        shape = tf.concat([[self.shards], shape], 0)
        return tf.random.stateless_uniform(shape, self.seed)[self.shard]


@dataclasses.dataclass(frozen=True)
class Streams:
    """Streams of equal parts of a batch, one after the other: the parts draw what they would draw alone."""

    parts: list[Stream]

    def at(self, purpose: str | int | tf.Tensor) -> "Streams":
        """The streams of a purpose."""
        return Streams([part.at(purpose) for part in self.parts])

    def uniform(self, shape) -> tf.Tensor:
        """Uniform numbers in [0, 1) whose first axis is the batch."""
        shape = tf.concat([[shape[0] // len(self.parts)], shape[1:]], 0)
        return tf.concat([part.uniform(shape) for part in self.parts], 0)


def make_stream(seed: int | tf.Tensor) -> Stream:
    """The stream of a run, from its `--seed`."""
    return Stream(tf.stack([tf.cast(seed, tf.int32), 0]))
