"""The paper's figures of tiny models: what each shows, charts, and the run that they leave as it was."""

import json
import types

import numpy as np
import pytest

from graphical_gan import data, figures
from graphical_gan.common.scaling import UNIT
from graphical_gan.evaluation import clip_figures, image_figures
from graphical_gan.evaluation.clip_study import ClipStudy
from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.instances import ssgan
from graphical_gan.pictures import charts, grids
from graphical_gan.runs.folder import RunFolder
from graphical_gan.runs.lock import locked
from graphical_gan.settings.recipes import GMGAN, SSGAN
from tests.helpers import tiny_gmgan
from tests.system.forks import command

WIDTH = 4 * 66 - 2  # of four frames of 64 pixels
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def study():
    """A tiny GMGAN with a data set of 8x8 images."""
    split = data.Split(RNG.integers(0, 256, (40, 8, 8, 1), np.uint8), np.arange(40) % 3)
    dataset = types.SimpleNamespace(
        name="noise", test=split, label_names=("a", "b", "c"), from_network=UNIT.from_network,
        to_network=lambda images, seed=None: UNIT.to_network(images, seed),
    )  # fmt: skip
    model = tiny_gmgan().model
    model.generative["h"].means.assign(8 * RNG.normal(size=(5, 6)).astype(np.float32))
    return ImageStudy(model, dataset, K=5)


def cells(picture, rows, columns):
    """The cells of a grid with lines of 2 pixels, [rows, columns, H, W, C]."""
    height, width = (picture.shape[0] + 2) // rows, (picture.shape[1] + 2) // columns
    padded = np.pad(picture, [(0, 2), (0, 2), (0, 0)])
    return padded.reshape(rows, height, columns, width, -1).swapaxes(1, 2)[:, :, :-2, :-2].astype(int)


def test_parallelogram_is_linear_in_the_latents_of_one_component(study, monkeypatch):
    drawn = []
    generate = type(study.model).generate

    def watch(model, stream, rows, given=None, **rest):
        sample = generate(model, stream, rows, given, **rest)
        drawn.append(sample.values)
        return sample

    monkeypatch.setattr(type(study.model), "generate", watch)
    side = image_figures.SIDE
    picture = image_figures.parallelogram(study, seed=3)
    ends, whole = drawn
    assert len(np.unique(ends["k"].numpy(), axis=0)) == 1
    h = whole["h"].numpy().reshape(side, side, -1)
    np.testing.assert_allclose(h[[0, 0, -1], [0, -1, 0]], ends["h"], rtol=1e-5)
    np.testing.assert_allclose(h[-1, -1], ends["h"][1] + ends["h"][2] - ends["h"][0], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.diff(h, 2, axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.diff(h, 2, axis=1), 0, atol=1e-4)
    grid = cells(picture, side, side)
    np.testing.assert_allclose(grid[0, 0][::6, ::6, 0], 255 * whole["x"][0, ..., 0], atol=1)
    assert not np.array_equal(picture, image_figures.parallelogram(study, seed=4))


def test_components_stand_in_columns_and_reconstructions_beside_test_images(study):
    picture = image_figures.components(study, 0)
    assert cells(picture[grids.LINE :], image_figures.ROWS, 5).shape[:2] == (10, 5)
    assert picture[: grids.LINE].min() == 0  # captions
    np.testing.assert_array_equal(picture, image_figures.components(study, 0))
    grid = cells(image_figures.reconstructions(study, 0), 8, 10)
    shown = grid[:, ::2, ::6, ::6].reshape(-1, 8, 8, 1)
    test = {image.tobytes() for image in study.dataset.test.images}
    assert all(image.astype(np.uint8).tobytes() in test for image in shown)


def test_tsne_separates_what_is_apart_and_says_its_settings(study, monkeypatch):
    said = []
    monkeypatch.setattr(
        image_figures, "scatter", lambda points, labels, names, title: said.append((points, labels, title))
    )
    far = np.repeat([[0.0] * 6, [50.0] * 6, [-50.0] * 6], [14, 13, 13], axis=0) + RNG.normal(size=(40, 6))
    order = np.argsort(np.arange(40) % 3, kind="stable")
    latents = np.empty_like(far)
    latents[order] = far
    monkeypatch.setattr(study, "infer", lambda images, reconstruct: {"h": latents.astype(np.float32)})
    image_figures.tsne(study, seed=2)
    ((points, labels, title),) = said
    centres = np.stack([points[labels == c].mean(0) for c in range(3)])
    assert (np.argmin(np.linalg.norm(points[:, None] - centres, axis=2), axis=1) == labels).all()
    assert "40 test images of noise, perplexity 13, seed 2" in title


def test_clip_figures():
    small = {"width": 2, "units": 8, "T": 4, "latent": 4, "motion": 3, "transition_units": 8}
    settings = SSGAN.resolve({"recipe": "released"} | small)
    game = ssgan.from_settings(settings, data.describe_clips("moving_digits", T=4))
    study = ClipStudy(game.model, data.load_clips("moving_digits", T=4))
    rows = {"samples": 6, "reconstructions": 12, "analogy": 12}
    for name, count in rows.items():
        picture = getattr(clip_figures, name)(study, 1)
        assert cells(picture[:, -WIDTH:], count, 4).shape[:2] == (count, 4)
        assert (picture.shape[1] > WIDTH) == (name != "samples")  # what a row is stands beside it, if rows differ
        np.testing.assert_array_equal(picture, getattr(clip_figures, name)(study, 1))
    shown = cells(clip_figures.analogy(study, 1)[:, -WIDTH:], 12, 4)[::2]
    test = study.held("test", 100)["clip"]
    assert all(any(np.abs(clip - 255 * real.repeat(2, 1).repeat(2, 2)).max() < 1 for real in test) for clip in shown)
    assert clip_figures.LONG[:4] == [46, 47, 48, 49] and clip_figures.LONG[-1] == 199


@pytest.mark.parametrize("T", [4, 16, 31])
def test_all_frames_of_samples_are_shown(T):
    study = types.SimpleNamespace(sample=lambda n, T, seed: np.ones((n, T, 8, 8, 1), np.float32), T=T)
    assert cells(clip_figures.samples(study, 0), clip_figures.ROWS, T).shape[:2] == (clip_figures.ROWS, T)


def test_a_title_names_k_where_there_is_one():
    settings = {"model": "gan-g", "dataset": "mnist", "K": 30}
    assert figures._title(settings, 9000, ()) == "gan-g on mnist, 9,000 steps"
    assert figures._title(settings | {"model": "gmgan-l"}, 9, ("k",)) == "gmgan-l on mnist, K = 30, 9 steps"
    settings = {"model": "3dcnn", "dataset": "chairs", "T": 31}
    assert figures._title(settings, 9, ()) == "3dcnn on chairs, T = 31, 9 steps"


def test_an_analogy_needs_two_clips():
    held = {"clip": np.zeros((1, 4, 8, 8, 1), np.float32)}
    study = types.SimpleNamespace(held=lambda split, count: held, dataset=types.SimpleNamespace(name="clips_folder"))
    with pytest.raises(ValueError, match="--dataset=clips_folder has a single test clip; .* another .*Add clips to"):
        clip_figures.analogy(study, 0)


def test_charts_are_pictures_with_ink():
    points, labels = RNG.normal(size=(50, 2)), np.arange(50) % 12
    coloured = charts.scatter(points, labels, list("abcdefghijkl"), "points")
    plain = charts.scatter(points, None, None, "points")
    assert len(np.unique(coloured.reshape(-1, 3), axis=0)) > len(np.unique(plain.reshape(-1, 3), axis=0))
    assert charts.curves({"a": ([1, 2], [3.0, 4.0])}, "a").std() > 5
    grey, colour = np.zeros((10, 20, 1), np.uint8), np.full((5, 30, 3), 99, np.uint8)
    page = charts.titled([("first", grey), ("the second, which is wider than its picture", colour)])
    assert page.dtype == np.uint8 and page.shape[1] > 200 and (page == 99).all(2).sum() == 150
    assert (page[: 2 * 18 - 6] == 0).any()  # the first title


def finished_run(path):
    """A run that has come to its end, as far as can be seen before it is opened; its settings as they were written."""
    (path / "pictures").mkdir(parents=True)
    (path / "saved_model").mkdir()
    (path / "saved_model" / "saved_model.pb").touch()
    (path / "results.json").touch()
    (path / "settings.json").write_text(json.dumps({"program": "gmgan"} | GMGAN.resolve({})))
    return (path / "settings.json").read_bytes()


def test_a_figure_leaves_the_settings_of_its_run_as_they_were(tmp_path):
    before = finished_run(tmp_path)
    folder = RunFolder(tmp_path, "gmgan", GMGAN.resolve({"manual_dir": "elsewhere"}))
    folder.picture(8, "figure-a", np.zeros((4, 4, 1), np.uint8))
    assert (tmp_path / "settings.json").read_bytes() == before and not (tmp_path / "flags.txt").exists()
    assert (tmp_path / "pictures" / "figure-a-0000008.png").exists()


def test_no_figure_is_drawn_while_the_run_trains(tmp_path):
    before = finished_run(tmp_path)
    with locked(tmp_path):
        status, _, err = command("-m", "graphical_gan.figures", "all", tmp_path, f"--manual_dir={tmp_path}")
    assert status == 2 and "is in use by another process" in err and "Traceback" not in err
    assert (tmp_path / "settings.json").read_bytes() == before


def test_names_that_no_font_has_are_numbers_and_no_name_is_left_out_or_a_formula():
    names = {2: "кот", 3: "a\x00\ufdd0", 5: "_hidden", 7: "$\\frac$", 8: " \n"}
    shown, _ = charts.legible(names)
    assert shown == [" кот", " class 3", " _hidden", " $\\frac$", " class 8"]
    picture = charts.scatter(np.zeros([5, 2]), np.array([2, 3, 5, 7, 8]), names, "all in the legend")
    assert picture.min() < 100  # and no warning of missing letters


def test_a_font_of_this_machine_that_has_the_letters_is_used(monkeypatch):
    lacking = types.SimpleNamespace(name="Of Cats", fname="cats.ttf")
    letters = charts._letters
    monkeypatch.setattr(charts.font_manager.fontManager, "ttflist", [lacking])
    monkeypatch.setattr(charts, "_letters", lambda file: {"猫"} if file == "cats.ttf" else letters(file))
    assert charts.legible({0: "猫", 1: "鵺"}) == ([" 猫", " class 1"], ["DejaVu Sans", "Of Cats"])
