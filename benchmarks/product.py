"""The product's own trainer as a contestant."""

import time

import keras
import numpy as np
import tensorflow as tf

from benchmarks.minibatches import FRAMES, endless, minibatches
from benchmarks.profile import events
from benchmarks.worker import serve, settings
from graphical_gan import data
from graphical_gan.engine.randomness import make_stream
from graphical_gan.instances import gmgan, ssgan
from graphical_gan.settings import recipes
from graphical_gan.training.optimizers import adams
from graphical_gan.training.precision import compute_in
from graphical_gan.training.strategies import compiles, make_strategy
from graphical_gan.training.trainer import Trainer

INSTANCES = {
    "gmgan": (recipes.GMGAN, "mnist", gmgan.from_settings, data.DESCRIPTIONS),
    "ssgan": (recipes.SSGAN, "moving_mnist", ssgan.from_settings, data.CLIP_DESCRIPTIONS),
}


def make_trainer(model: str, **given) -> Trainer:
    """The trainer of an instance at the paper's size, with some settings of its own."""
    recipe, dataset, build, about = INSTANCES[model]
    chosen = recipe.resolve({"dataset": dataset} | given)
    strategy = make_strategy(chosen["strategy"], chosen["batch_size"])
    keras.utils.set_random_seed(0)
    with strategy.scope(), compute_in(chosen["precision"]):
        game = build(chosen, about[dataset])
        optimizers = adams(game, chosen["learning_rate"], chosen["precision"])
    names = ("update", "update_order", "precision", "seed")
    trainer = Trainer(game, optimizers, **{n: chosen[n] for n in names}, strategy=strategy)
    trainer.jit = compiles(chosen["jit"], strategy)
    return trainer


def make_data(*size):
    """An iterator over the minibatches of a size, see `minibatches`, as TensorFlow reads them."""
    specs = {n: tf.TensorSpec(v.shape, v.dtype) for n, v in minibatches(*size)[0].items()}
    return iter(tf.data.Dataset.from_generator(lambda: endless(*size), output_signature=specs).prefetch(4))


def dump(trainer: Trainer, model: str, path: str) -> None:
    """Writes weights, samples and costs, for a twin to compare with: it needs no noise of its own."""
    game, stream = trainer.game, make_stream(0)
    batch = minibatches(model, 8)[0]
    p = game.model.generate(stream, 8, training=True)
    q = game.model.infer({n: tf.constant(v) for n, v in batch.items()}, stream, training=True)
    verdict = game.factors.judge(p, q, stream)
    outcomes = game.players_outcome(verdict, stream), game.discriminators_outcome(verdict, stream)
    arrays = {f"{side}/{n}": v for side, s in (("p", p), ("q", q)) for n, v in s.values.items()}
    owners = {"model": game.model, "factors": game.factors}
    arrays |= {f"{n}/{i:03d}": v.value for n, o in owners.items() for i, v in enumerate(o.trainable_variables)}
    np.savez(path, costs=[float(o.cost) for o in outcomes], **{n: v.numpy() for n, v in arrays.items()})


def copies(trainer: Trainer, batches, steps: int) -> float:
    """Copies between the memory of the host and of the device, a step."""
    names = [name for name, _ in events(trainer, batches, steps)]
    return sum("MemcpyH2D" in name or "MemcpyD2H" in name for name in names) / steps


def matmul_peak(dtype: str, size: int = 2048, rounds: int = 9) -> float:
    """GFLOP/s of a large matrix product, the best of some rounds."""
    a = tf.Variable(tf.cast(tf.random.normal([size, size]), dtype))
    multiply = tf.function(lambda: tf.reduce_sum(tf.cast(tf.matmul(a, a)[0], tf.float32)))
    multiply()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        float(multiply())
        times.append(time.perf_counter() - began)
    return 2 * size**3 / min(times) / 1e9


def main() -> None:
    chosen = settings()
    model = chosen.pop("model")
    trainer = make_trainer(model, **chosen)
    batches = make_data(model, chosen["batch_size"], chosen.get("T", FRAMES))
    trainer.run(batches, 2)
    serve(
        lambda steps: trainer.run(batches, steps),
        dump=lambda path: dump(trainer, model, path),
        peak=matmul_peak,
        copies=lambda steps: copies(trainer, batches, steps),
    )


if __name__ == "__main__":
    main()
