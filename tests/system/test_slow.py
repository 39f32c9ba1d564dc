"""Long checks, run by `make slow`."""

import json

import numpy as np
import pytest

from tests.system.forks import command


@pytest.mark.slow
def test_digits_are_clustered(tmp_path):
    """The demonstration over three seeds: a mean `acc_nearest` of at least 0.78 on held-out digits."""
    found = []
    for seed in range(3):
        path = tmp_path / str(seed)
        status, _, err = command("train_gmgan.py", f"--seed={seed}", f"--run_dir={path}")
        assert status == 0, err
        found.append(json.loads((path / "results.json").read_text())["acc_nearest"])
    assert np.mean(found) >= 0.78, found
