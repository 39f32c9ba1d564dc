"""The command that scores samples: calibration with a stand-in of the graph of 2015, folders, mistakes."""

import json

import numpy as np
from PIL import Image

from graphical_gan import data
from graphical_gan.data.images.folder import read_as_they_are
from tests.fidelity.test_feature_networks import frozen
from tests.system.forks import command

CALIBRATION = """
import types
import numpy as np
from graphical_gan import data, evaluate_samples
from graphical_gan.settings import command_line
images = np.random.default_rng(0).integers(0, 256, (50_000, 4, 4, 3), np.uint8)
split = data.Split(images, np.zeros(50_000, np.int32))
def load(name, holdout, **where):
    assert name == "cifar10" and holdout == 0  # all 50,000
    return types.SimpleNamespace(name=name, train=split)
data.load = load
command_line.run(evaluate_samples.main)
"""


def test_calibration_scores_the_training_images_beside_the_published_value(tmp_path):
    graph = frozen(tmp_path / "classify_image_graph_def.pb")
    script = tmp_path / "calibrate.py"
    script.write_text(CALIBRATION)
    status, out, err = command(script, "--calibrate", f"--network={graph}", f"--cache_dir={tmp_path / 'cache'}")
    assert status == 0, err
    values = {line.split()[0]: line.split()[1] for line in out.splitlines()}
    assert float(values["fid_graph2015_bilinear299_train_50k"]) < 1e-6  # beside themselves
    (line,) = (line for line in out.splitlines() if line.startswith("is_graph2015_bilinear299_50k_10splits "))
    assert line.endswith("(published: 11.24)") and 1 <= float(line.split()[1]) < 5
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_folder_beside_the_digits(tmp_path):
    digits = data.load("digits").test.images[:40]
    for i, image in enumerate(digits):
        Image.fromarray(image[..., 0]).save(tmp_path / f"{i}.png")
    flags = ["--dataset=digits", "--count=40", "--splits=2", f"--cache_dir={tmp_path / 'cache'}"]
    status, out, err = command("-m", "graphical_gan.evaluate_samples", tmp_path, *flags)
    assert status == 0 and "is_classifier_unresized_40_2splits" in out and "classifier_accuracy" in out, err


def test_images_in_folders_by_class_are_scored_in_a_mixed_order(tmp_path):
    for n in range(100):
        (tmp_path / f"class {n // 10}").mkdir(exist_ok=True)
        Image.fromarray(np.full((2, 2), n, np.uint8)).save(tmp_path / f"class {n // 10}" / f"{n:02}.png")
    found = read_as_they_are(tmp_path, 1)[:, 0, 0, 0]
    assert sorted(found) == list(range(100))
    assert all(len({n // 10 for n in part}) > 4 for part in found.reshape(10, 10))  # a split of the Inception Score
    np.testing.assert_array_equal(found, read_as_they_are(tmp_path, 1)[:, 0, 0, 0])


SETTINGS = {"program": "gmgan", "dataset": "digits", "model": "gmgan-l", "seed": 0, "steps": 16}
OF_A_RUN = """
from graphical_gan import evaluate_samples
from graphical_gan.settings import command_line
class Scoring:
    about, count = {"count": 9}, 9
    def __init__(self, *of): pass
    def check(self): pass
    def score(self, samples): return {"fid_stub_train_9": 1.5}
    def score_by_batch(self, samples): return {"is_stub_batch_statistics": samples}
evaluate_samples.SampleScoring = Scoring
evaluate_samples.reopen.exported_samples = lambda path, count, seed: None
evaluate_samples.reopen.samples_by_batch = lambda path, given, count, seed: count + seed / 8
command_line.run(evaluate_samples.main)
"""


def test_a_row_of_a_run_says_what_it_is_of(tmp_path):
    run, script = tmp_path / "run", tmp_path / "script.py"
    (run / "saved_model").mkdir(parents=True)
    (run / "saved_model" / "saved_model.pb").touch()
    (run / "settings.json").write_text(json.dumps(SETTINGS | {"K": 7, "seed": 3}))
    (run / "results.json").write_text(json.dumps({"step": 16, "version": "0.9"}))
    script.write_text(OF_A_RUN)
    status, out, err = command(script, run, "--seed=5")
    assert status == 0 and "fid_stub_train_9" in out, err
    row = json.loads((run / "samples.jsonl").read_text())
    expected = {"step": 16, "version": "0.9", "model": "gmgan-l", "recipe": "released", "K": 7, "seed": 3}
    assert row | expected | {"sample_seed": 5, "dataset": "digits", "fid_stub_train_9": 1.5} == row
    assert row["is_stub_batch_statistics"] == 9.625  # digits have batch normalisation


def test_a_run_that_never_finished_has_no_samples(tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps(SETTINGS))
    status, _, err = command("-m", "graphical_gan.evaluate_samples", tmp_path, "--count=30")
    assert status == 2 and f"{tmp_path} never finished" in err and "Traceback" not in err
