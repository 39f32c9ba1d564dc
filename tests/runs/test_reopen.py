"""Runs that are opened again."""

import json

from graphical_gan.runs import reopen
from graphical_gan.runs.programs import GMGAN


def test_a_place_that_has_no_effect_is_forgotten_as_older_versions_wrote_it_down(tmp_path):
    settings = GMGAN.recipe.resolve({"manual_dir": "/a", "data_dir": "/b"})
    (tmp_path / "settings.json").write_text(json.dumps({"program": "gmgan"} | settings))
    _, found = reopen.settings_of(tmp_path, {})
    assert found == settings | {"manual_dir": None, "data_dir": None}
    _, found = reopen.settings_of(tmp_path, {"dataset": "mnist"})  # another, as evaluate_samples may have it
    assert found["manual_dir"] == "/a" and found["data_dir"] == "/b"
