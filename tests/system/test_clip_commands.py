"""train_ssgan.py as a user runs it, and mistakes with clips."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from graphical_gan.export.functions import INT
from tests.system.forks import command
from tests.system.test_commands import rows

TINY = [
    "--recipe=released", "--T=4", "--width=2", "--units=8", "--latent=6", "--motion=3", "--transition_units=8",
    "--batch_size=8", "--log_every=2", "--evaluate_every=4", "--save_every=4",
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of 4 steps on moving digits."""
    path = tmp_path_factory.mktemp("runs") / "run"
    status, out, err = command("train_ssgan.py", *TINY, "--steps=4", f"--run_dir={path}")
    assert status == 0, err
    return path, out


def test_run_folder(run):
    path, out = run
    assert "q(v[t]|x[t]) q(h|x[1:T])" in out and "oracle" in out and "real_beyond_T" in out
    results = json.loads((path / "results.json").read_text())
    for name in ("mse", "analogy_mse", "oracle_accuracy", "oracle_speed_real", "oracle_bend_beyond_T"):
        assert np.isfinite(results[name])
    assert results["T"] == 4 and results["oracle_accuracy"] > 0.95
    # The digits move by a tenth of the 16 free pixels a frame.
    assert results["oracle_speed_real"] == pytest.approx(1.6, rel=0.1)
    names = {p.name for p in (path / "pictures").iterdir()}
    assert {"samples-0000004.png", "reconstructions-0000004.png", "analogies-0000004.png", "long.gif"} <= names
    with Image.open(path / "pictures" / "film-0000004.gif") as film:
        assert film.n_frames == 4


def test_more_steps_go_on(run):
    path, _ = run
    status, out, err = command("train_ssgan.py", *TINY, "--steps=6", f"--run_dir={path}")
    assert status == 0 and "Goes on from step 4." in out, err
    assert [r["step"] for r in rows(path) if r["split"] == "train"] == [2, 4, 6]


def test_long_film(run, tmp_path):
    out = tmp_path / "long.gif"
    status, _, err = command(
        "-m", "graphical_gan.sample", run[0] / "saved_model", "--n=2", "--frames=50", f"--out={out}"
    )
    assert status == 0, err
    with Image.open(out) as film:
        assert film.n_frames > 1  # still frames are joined into longer ones
    status, _, err = command("-m", "graphical_gan.sample", run[0], "--n=2", "--scale=2", f"--out={tmp_path / 'all'}")
    assert status == 0, err
    for file in ("000000.gif", "000001.gif"):
        with Image.open(tmp_path / "all" / file) as film:
            assert film.size == (64, 64)
    status, _, err = command(
        "-m", "graphical_gan.sample", run[0] / "saved_model", "--n=2", f"--out={tmp_path / 'a.png'}"
    )
    assert status == 2 and "ends in .gif" in err


def test_a_film_that_grows_beyond_all_numbers_is_said(tmp_path):
    diverging = tf.Module()
    diverging.length = tf.Variable(4)
    sample = tf.function(lambda n, T, seed: tf.fill([n, T, 2, 2, 1], float("nan")), input_signature=[INT] * 3)
    diverging.sample = sample
    tf.saved_model.save(diverging, tmp_path / "model", {"motion_analogy": sample})
    status, out, err = command("-m", "graphical_gan.sample", "model", "--n=2", "--frames=5", cwd=tmp_path)
    assert status == 0 and "2 samples in samples.gif" in out and "In 5 frames" in err and "frames are black" in err, err
    with Image.open(tmp_path / "samples.gif") as film:
        assert film.convert("L").getpixel((0, 0)) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--T=1"], "--T=1"),
        (["--dataset=turning_chairs", "--T=32"], "--T=32"),
        (["--dataset=clips_folder", "--manual_dir={folder}"], "{folder}"),
        (["--dataset=chairs", "--manual_dir={folder}"], "{folder}"),
        (["--recognition=backward"], "--recognition=backward is not allowed"),
        (["--model=3dcnn", "--T=8"], "--T=8 has no sizes for --model=3dcnn"),
    ],
)
def test_mistakes(tmp_path, arguments, message):
    run_dir = f"--run_dir={tmp_path / 'run'}"
    status, _, err = command("train_ssgan.py", run_dir, *(a.format(folder=tmp_path) for a in arguments))
    assert status == 2 and message.format(folder=tmp_path) in err and "Traceback" not in err, err
