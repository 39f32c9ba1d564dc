"""The model of clips that is shipped: what its page says of it."""

import numpy as np
import pytest
from PIL import Image

from graphical_gan import data
from graphical_gan.evaluation.oracle import centres
from graphical_gan.export.saved_models import load_saved_model
from tests.system.forks import ROOT, command

MODEL = ROOT / "models" / "moving_digits"


def test_it_is_small():
    assert sum(file.stat().st_size for file in MODEL.rglob("*")) < 6e6


def test_it_reconstructs_lends_motion_and_goes_on():
    """On clips that it was not trained on; the errors are those of the page, of 200 clips, up to chance."""
    clips = data.load_clips("moving_digits", T=16)
    model, found = load_saved_model(MODEL), clips.analogies("test", 40)
    content, motion, truth = (np.float32(found[name]) / 255 for name in ("content", "motion", "truth"))
    assert np.mean((model.reconstruct(content) - content) ** 2) < 0.008
    assert np.mean((model.motion_analogy(content, motion) - truth) ** 2) < 0.015
    assert {n: v.shape for n, v in model.infer(content[:2]).items()} == {"h": (2, 4), "v": (2, 16, 4)}
    assert model.continue_(9, content[:2]).shape == (2, 9, 32, 32, 1)


def test_it_draws_films_of_any_length(tmp_path):
    status, said, err = command(
        "-m", "graphical_gan.sample", MODEL, "--n=2", "--frames=200", "--out=long.gif", cwd=tmp_path
    )
    assert status == 0 and "long.gif" in said, err
    with Image.open(tmp_path / "long.gif") as film:
        assert film.n_frames > 150  # equal frames in a row are stored once
        moved = [np.asarray(film.convert("L"), float) for i in (0, 100) if film.seek(i) is None]
    assert np.abs(moved[0] - moved[1]).mean() > 1


@pytest.mark.parametrize("seed", [0, 1])
def test_samples_move_at_the_speed_of_real_clips(seed):
    model = load_saved_model(MODEL)
    films = model.sample(40, 60, seed).numpy()
    speed = np.linalg.norm(np.diff(centres(films), axis=1), axis=-1)
    assert np.mean(speed[:, :15]) == pytest.approx(1.59, rel=0.25)
    assert np.mean(speed[:, 15:]) == pytest.approx(1.59, rel=0.25)
