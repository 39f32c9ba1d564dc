"""A picture of samples from an exported model: `python -m graphical_gan.sample EXPORT --k=3 --n=64 --out=grid.png`."""

import pathlib

from absl import flags

from graphical_gan import commands

K = flags.DEFINE_integer("k", None, "component to sample from; by default each image draws its own", lower_bound=0)
N = flags.DEFINE_integer("n", 64, "number of images", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "of the noise", lower_bound=0)
COLUMNS = flags.DEFINE_integer("columns", 8, "of the picture", lower_bound=1)
OUT = flags.DEFINE_string("out", "samples.png", "PNG file to write")


def main(argv: list[str]) -> None:
    with commands.user_errors():
        if len(argv) != 2:
            raise ValueError(f"{len(argv) - 1} exports are given; expected one: sample EXPORT. See --help.")
        path = pathlib.Path(argv[1])
        if not (path / "saved_model.pb").is_file():
            raise ValueError(f"{path} is no SavedModel. Name the folder saved_model of a finished run.")

    import tensorflow as tf

    from graphical_gan import summaries

    with commands.user_errors():
        model = tf.saved_model.load(str(path))
        images = model.sample(N.value, seed=SEED.value, **_component(model))
        summaries.save_png(OUT.value, summaries.grid(summaries.to_uint8(images, (0.0, 1.0)), COLUMNS.value))
    print(f"{N.value} samples in {OUT.value}")


def _component(model):
    if K.value is None:
        return {}
    components = int(model.components)
    if K.value >= components:
        raise ValueError(f"--k={K.value}, but the model has {components} components. Choose 0 to {components - 1}.")
    return {"k": K.value}


if __name__ == "__main__":
    commands.run(main)
