"""Samples from a finished run or an exported model, as a picture or, for clips, a film that plays.

python -m graphical_gan.sample EXPORT --k=3 --n=64 --out=grid.png
python -m graphical_gan.sample EXPORT --n=16 --frames=200 --out=long.gif
python -m graphical_gan.sample RUN --n=10000 --out=samples    # a folder of single files, a pixel each as it is drawn
"""

import math
import pathlib
import sys

import numpy as np
from absl import flags

from graphical_gan import export, pictures
from graphical_gan.common.files import refuse_foreign
from graphical_gan.common.parts import in_parts
from graphical_gan.runs import reopen
from graphical_gan.settings import command_line

K = flags.DEFINE_integer("k", None, "component to sample from; by default each image draws its own", lower_bound=0)
FRAMES = flags.DEFINE_integer(
    "frames", None, "number of frames of a clip; by default as many as in training", lower_bound=1
)
N = flags.DEFINE_integer("n", 64, "number of images or clips", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "seed of the noise", lower_bound=0, upper_bound=2**31 - 1)
COLUMNS = flags.DEFINE_integer("columns", 8, "number of columns of the picture", lower_bound=1)
SCALE = flags.DEFINE_integer(
    "scale",
    None,
    "how often each pixel is repeated; by default until images are 48 pixels high, 1 in a folder",
    lower_bound=1,
)
PART, IMAGES = 8, 1000  # clips and images that are drawn at once
MOST = 2**32  # bytes of all samples, as floats and as pixels
OUT = command_line.define_path(
    "out", None, "file to write; by default samples.png, or samples.gif for clips; without an ending, a folder of files"
)


def main(argv: list[str]) -> None:
    with command_line.user_errors():
        path = reopen.export_of(command_line.only_argument(argv, "sample RUN or EXPORT"))

    command_line.load_tensorflow()
    with command_line.user_errors():
        model = export.saved_models.load_saved_model(path)
        if "motion_analogy" in model.signatures:
            out = _write_clips(model)
        elif export.saved_models.draws_images(model):
            out = _write_images(model)
        else:
            raise ValueError(
                f"{path} draws neither images nor clips; expected the folder saved_model of a run on one of them. Name "
                "another, or draw in Python: tf.saved_model.load(...).sample(64)."
            )
    print(f"{N.value} samples in {out}")


def _write_images(model):
    if FRAMES.value is not None:
        raise ValueError(f"--frames={FRAMES.value}, but the model draws images. Leave it out.")
    chosen, out = _component(model), _place(".png", "images")
    _check_size(model, 1)
    images = in_parts(lambda n, seed: model.sample(n, seed=seed, **chosen), N.value, IMAGES, SEED.value)
    pixels = _scaled(pictures.grids.to_uint8(images), out)
    _write(out, ".png", pixels, pictures.grids.grid, pictures.grids.save_png)
    return out


def _place(ending, drawn):
    """The file or the folder to write."""
    out = pathlib.Path(OUT.value or f"samples{ending}")
    if not out.suffix:
        if out.exists() and not (out.is_dir() and not any(out.iterdir())):
            raise ValueError(
                f"--out={out} is there, and no empty folder; expected none, or an empty one. Name another."
            )
        return out
    if out.suffix.lower() != ending:
        raise ValueError(
            f"--out={out}, but the model draws {drawn}. Name a file that ends in {ending}, or a folder without an "
            "ending for single files."
        )
    refuse_foreign(out, {".png": b"\x89PNG", ".gif": b"GIF8"}[ending])
    return out


def _check_size(model, frames):
    """Refuses more than fits in memory, before anything is drawn."""
    if "sample" not in model.signatures:  # another program's export, whose pixels are not known before
        return
    (drawn,) = model.signatures["sample"].structured_outputs.values()
    needed = N.value * frames * math.prod(drawn.shape[-3:]) * (4 + (SCALE.value or 1) ** 2)
    if needed > MOST:
        asked = {"n": N.value, "frames": FRAMES.value, "scale": SCALE.value}
        given = " ".join(f"--{name}={value}" for name, value in asked.items() if value)
        raise ValueError(
            f"{given} takes {needed / 2**30:,.0f} GiB of memory; expected {MOST >> 30} at most. Give less, and another "
            "--seed for more."
        )


def _scaled(pixels, out):
    """Images or frames [..., H, W, C] large enough for a person; as they are where they are single files."""
    least = 48 if SCALE.value is None and out.suffix else (SCALE.value or 1) * pixels.shape[-3]
    return pictures.grids.enlarged(pixels, least)


def _write(out, ending, samples, join, save):
    """All samples in one file, or each in a file of the folder."""
    if out.suffix:
        save(out, join(samples, min(COLUMNS.value, N.value)))
        return
    out.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(samples):
        save(out / f"{number:06}{ending}", sample)


def _component(model):
    if K.value is None:
        return {}
    components = int(model.components)
    if not components:
        raise ValueError(f"--k={K.value}, but the model has no components. Leave it out.")
    if K.value >= components:
        raise ValueError(f"--k={K.value}, but the model has {components} components. Choose 0 to {components - 1}.")
    return {"k": K.value}


def _write_clips(model):
    if K.value is not None:
        raise ValueError(f"--k={K.value}, but the model has no components. Leave it out.")
    out = _place(".gif", "clips")
    frames = int(model.length) if FRAMES.value is None else FRAMES.value
    _check_size(model, frames)
    clips = in_parts(lambda n, seed: model.sample(n, frames, seed), N.value, PART, SEED.value)
    if not np.isfinite(clips).all():
        print(f"In {frames} frames the motion grows beyond all numbers; such frames are black.", file=sys.stderr)
    pixels = _scaled(pictures.grids.to_uint8(np.nan_to_num(clips)), out)
    _write(out, ".gif", pixels, pictures.grids.film, pictures.grids.save_gif)
    return out


if __name__ == "__main__":
    command_line.run(main)
