"""SSGAN on arrays of clips, and the same clips from a folder."""

import pathlib
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from graphical_gan import GMGAN, SSGAN, data
from graphical_gan.data import npy
from graphical_gan.data.clips import arrays
from graphical_gan.runs import reopen

X = np.random.default_rng(0).integers(0, 256, (20, 5, 8, 8), np.uint8)
TINY = {
    "steps": 2, "width": 2, "units": 8, "latent": 6, "motion": 3, "transition_units": 4, "batch_size": 4,
    "log_every": 2, "evaluate_every": 2, "save_every": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    return SSGAN(**TINY, T=4).fit(X)


def test_what_it_infers_and_draws(fitted):
    clips = X[:3, :4]
    found = fitted.infer(clips)
    assert found["h"].shape == (3, 6) and found["v"].shape == (3, 4, 3) and fitted.n_features_in_ == 4 * 64
    np.testing.assert_array_equal(fitted.transform(clips), found["h"])
    again = fitted.reconstruct(clips[..., None] / 255)
    assert again.shape == (3, 4, 8, 8, 1)
    assert fitted.score(clips) == pytest.approx(-np.mean((again[..., 0] - clips / 255) ** 2), rel=1e-5)
    drawn = fitted.sample(9, T=7, seed=1)
    assert drawn.shape == (9, 7, 8, 8, 1) and drawn.min() >= 0 and drawn.max() <= 1
    assert fitted.sample().shape == (1, 4, 8, 8, 1) and fitted.continue_(clips, 3).shape == (3, 3, 8, 8, 1)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(clips), found["h"])
    assert clone(fitted).T == 4 and SSGAN.load(fitted.run_dir_).motion == 3


def test_the_run_folder_is_one_of_the_commands(fitted):
    path = pathlib.Path(fitted.run_dir_)
    program, settings = reopen.settings_of(path, {})
    assert program.name == "ssgan" and settings["dataset"] == "clips_arrays" and settings["T"] == 4
    known = data.describe_clips("clips_arrays", 4, manual_dir=path / "data")
    own = data.load_clips("clips_arrays", 4, manual_dir=path / "data")
    counts = known.training_examples, known.validation_examples, known.test_examples
    assert counts == tuple(map(len, (own.train, own.validation, own.test))) == (16, 2, 2)
    assert (known.image_shape, known.length) == (own.image_shape, 5) == ((8, 8, 1), 5)
    assert own.fingerprint == data.load_clip_arrays(arrays.checked(X / 255), 4).fingerprint
    found = {clip.tobytes() for part in own.splits.values() for clip in part.contents()}
    assert found == {clip.tobytes() for clip in X}


@pytest.mark.parametrize(
    ("change", "x", "message"),
    [
        ({"T": 6}, X, "T=6 is longer than the clips: expected 2 to 5"),
        ({"T": 1}, X, "T=1 is out of range"),
        ({"batch_size": 17}, X, "batch_size=17 is more than the 16 training examples"),
        ({}, X[:2], r"of shape \[2, 5, 8, 8, 1\]; expected .* at least 3 clips"),
        ({}, X[0], r"The clips are of shape \[5, 8, 8\]; expected"),
        ({}, X[:, :1], "at least 2 frames"),
        ({}, X[..., :7], "expected squares"),
        ({}, np.full(X.shape, np.nan), "NaN"),
    ],
)
def test_mistakes(change, x, message):
    with pytest.raises(ValueError, match=message) as caught:
        SSGAN(**TINY | change).fit(x)
    assert "--" not in str(caught.value)


def test_mistakes_before_and_after(fitted, tmp_path):
    with pytest.raises(NotFittedError):
        SSGAN().transform(X)
    with pytest.raises(ValueError, match=r"of shape \[5, 8, 8, 1\], the model takes \[4, 8, 8, 1\]"):
        fitted.transform(X)
    for wrong in (0, 2.5, "3", True, -1):
        with pytest.raises(ValueError, match="expected a whole number of frames, 1 or more"):
            fitted.sample(T=wrong)
    with pytest.raises(ValueError, match="expected a whole number of frames, 1 or more"):
        fitted.continue_(X[:, :4], 0)
    with pytest.raises(TypeError, match="keyword 'K'; expected one of T, recipe"):
        SSGAN(K=3)
    fitted.save(tmp_path / "model")
    with pytest.raises(ValueError, match="is of the model ssgan-l; expected one of gmgan-l"):
        GMGAN.load(tmp_path / "model")
    with pytest.raises(ValueError, match="--dataset=clips_arrays came without a folder: expected a folder of x.npy"):
        data.load_clips("clips_arrays", 4)
    npy.write(tmp_path / "data", {"x": X})
    with pytest.raises(ValueError, match="--T=6 is longer than the clips"):
        data.describe_clips("clips_arrays", 6, manual_dir=tmp_path / "data")
