"""Images a second of the exported model's `sample`, beside the generator called in Python: GMGAN-L on MNIST.

python -m benchmarks.sampling
"""

import pathlib
import statistics
import tempfile
import time

import tensorflow as tf

from benchmarks.product import make_trainer
from benchmarks.race import one_thread
from graphical_gan.common import scaling
from graphical_gan.export.images import ImageFunctions
from graphical_gan.export.saving import export

BATCHES = (1, 10, 100, 1000)
ROUNDS, SECONDS = 9, 0.3  # rounds of each batch size, and time of each of them


def images_per_second(draw, n: int) -> float:
    """Of a function that draws n images, which is called for a while."""
    calls, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        draw().numpy()
        calls += 1
    return calls * n / (time.perf_counter() - began)


def main() -> None:
    """Prints a table; contestants take turns, and the ratio is the median of those within a round."""
    one_thread()
    model = make_trainer("gmgan").game.model
    generator, latent = model.generative["x"], model.generative["h"].means.shape[1]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "saved_model"
        export(ImageFunctions(model, (28, 28, 1), scaling.UNIT), path)
        exported = tf.saved_model.load(path)
    print("| images at once | exported `sample`, images/s | generator in Python, images/s | ratio |\n|---|---|---|---|")
    for n in BATCHES:
        contestants = (
            lambda n=n: exported.sample(n, -1, 0),
            lambda n=n: generator(tf.random.normal([n, latent]), training=False),
        )
        for draw in contestants:
            draw()
        found = [[images_per_second(draw, n) for draw in contestants] for _ in range(ROUNDS)]
        ours, theirs = (statistics.median(speeds) for speeds in zip(*found, strict=True))
        print(f"| {n} | {ours:.0f} | {theirs:.0f} | {statistics.median(a / b for a, b in found):.2f} |", flush=True)


if __name__ == "__main__":
    main()
