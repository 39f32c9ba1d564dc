"""GMGAN on arrays: one small run, looked at from all sides, and mistakes."""

import json
import pathlib
import pickle
import random
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from graphical_gan import GMGAN, data, report
from graphical_gan.estimators import parameters
from graphical_gan.runs import loop, reopen, scoring
from graphical_gan.settings import recipes
from tests.system.forks import command

ROOT = pathlib.Path(__file__).parents[2]
RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 256, (60, 8, 8), np.uint8)
Y = np.arange(60) % 3
TINY = {
    "K": 4, "steps": 3, "width": 2, "units": 8, "latent": 6, "batch_size": 8, "log_every": 3, "evaluate_every": 3,
    "save_every": 3,
}  # fmt: skip
TABLE = RANDOM.normal(0, [1, 100, 1e-3], (40, 3))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    return GMGAN(**TINY, run_dir=tmp_path_factory.mktemp("runs") / "run").fit(X, Y)


@pytest.fixture(scope="module")
def of_table():
    return GMGAN(**TINY).fit(TABLE)


def test_importing_the_package_is_fast():
    program = "import sys, graphical_gan; sys.exit(bool({'tensorflow', 'sklearn', 'numpy'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    program = "import sys; from graphical_gan import GMGAN; GMGAN(K=3); sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_what_it_infers_and_draws(fitted):
    probabilities, codes = fitted.predict_proba(X), fitted.transform(X)
    assert probabilities.shape == (60, 4) and codes.shape == (60, 6) and fitted.n_features_in_ == 64
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(fitted.labels_, probabilities.argmax(1))
    np.testing.assert_array_equal(fitted.predict(X[:7, :, :, None] / 255), fitted.labels_[:7])
    again = fitted.reconstruct(X[:5])
    assert again.shape == (5, 8, 8, 1) and again.min() >= 0 and again.max() <= 1
    assert fitted.score(X[:5]) == pytest.approx(-np.mean((again[..., 0] - X[:5] / 255) ** 2), rel=1e-5)
    drawn = fitted.sample(5, k=2, seed=1)
    assert drawn.shape == (5, 8, 8, 1) and drawn.min() >= 0 and drawn.max() <= 1
    np.testing.assert_array_equal(drawn, fitted.sample(5, k=2, seed=1))
    assert not np.array_equal(drawn, fitted.sample(5, k=1, seed=1)) and len(fitted.sample()) == 1
    assert set(fitted.infer(X[:2])) == {"h", "k", "k_probabilities"}
    assert fitted.predict(X[:0]).shape == (0,)


def test_many_examples_pass_in_batches(fitted):
    many = np.tile(X, (5, 1, 1))
    np.testing.assert_array_equal(fitted.predict(many), np.tile(fitted.labels_, 5))
    assert len(fitted.sample(201)) == 201


def test_the_run_folder_is_one_of_the_commands(fitted):
    path = pathlib.Path(fitted.run_dir_)
    program, settings = reopen.settings_of(path, {})
    assert program.name == "gmgan" and settings["dataset"] == "arrays" and settings["views"] == "by_colour"
    assert reopen.is_finished(path)
    opened = reopen.open_run(path, program, settings)
    assert scoring.score(opened.run, opened.study) == pytest.approx(fitted.scores_, rel=1e-4)
    assert opened.dataset.label_names == ("0", "1", "2")
    found = data.load("arrays", manual_dir=path / "data").fingerprint
    assert json.loads((path / "settings.json").read_text())["data"] == found
    assert "gmgan-l on arrays, K = 4" in report.page(path, settings, [])
    assert reopen.exported_samples(reopen.export_of(path), 3, 0).shape == (3, 8, 8, 1)


def test_fitting_again_goes_on_and_other_arrays_are_refused(fitted, monkeypatch):
    path = pathlib.Path(fitted.run_dir_)
    rows = (path / "metrics.jsonl").read_text()
    with monkeypatch.context() as patch:
        patch.setattr(loop, "look", lambda *_: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt, match="Stopped at step 6, which is saved in .*the same call goes on"):
            clone(fitted).set_params(steps=9).fit(X, Y)
    assert not (path / "results.json").exists()
    drawn = random.getstate(), np.random.get_state()[1].copy()
    longer = clone(fitted).set_params(steps=9).fit(X, Y)
    assert random.getstate() == drawn[0] and np.array_equal(np.random.get_state()[1], drawn[1])  # the caller's own
    assert (path / "metrics.jsonl").read_text().startswith(rows) and longer.run_dir_ == fitted.run_dir_
    assert json.loads((path / "results.json").read_text())["step"] == 9
    np.testing.assert_array_equal(GMGAN.load(path).predict_proba(X), longer.predict_proba(X))
    assert not np.array_equal(longer.predict_proba(X), fitted.predict_proba(X))
    kept = (path / "data" / "x.npy").read_bytes()
    with pytest.raises(ValueError, match="holds a run on other data: train 48.*another run_dir"):
        clone(longer).fit(X[::-1], Y)
    with pytest.raises(ValueError, match=r"holds a run of other settings. This one has K=5 \(was K=4\)"):
        clone(longer).set_params(K=5).fit(X, Y)
    assert (path / "data" / "x.npy").read_bytes() == kept


def test_saved_pickled_and_loaded(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    fitted.save(tmp_path / "model")  # an earlier one is replaced
    loaded = GMGAN.load(tmp_path / "model")
    assert loaded.K == 4 and loaded.latent == 6 and loaded.run_dir is None and loaded.n_features_in_ == 64
    with pytest.raises(AttributeError, match=r"labels_ is of `fit`.*Give examples to predict"):
        print(loaded.labels_)
    assert loaded.scores_ == pytest.approx(fitted.scores_) and not hasattr(GMGAN(), "scores_")
    for other in (loaded, pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.png").touch()
    with pytest.raises(ValueError, match="mine holds something that is no export; expected"):
        fitted.save(tmp_path / "mine")
    with pytest.raises(ValueError, match="is no SavedModel"):
        GMGAN.load(tmp_path / "mine")


def test_the_model_that_comes_with_the_package_is_loaded():
    found = GMGAN.load(ROOT / "models" / "mnist")
    drawn = found.sample(3, k=2)
    assert found.K == 30 and drawn.shape == (3, 28, 28, 1) and found.predict(drawn).shape == (3,)


def test_a_temporary_run_is_gone_with_the_estimator(of_table):
    other = clone(of_table).fit(TABLE)
    folder = pathlib.Path(other.run_dir_)
    assert folder.is_dir() and other.run_dir_ != of_table.run_dir_
    np.testing.assert_array_equal(other.predict_proba(TABLE), of_table.predict_proba(TABLE))
    copy = pickle.loads(pickle.dumps(other))
    del other
    assert not folder.exists()
    np.testing.assert_array_equal(copy.transform(TABLE), of_table.transform(TABLE))


def test_a_table(of_table):
    assert of_table.scores_["mse"] < 10 and "variety_component" not in of_table.scores_
    assert of_table.transform(TABLE).shape == (40, 6) and of_table.sample(3).shape == (3, 3)
    again = of_table.reconstruct(TABLE)
    assert of_table.score(TABLE) == pytest.approx(-np.mean(((TABLE - again) / TABLE.std(0)) ** 2), rel=1e-4)
    assert list(pathlib.Path(of_table.run_dir_, "pictures").glob("samples-*.png"))


def test_commands_that_want_images_refuse_a_table(of_table, tmp_path):
    for arguments, message in (
        (["sample", of_table.run_dir_], "draws neither images nor clips; expected"),
        (
            ["cluster", of_table.run_dir_, "digits", f"--out={tmp_path}"],
            "clusters vectors of 3 numbers; expected",
        ),
        (["figures", "all", of_table.run_dir_], "is a run on vectors; expected runs on images or clips"),
    ):
        status, _, said = command("-m", f"graphical_gan.{arguments[0]}", *arguments[1:])
        assert status == 2 and message in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("change", "x", "message"),
    [
        ({"K": 0}, X, "K=0 is out of range; it is at least 1"),
        ({"K": 2.5}, X, "K=2.5 is no whole number"),
        ({"K": [4]}, X, "K=[4] is no whole number"),
        ({}, X[:, None], "of shape [60, 1, 8, 8]; expected squares"),
        ({}, np.zeros((60, 3, 8, 8)), "Channels come last here: give np.moveaxis(x, -3, -1)"),
        ({}, np.zeros((8, 8, 3)), "That is one image: give x[np.newaxis]"),
        ({"K": 49}, X, "K=49 is more than the 48 training examples"),
        ({"batch_size": 64}, X, "batch_size=64 is more than the 48 training examples"),
        ({"recipe": "mine"}, X, "recipe=mine is not allowed; it is one of released, paper, modern"),
        ({"networks": "paper"}, TABLE, "networks=paper for vectors of length 3"),
        ({"views": "none", "views_weight": 2.0}, X, "views_weight=2.0 has no effect with views=none"),
        ({"holdout": 54}, X, "Pass a smaller holdout"),
        ({}, X / 16, "The images are floats in [0"),
        ({}, X[0, 0], "Expected 2D array, got 1D array instead"),
        ({}, np.full((20, 8, 8), np.nan), "The images hold NaN"),
        ({}, TABLE[:5], "minimum of 10 is required"),
        ({}, np.where(TABLE > 150, np.nan, TABLE), "Input X contains NaN"),
        ({}, np.ma.masked_greater(X, 0.5), "X is a masked array, and"),
        ({"run_dir": str(pathlib.Path(__file__).parent)}, X, "is no run, but not empty either"),
        ({"run_dir": 3}, X, "run_dir=3 is no path; expected a text or a pathlib.Path"),
    ],
)
def test_mistakes_in_what_is_fitted(change, x, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        GMGAN(**TINY | change).fit(x)
    assert "--" not in str(caught.value)


def test_mistakes_before_and_after(fitted):
    for method in ("predict", "predict_proba", "transform", "reconstruct", "score", "infer"):
        with pytest.raises(NotFittedError):
            getattr(GMGAN(), method)(X)
    with pytest.raises(NotFittedError):
        GMGAN().sample()
    with pytest.raises(NotFittedError):
        GMGAN().save("nowhere")
    with pytest.raises(ValueError, match=r"of shape \[9, 9, 1\], the model takes \[8, 8, 1\]"):
        fitted.predict(np.zeros((2, 9, 9)))
    with pytest.raises(ValueError, match=r"of shape \[8\], the model takes \[8, 8, 1\].*give X\[np.newaxis\]"):
        fitted.predict(X[0])
    with pytest.raises(ValueError, match=r"of shape \[64\], the model takes.*Give X.reshape\(-1, 8, 8, 1\)"):
        fitted.predict(X.reshape(60, 64))
    with pytest.raises(ValueError, match="X is a masked array, and 64 of its values are masked"):
        fitted.predict(np.ma.masked_where(np.indices(X.shape)[0] == 0, X))
    for wrong in (4, -1, [1, 2], 1.0, "1", True, np.array([1])):
        with pytest.raises(ValueError, match="of a model with 4 components; expected one whole number below"):
            fitted.sample(k=wrong)
    for wrong in ({"n": 2.0}, {"n": "2"}, {"n": 0}, {"seed": None}, {"seed": -1}):
        with pytest.raises(ValueError, match="expected whole numbers, n of at least 1, and"):
            fitted.sample(**wrong)
    with pytest.warns(UserWarning, match=r"X of shape \[64, 64\] is taken for a table, not for one image"):
        GMGAN()._array(np.zeros((64, 64)), reset=True)


def test_keywords_are_the_knobs():
    assert set(GMGAN().get_params()) == {k.name for k in recipes.GMGAN.knobs} - set(parameters.OF_DATA)
    assert repr(GMGAN(K=5, width=2)) == "GMGAN(K=5, width=2)" and GMGAN().K == 30
    assert clone(GMGAN(latent=7)).latent == 7 and GMGAN().set_params(seed=3).seed == 3
    meant = {"n_clusters": "K", "lr": "learning_rate", "epochs": "steps", "view": "views", "k": "K"}
    for wrong, near in meant.items():
        with pytest.raises(TypeError, match=f"GMGAN got the keyword '{wrong}'; expected one of K, .*mean {near}[?]"):
            GMGAN(**{wrong: 3})
    with pytest.raises(TypeError, match=r"keyword 'frobnicate'; .*See help\(GMGAN\)"):
        GMGAN(frobnicate=1)
    with pytest.raises(ValueError, match="Invalid parameter 'n_clusters'"):
        GMGAN().set_params(n_clusters=3)


def test_a_model_without_components_has_codes_alone():
    found = GMGAN(**TINY, model="gan-g", recipe="released").fit(X)
    assert found.transform(X).shape == (60, 6) and found.sample(2).shape == (2, 8, 8, 1)
    with pytest.raises(ValueError, match="The model gan-g has no components; expected one with them"):
        found.predict(X)
    with pytest.raises(AttributeError):
        _ = found.labels_
