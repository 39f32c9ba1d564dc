"""The commands as a user runs them: a short run with everything it leaves behind, and mistakes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import graphical_gan
from tests.system.forks import ENVIRONMENT, command

TINY = [
    "--recipe=released", "--width=2", "--units=8", "--latent=6", "--K=5",
    "--log_every=4", "--evaluate_every=8", "--save_every=8",
]  # fmt: skip


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def rows(path):
    return [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of 16 steps."""
    path = tmp_path_factory.mktemp("runs") / "run"
    status, out, err = command("train_gmgan.py", *TINY, "--steps=16", f"--run_dir={path}")
    assert status == 0, err
    return path, out


def test_run_folder_explains_itself(run):
    path, out = run
    names = {p.name for p in path.iterdir() if not p.name.startswith(".")}
    assert names == {
        "settings.json", "flags.txt", "network.txt", "p.png", "q.png", "metrics.jsonl", "results.json", "pictures",
        "tensorboard", "checkpoints", "saved_model", "log.txt",
    }  # fmt: skip
    assert "p(k) p(h|k) p(x|h)" in (path / "network.txt").read_text()
    results = json.loads((path / "results.json").read_text())
    protocol = {"seed": 0, "step": 16, "recipe": "released", "split": "test", "version": graphical_gan.__version__}
    assert {n: results[n] for n in protocol} == protocol
    clusters = ("acc_nearest", "acc_top_posterior", "acc_hungarian", "ece_majority", "nmi", "ari")
    for name in (*clusters, "mse", "mse_random_pair", "variety_component"):
        assert np.isfinite(results[name]) and name in out
    assert (path / "tensorboard" / "projector_config.pbtxt").exists()
    log = (path / "log.txt").read_text()
    assert f"graphical-gan {graphical_gan.__version__}, tensorflow " in log and f"--- train_gmgan.py {TINY[0]} " in log
    for said in ("Run folder: ", "step 8: mse ", "acc_hungarian  ", "Pictures, curves and the SavedModel are in "):
        assert log.count(said) == 1 or said.startswith("acc"), said
    assert pixels(path / "pictures" / "samples-0000016.png").std() > 5
    cpus = len(os.sched_getaffinity(0))
    assert json.loads((path / "settings.json").read_text())["threads"] == (1 if cpus == 2 else cpus)


def test_every_step_is_watched_once(run):
    path, _ = run
    found = rows(path)
    assert [r["step"] for r in found if r["split"] == "train"] == [4, 8, 12, 16]
    assert [r["step"] for r in found if r["split"] == "validation"] == [8, 16]
    watched = {n for r in found if r["split"] == "train" for n in r}
    assert {"cost_on_p/(h, k)", "accuracy_on_p/(x, h)", "gradient_norm/players"} <= watched


def test_the_flag_file_repeats_the_run_and_more_steps_go_on(run, tmp_path):
    path, _ = run
    again = tmp_path / "again"
    status, _, err = command("train_gmgan.py", f"--flagfile={path / 'flags.txt'}", "--steps=8", f"--run_dir={again}")
    assert status == 0, err
    assert [r["step"] for r in rows(again) if r["split"] == "train"] == [4, 8]
    status, out, err = command("train_gmgan.py", *TINY, "--steps=16", f"--run_dir={again}")
    assert status == 0 and "Goes on from step 8." in out, err
    watched = ("step", "cost_on_p/(h, k)", "cost_on_q/(x, h)", "mse", "nmi")
    expected, found = ([[r.get(n, 0) for n in watched] for r in rows(p)] for p in (path, again))
    np.testing.assert_allclose(found, expected, rtol=1e-3)  # resumed or not, it is the same run


def test_evaluate_repeats_the_scores(run):
    path, _ = run
    before = json.loads((path / "results.json").read_text())
    status, out, err = command("-m", "graphical_gan.evaluate", path)
    assert status == 0 and "acc_nearest" in out, err
    after = json.loads((path / "results.json").read_text())
    assert before.keys() == after.keys()
    np.testing.assert_allclose(*[[r[n] for n in ("mse", "nmi", "acc_nearest")] for r in (before, after)], rtol=1e-4)


PLAIN = """
import json, sys
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
assert not any("graphical_gan" in name for name in sys.modules)
images = model.sample(5, k=3, seed=1)
assert images.shape == (5, 16, 16, 1) and 0 <= np.min(images) and np.max(images) <= 1
np.testing.assert_array_equal(images, model.sample(5, k=3, seed=1))
assert not np.array_equal(images, model.sample(5, k=3, seed=2)) and model.sample(2).shape == (2, 16, 16, 1)
found = model.infer(images)
assert {n: tuple(v.shape) for n, v in found.items()} == {"h": (5, 6), "k": (5,), "k_probabilities": (5, 5)}
np.testing.assert_array_equal(np.argmax(found["k_probabilities"], -1), found["k"])
np.testing.assert_allclose(model.infer(images[2:3])["h"], found["h"][2:3], rtol=1e-4, atol=1e-5)
np.testing.assert_allclose(model.reconstruct(images)[2:3], model.reconstruct(images[2:3]), rtol=1e-4, atol=1e-5)
path = model.interpolate(images[:2], images[1:3], 7)
assert path.shape == (2, 7, 16, 16, 1)
np.testing.assert_allclose(path[:, 0], model.reconstruct(images[:2]), rtol=1e-4, atol=1e-5)
np.testing.assert_allclose(path[:, -1], model.reconstruct(images[1:3]), rtol=1e-4, atol=1e-5)
assert set(model.signatures) == {"sample", "infer", "reconstruct", "interpolate", "serving_default"}
about = json.loads(model.about().numpy())
assert about["settings"]["K"] == 5 and 0 < about["scores"]["mse"] < 1 and 0 <= about["scores"]["acc_nearest"] <= 1
assert "D(" not in str([v.name for v in model._held])
"""


def test_export_needs_nothing_but_tensorflow(run, tmp_path):
    script = tmp_path / "plain.py"
    script.write_text(PLAIN)
    program = [sys.executable, script, run[0] / "saved_model"]
    done = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr


def test_sample_command(run, tmp_path):
    export = run[0] / "saved_model"
    status, out, err = command("-m", "graphical_gan.sample", export, "--k=3", "--n=6", f"--out={tmp_path / 'a.png'}")
    assert status == 0, err
    assert pixels(tmp_path / "a.png").shape == (48, 6 * 50 - 2)  # a row of six
    flags = ["--k=3", "--n=6", f"--out={tmp_path / 'all'}/"]
    status, out, err = command("-m", "graphical_gan.sample", run[0], *flags)
    assert status == 0 and f"6 samples in {tmp_path / 'all'}" in out, err
    single = [pixels(tmp_path / "all" / f"{number:06}.png") for number in range(6)]
    for number, image in enumerate(single):
        np.testing.assert_array_equal(pixels(tmp_path / "a.png")[::3, 50 * number : 50 * number + 48 : 3], image)
    status, _, err = command("-m", "graphical_gan.sample", run[0], *flags)
    assert status == 2 and "is there, and no empty folder" in err
    status, _, err = command("-m", "graphical_gan.sample", run[0], "--k=5")
    assert status == 2 and "--k=5, but the model has 5 components" in err
    status, _, err = command("-m", "graphical_gan.sample", run[0], "--n=9", "--scale=10000")
    assert status == 2 and "--n=9 --scale=10000 takes 215 GiB of memory; expected 4 at most" in err


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """An empty folder, and one of images with a truncated file."""
    base = tmp_path_factory.mktemp("folders")
    (base / "empty").mkdir()
    (base / "broken").mkdir()
    rng = np.random.default_rng(0)
    for i in range(12):
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(base / "broken" / f"{i}.png")
    data = (base / "broken" / "3.png").read_bytes()
    (base / "broken" / "3.png").write_bytes(data[: len(data) // 2])
    return base


QUICK = [
    (["--K=0"], "--K=0 is out of range"),
    (
        ["--width=1000000", "--dry_run"],
        "it is at least 1 and below 4096. Give another number.",
    ),
    (["--K=1201"], "--K=1201 is more than the 1200 training examples"),
    (["--dataset=imagenet"], "--dataset=imagenet is not allowed; it is one of digits, mnist"),
    (["--dataset=folder", "--manual_dir={folders}/empty", "--K=2"], "{folders}/empty"),
    (["--dataset=folder", "--manual_dir={folders}/none", "--K=2"], "{folders}/none"),
    (["--steps=nan"], "--steps=nan"),
    (["--steps=0"], "--steps=0"),
    (["--learning_rate=nan"], "--learning_rate=nan"),
    (["--batch_size=5000"], "--batch_size=5000 is more than"),
    (["--model=gmgan"], "--model=gmgan is not allowed; it is one of gmgan-l, gmgan-g, gan-g"),
    (["--components=3"], "components"),
    (["--seed=3000000000"], "--seed=3000000000"),
    (["--model=gan-g", "--temperature=0.5"], "--temperature=0.5 has no effect with --model=gan-g"),
    (["K=3"], "'K=3' is not a flag"),
]


@pytest.mark.parametrize(("arguments", "message"), QUICK, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_mistakes_end_at_once_with_one_message(folders, repeated, arguments, message):
    status, _, err = repeated("train", *(a.format(folders=folders) for a in arguments))
    assert status == 2 and message.format(folders=folders) in err and "Traceback" not in err
    assert len(err.strip().splitlines()) <= 3  # TensorFlow, which has more to say, was not loaded


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["--dataset=folder", "--manual_dir={folders}/broken", "--K=2", "--batch_size=4"], ["3.png"]),
        (["--run_dir=/dev/null/run"], ["--run_dir=/dev/null/run can't be written"]),
        ([*TINY, "--K=4", "--seed=1", "--run_dir={run}"], ["--K=4 (was --K=5)", "--seed=1 (was --seed=0)"]),
        (["--run_dir={folders}"], ["no run"]),
    ],
)
def test_mistakes_that_need_a_look_at_files(run, folders, arguments, messages):
    status, _, err = command("train_gmgan.py", *(a.format(folders=folders, run=run[0]) for a in arguments))
    assert status == 2 and "Traceback" not in err
    assert all(message in err for message in messages), err


def test_dry_run_shows_the_run_and_leaves_nothing(tmp_path):
    flags = ["--dataset=celeb_a", "--K=100", "--dry_run", f"--run_dir={tmp_path / 'run'}"]
    status, out, err = command("train_gmgan.py", *flags)
    assert status == 0, err
    for line in ("--width=32", "p(k) p(h|k) p(x|h)", "q(h|x) q(k|h)", "(x, h)", "7,369,029"):
        assert line in out
    assert not (tmp_path / "run").exists()
