"""SSGAN: the paper's structure for T = 4, the released code's sizes, recognition structures, and what a clip can do."""

import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf

from graphical_gan import data
from graphical_gan.common import scaling
from graphical_gan.engine.randomness import make_stream
from graphical_gan.evaluation import clip_study
from graphical_gan.evaluation.clip_study import ClipStudy
from graphical_gan.export.clips import ClipFunctions
from graphical_gan.graph.families import local_families
from graphical_gan.instances import ssgan
from graphical_gan.layers import placed
from graphical_gan.layers.clip_networks import ClipNetworks
from graphical_gan.layers.clips import stack
from graphical_gan.layers.placed import PlacedNetworks
from graphical_gan.runs import description
from graphical_gan.runs.description import parameter_count
from graphical_gan.settings import recipes

STREAM = make_stream(2)
SHAPE = (4, 16, 16, 1)
TINY = ClipNetworks(
    image_shape=SHAPE[1:], labels=0, T=SHAPE[0], latent=5, motion=2, noise="same", output="tanh", width=2, units=8,
    transition_units=8, transition_skip="linear", transition_weights="he_uniform", batch_norm=False, dropout=0.0,
    content_factor=True,
)  # fmt: skip
PLACED = PlacedNetworks(**dataclasses.asdict(TINY))
STRUCTURES = ("mean_field", "inverse", "released_inverse", "forward", "smoothing")
MODELS = ("ssgan-l", "3dcnn", "concat_x", "concat_z")


def tiny(model="ssgan-l", recognition="mean_field", networks=TINY, **changes):
    return ssgan.build(model, recognition, dataclasses.replace(networks, **changes))


# Released code: discriminators of SSGAN-L (frames, pairs, content), and totals; discriminators of the baselines.
TOTALS = {("moving_mnist", 16): (9_117_636, 4_643_587), ("chairs", 31): (9_131_550, 4_634_947)}
BASELINES = {
    "moving_mnist": {"concat_x": 3_585_505, "concat_z": 3_054_465, "3dcnn": 5_252_065},
    "chairs": {"concat_x": 3_703_425, "concat_z": 4_090_305, "3dcnn": 5_312_481},
}


@pytest.mark.parametrize(("dataset", "T"), TOTALS)
def test_parameter_totals_of_the_released_code(dataset, T):
    settings = recipes.SSGAN.resolve({"dataset": dataset})
    assert settings["T"] == T
    channels, conditioned = (1, True) if dataset == "moving_mnist" else (3, False)
    data_spec = types.SimpleNamespace(
        image_shape=(64, 64, channels), value_range=(-1.0, 1.0), conditioned=conditioned, classes=10
    )
    game = ssgan.from_settings(settings, data_spec)
    discriminators = parameter_count(game.factors.trainable_variables)
    total = parameter_count(game.model.trainable_variables) + discriminators
    assert (total, discriminators) == TOTALS[dataset, T]
    for model, expected in BASELINES[dataset].items():
        baseline = ssgan.from_settings(settings | {"model": model}, data_spec)
        assert parameter_count(baseline.factors.trainable_variables) == expected


def test_factors_weights_and_recognition_are_those_of_the_paper():
    network = ssgan.network(4)
    assert [(str(f), f.multiplicity) for f in local_families(network)] == [
        ("(v[t], v[t-1])", 3),
        ("(x[t], h, v[t])", 4),
    ]
    assert tiny(content_factor=False).factors.shares == pytest.approx([3 / 7, 4 / 7])
    assert tiny().factors.shares == pytest.approx([3 / 8, 4 / 8, 1 / 8])  # released: 2T factors
    assert tiny().model.recognition_graph.text("q") == "q(v[t]|x[t]) q(h|x[1:T])"


def without_features(graph):
    """Parents of each latent when the features u[t] of a frame are replaced by the frame itself."""
    return {
        n: {(("x" if r.name == "u" else r.name), r.step) for r in graph.parents[n]}
        for n in graph.latent
    }  # fmt: skip


@pytest.mark.parametrize("labels", [False, True])
def test_inverse_is_that_of_algorithm_2(labels):
    derived = ssgan.network(4, labels=labels).inverse(faithful=False)
    declared = ssgan.recognition_graph("inverse", 4, labels)
    found = without_features(declared)
    if labels:
        found["v"] |= {("y", "")}  # the features of a frame see the label
    assert found == {n: set(derived.parents[n]) for n in derived.latent}


def test_the_codes_inverse_infers_the_content_from_the_clip_alone():
    texts = [ssgan.recognition_graph(name, 4).text("q") for name in ("inverse", "released_inverse")]
    assert "q(h|x[1:T],v[1:T])" in texts[0] and "q(h|x[1:T])" in texts[1]
    assert texts[0].replace("q(h|x[1:T],v[1:T])", "").split() == texts[1].replace("q(h|x[1:T])", "").split()


@pytest.mark.parametrize("structure", STRUCTURES)
def test_recognition_structures(structure):
    """The scans over time equal a loop over frames, as in the released code."""
    model = tiny(recognition=structure).model
    x = model.generate(STREAM, 3).values["x"]
    v = model.infer({"x": x}, STREAM).values["v"]
    q = model.recognition
    u = [(q["u"] if structure != "mean_field" else q["v"])(x[:, t]) for t in range(4)]
    if structure in ("inverse", "released_inverse", "smoothing"):
        combine = q["w"] if structure == "smoothing" else q["v"]
        for t in (2, 1, 0):
            u[t] = combine((u[t + 1], u[t]))
    if structure in ("forward", "smoothing"):
        for t in (1, 2, 3):
            u[t] = q["v"]((u[t - 1], u[t]))
    np.testing.assert_allclose(v, tf.stack(u, 1), rtol=1e-3, atol=1e-5)


def test_noise_is_the_same_at_every_step_or_fresh():
    for noise, rank in (("same", 2), ("fresh", 3)):
        model = tiny(noise=noise).model
        e = model.generate(STREAM, 3, given=None).values
        assert "e" not in e
        drawn = STREAM.at("p").at("e").draw_rows(model.generative["e"], 3 if noise == "same" else 12)
        v = e["v"]
        at = (lambda t, d=drawn: d) if rank == 2 else (lambda t, d=drawn: tf.reshape(d, [3, 4, 2])[:, t])
        for t in (1, 2, 3):
            np.testing.assert_allclose(v[:, t], model.generative["v"]((v[:, t - 1], at(t))), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("networks", [TINY, PLACED])
@pytest.mark.parametrize("labels", [0, 10])
def test_a_window_gives_every_frame_those_around_it(networks, labels):
    model = tiny(recognition="window", networks=networks, labels=labels).model
    values = model.generate(STREAM, 3).values
    seen = [values[name] for name in ("x", "y") if name in values]
    found = model.infer({name: values[name] for name in model.network.observed}, STREAM).values
    q = model.recognition
    given = [seen[0], *[tf.repeat(y[:, None], 4, axis=1) for y in seen[1:]]]
    u = tf.stack(
        [q["u"](parents if labels else parents[0]) for t in range(4) if (parents := [g[:, t] for g in given])], 1
    )
    for t in range(4):
        np.testing.assert_allclose(
            found["v"][:, t], q["v"]((u, tf.one_hot([t] * 3, 4))), rtol=1e-3, atol=1e-5
        )  # fmt: skip
    h = q["h"]((seen[0], found["v"], *seen[1:]))
    if networks is PLACED:
        assert np.abs(found["h"] - h.mean()).max() < 5 * placed.NOISE
        h = STREAM.at("q").at("h").draw(h)
    np.testing.assert_allclose(found["h"], h, rtol=1e-3, atol=1e-5)


def test_content_of_placed_networks_is_read_where_motion_says():
    model = tiny(recognition="window", networks=PLACED).model
    assert model.recognition["h"].place is model.generative["x"].place
    with pytest.raises(ValueError, match="--networks=placed with --recognition=mean_field.*--recognition=window"):
        tiny(networks=PLACED)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("labels", [0, 10])
@pytest.mark.parametrize(("recognition", "networks"), [("mean_field", TINY), ("window", PLACED)])
def test_every_model_has_gradients(model, labels, recognition, networks):
    game = tiny(model, recognition, networks, labels=labels)
    for owner, outcome_of in (
        (game.model, game.players_outcome),
        (game.factors, game.discriminators_outcome),
    ):
        with tf.GradientTape() as tape:
            p = game.model.generate(STREAM, 4, training=True)
            q = game.model.infer(p.values, STREAM, training=True)
            cost = outcome_of(game.factors.judge(p, q, STREAM), STREAM).cost
        assert all(g is not None for g in tape.gradient(cost, [v.value for v in owner.trainable_variables]))


def test_stacked_channels_are_frame_by_frame():
    clip = tf.random.stateless_uniform([2, 3, 4, 4, 2], [0, 1])
    np.testing.assert_array_equal(stack(clip)[..., 4], clip[:, 2, :, :, 0])  # channel t*C + c


def test_3dcnn_has_sizes_for_some_lengths_only():
    with pytest.raises(ValueError, match="--T=8 has no sizes for --model=3dcnn.*4, 16, 31"):
        tiny("3dcnn", T=8)


@pytest.mark.parametrize("labels", [0, 10])
def test_functions_of_a_clip(labels):
    model = tiny(labels=labels).model
    functions = ClipFunctions(model, (16, 16, 1), scaling.SYMMETRIC)
    y = [tf.eye(10)[:3]] if labels else []
    long = functions.sample(3, 9, 5)
    assert long.shape == (3, 9, 16, 16, 1) and np.min(long) >= 0 and np.max(long) <= 1
    if not labels:  # the label is drawn first, whatever T
        np.testing.assert_allclose(functions.sample(3, 4, 5), long[:, :4], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(functions.sample(3, 1, 5), long[:, :1], rtol=1e-4, atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="T is.*expected 1 to 2147483647. Give another T"):
        functions.sample(3, 0, 5)
    clip, other = long[:, :4], long[:, 5:9]
    latents = functions.infer(clip, *y)
    assert {n: v.shape for n, v in latents.items()} == {"h": (3, 5), "v": (3, 4, 2)}
    np.testing.assert_allclose(functions.infer(clip[1:2], *(a[1:2] for a in y))["h"], latents["h"][1:2], rtol=1e-4)
    # Content and motion of the same clip: the reconstruction.
    itself = functions.motion_analogy(clip, clip, *y, *y)
    np.testing.assert_allclose(itself, functions.reconstruct(clip, *y), rtol=1e-4, atol=1e-5)
    others = [a[::-1] for a in y]
    h, v = latents["h"], functions.infer(other, *others)["v"]
    frame = model.generative["x"]((h, v[:, 2], *y))
    np.testing.assert_allclose(
        functions.motion_analogy(clip, other, *y, *others)[:, 2], (frame + 1) / 2, rtol=1e-3, atol=1e-5
    )
    assert functions.continue_(6, clip, *y).shape == (3, 6, 16, 16, 1)


def test_continuing_starts_at_the_last_inferred_motion():
    """With the noise that the clip was made with among the candidates, the clip is continued as it was made."""
    model = tiny().model
    functions = ClipFunctions(model, (16, 16, 1), scaling.SYMMETRIC)
    noise = make_stream(0).at("e").draw_rows(model.generative["e"], 256)[7:8]
    v = model.generate(STREAM, 1, given={"e": noise}, length=9).values["v"]
    found = functions._fitting_noise({"v": v[:, :4]}, {})["e"]
    np.testing.assert_allclose(found, noise)
    rolled = model.generate(STREAM, 1, given={"e": noise}, length=6, start={"v": v[:, 3]}).values["v"]
    np.testing.assert_allclose(rolled, v[:, 3:], rtol=1e-3, atol=1e-5)


def test_a_dead_generator_is_said_and_frames_beyond_all_numbers_are_black():
    diverged = types.SimpleNamespace(sample=lambda n, T, seed: tf.fill([n, T, 2, 2, 1], float("nan")))
    study = types.SimpleNamespace(functions=diverged, T=16)
    np.testing.assert_array_equal(ClipStudy.sample(study, 3, 4), np.zeros([3, 4, 2, 2, 1]))
    alive = {f"{name}_{row}": 0.1 for name in clip_study.DEAD for row in ("real", "samples")} | {"oracle_ink_real": 0.1}
    assert ClipStudy.warning(study, alive | {"oracle_ink_beyond_T": 0.1}) is None
    for name, meaning in clip_study.DEAD.items():
        assert f"the generator {meaning} ({name} 0.0050)" == ClipStudy.warning(
            study, alive | {f"{name}_samples": 0.005}
        )
    assert "black frames beyond T=16" in ClipStudy.warning(study, alive | {"oracle_ink_beyond_T": 0.0})


def test_films_of_different_seeds_share_no_clip():
    drawn = []
    recorder = types.SimpleNamespace(sample=lambda n, T, seed: drawn.append(seed) or tf.zeros([n, T, 2, 2, 1]))
    study = types.SimpleNamespace(functions=recorder)
    for seed in (0, 1, 8, 2**31 - 1):
        assert len(ClipStudy.sample(study, 20, 4, seed)) == 20
    assert len(set(drawn)) == 12 and min(drawn) >= 0 and max(drawn) < 2**31


def test_the_oracle_beside_real_clips_beyond_T_gives_nothing_for_black_ones(monkeypatch):
    monkeypatch.setattr(clip_study, "LONG", 12)
    study = ClipStudy(tiny().model, data.load_clips("moving_digits", T=4))
    study.functions = types.SimpleNamespace(sample=lambda n, T, seed: tf.zeros([n, T, 32, 32, 1]))
    scores = study.final_scores()
    assert scores["oracle_accuracy"] > 0.98  # all 1,200 digits were learnt
    for row in ("real", "real_beyond_T"):
        assert scores[f"oracle_identity_{row}"] > 0.9
        assert scores[f"oracle_speed_{row}"] == pytest.approx(1.6, rel=0.05)
    assert scores["oracle_identity_samples"] == scores["oracle_identity_beyond_T"] == 0
    assert "real_beyond_T" in description.table(scores)
