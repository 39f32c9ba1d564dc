"""Runs that are opened again."""

import json
from types import SimpleNamespace

import numpy as np

from graphical_gan.evaluation.image_study import ImageStudy
from graphical_gan.runs import reopen
from graphical_gan.runs.programs import GMGAN


def test_a_place_that_has_no_effect_is_forgotten_as_older_versions_wrote_it_down(tmp_path):
    settings = GMGAN.recipe.resolve({"manual_dir": "/a", "data_dir": "/b"})
    (tmp_path / "settings.json").write_text(json.dumps({"program": "gmgan"} | settings))
    _, found = reopen.settings_of(tmp_path, {})
    assert found == settings | {"manual_dir": None, "data_dir": None}
    _, found = reopen.settings_of(tmp_path, {"dataset": "mnist"})  # another, as evaluate_samples may have it
    assert found["manual_dir"] == "/a" and found["data_dir"] == "/b"


def test_samples_by_batch_are_of_whole_batches_each_normalised_by_itself():
    seen = []

    class Model:
        def generate(self, stream, rows, training):
            noise = np.random.default_rng(len(seen)).random((rows, 2, 2, 1))
            seen.append((rows, training, stream.seed.numpy().tolist()))
            return SimpleNamespace(values={"x": (noise - noise.mean()) / 4 + 0.5 if training else noise})

    study = ImageStudy(Model(), SimpleNamespace(from_network=lambda images: images), 8, K=5)
    images = study.samples_by_batch(20, seed=1)
    assert images.shape == (20, 2, 2, 1) and images.dtype == np.uint8
    assert [of[:2] for of in seen] == [(8, True)] * 3 and len({str(of[2]) for of in seen}) == 3
    assert all(abs(batch.mean() - 127.5) < 1 for batch in (images[:8], images[8:16])) and images.std() > 10
