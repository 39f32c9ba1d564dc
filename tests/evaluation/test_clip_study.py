"""What a run on clips is watched by, where no clips are held out."""

import pytest

from graphical_gan import data
from graphical_gan.evaluation.clip_study import ClipStudy
from tests.small_runs import experiment


@pytest.fixture(scope="module")
def study():
    return ClipStudy(experiment("ssgan")[0].game.model, data.load_clips("moving_digits", T=4, holdout=0))


def test_without_validation_clips_samples_are_watched_beside_training_clips(study):
    scores = study.scores("validation")
    assert sorted(scores) == sorted(
        f"{n}_{of}" for n in ("brightness", "variety", "motion") for of in ("real", "samples")
    )
    train = study.held("train", 200)["clip"]
    assert scores["brightness_real"] == pytest.approx(float(train.mean()), rel=1e-5)
    assert study.warning(scores | {"motion_samples": 0.0}) == "the generator stands still (motion 0.0000)"
    assert set(study.pictures()) == {"samples", "reconstructions", "analogies", "film"}
    assert study.scores("test")["mse"] > 0


def test_the_oracle_is_judged_on_digits_that_it_has_not_seen(study):
    scores = study.final_scores()
    assert 0.7 < scores["oracle_recognised_real"] < 1 and scores["oracle_accuracy"] > 0.8
