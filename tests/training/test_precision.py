"""What computes in fewer bits, and what does not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks.rounded import rounded
from graphical_gan.engine.randomness import make_stream
from graphical_gan.training.precision import compute_in, scaled, slow_on_cpu
from tests.helpers import GAMES, tiny_gmgan, tiny_state_space
from tests.instances.test_ssgan import tiny as tiny_ssgan
from tests.training.test_training import minibatches, moved, trainer, weights

STREAM = make_stream(3)
LOW = ["bfloat16", "float16"]


def _bfloat16(*shape):
    return tf.cast(tf.random.stateless_normal(shape, [0, 1]), tf.bfloat16)


PRODUCTS = [
    (tf.matmul, [_bfloat16(50, 9), _bfloat16(9, 6)], ()),
    (tf.nn.conv2d, [_bfloat16(5, 8, 8, 9), _bfloat16(3, 3, 9, 6)], (2, "SAME")),
]


def made(make, precision):
    with compute_in(precision):
        game = make()
    return game


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize("make", [tiny_gmgan, GAMES["reinforce"], tiny_state_space, tiny_ssgan])
def test_samples_logits_and_variables_are_float32(make, precision):
    game = made(make, precision)
    p = game.model.generate(STREAM, 3, training=True)
    q = game.model.infer(p.values, STREAM, training=True)
    verdict = game.factors.judge(p, q, STREAM)
    tensors = [*p.values.values(), *q.values.values(), *verdict.logits_p, *verdict.logits_q]
    assert {t.dtype for t in tensors} == {tf.float32}
    assert {v.dtype for v in game.model.variables + game.factors.variables} <= {"float32", "uint32"}


def test_the_type_is_that_of_the_layers_alone():
    game = made(tiny_gmgan, "bfloat16")
    assert keras.config.dtype_policy().name == "float32" and keras.layers.Dense(1).compute_dtype == "float32"
    kinds = {type(layer).__name__: layer.compute_dtype for layer in game.factors._flatten_layers()}
    assert kinds["Convolution"] == "bfloat16"
    assert game.factors.discriminators[0].logit.compute_dtype == "float32"
    assert game.model.recognition["k"].compute_dtype == "float32"
    with pytest.raises(RuntimeError), compute_in("bfloat16"):
        raise RuntimeError
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("precision", LOW)
def test_low_precision_computes_the_same_up_to_its_digits(precision):
    """The same weights and draws: samples differ, by no more than a few units of 8 (bfloat16) or 11 bits."""
    full, low = (made(lambda: tiny_gmgan(batch_norm=False), p) for p in ("float32", precision))
    for a, b in zip(full.model.variables, low.model.variables, strict=True):
        b.assign(a)
    one, two = (g.model.generate(STREAM, 50).values["x"].numpy() for g in (full, low))
    error = np.abs(one - two).max()
    assert 0 < error < {"bfloat16": 2e-2, "float16": 2e-3}[precision]


@pytest.mark.parametrize(("precision", "order"), [("float16", "players_first"), ("bfloat16", None)])
def test_low_precision_trains(precision, order):
    run = trainer(order=order, precision=precision)
    before = weights(run.game.model)
    watched = run.run(minibatches(), 3)
    assert all(np.isfinite(v) for v in watched.values())
    assert np.mean(moved(before, weights(run.game.model))) > 0.7


def test_the_clip_networks_train_in_bfloat16():
    run = trainer(tiny_ssgan, order=None, precision="bfloat16")
    watched = run.run(minibatches(shape=(4, 16, 16, 1)), 2)
    assert all(np.isfinite(v) for v in watched.values())


def test_an_overflow_in_float16_is_left_out_and_the_scale_halved():
    run = trainer(precision="float16")
    adam = run.optimizers["players"]
    data = minibatches()
    scale = lambda: float(tf.convert_to_tensor(adam.dynamic_scale))  # noqa: E731
    assert 0 < run.run(data, 2)["gradient_norm/players"] < 100 < scale()  # the norm is that without the scale
    adam.dynamic_scale.assign(1e30)  # every gradient overflows
    before = weights(run.game.model)
    run.means.reset()
    watched = run.run(data, 1)
    assert scale() == pytest.approx(5e29) and not any(moved(before, weights(run.game.model)))
    assert watched["gradient_norm/players"] == 0


def test_only_float16_scales_the_loss():
    adam = keras.optimizers.Adam()
    assert scaled(adam, "float32") is adam and scaled(adam, "bfloat16") is adam


def test_rounding_does_not_add_up_over_time():
    """A still transition keeps v to the last digit over 200 steps of bfloat16."""
    game = made(tiny_ssgan, "bfloat16")
    transition = game.model.generative["v"]
    transition.linear.kernel.assign(tf.zeros_like(transition.linear.kernel))
    transition.skip.kernel.assign(tf.eye(2))
    v = game.model.generate(STREAM, 2, length=200).values["v"]
    np.testing.assert_array_equal(v[:, -1], v[:, 0])


@pytest.mark.parametrize(
    ("precision", "flags", "slow"),
    [
        ("bfloat16", "fpu avx2", True),
        ("bfloat16", "avx512f avx512_bf16", False),
        ("float16", "avx512f avx512_bf16", True),
        ("float16", "fp asimd fphp asimdhp", False),
        ("float32", "fpu", False),
    ],
)
def test_a_cpu_without_instructions_for_a_type_is_known(tmp_path, precision, flags, slow):
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: {flags}\n")
    assert slow_on_cpu(precision, tmp_path / "cpuinfo") == slow
    assert not slow_on_cpu(precision, tmp_path / "nothing")


@pytest.mark.parametrize(("product", "factors", "settings"), PRODUCTS)
def test_the_benchmark_rounds_products_as_bfloat16_does(product, factors, settings):
    expected, found = product(*factors, *settings), rounded(product)(*factors, *settings)
    assert found.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(found, tf.float32), tf.cast(expected, tf.float32), rtol=2**-7, atol=1e-6)
    assert rounded(product)(*(tf.cast(f, tf.float32) for f in factors), *settings).dtype == tf.float32


@pytest.mark.parametrize(("product", "factors", "settings"), PRODUCTS)
def test_the_benchmark_rounds_gradients_once(product, factors, settings):
    """They are those of float32 from the same rounded numbers, to the 8 bits of bfloat16."""
    upstream = tf.cast(tf.random.stateless_normal(product(*factors, *settings).shape, [2, 3]), tf.bfloat16)
    gradients = []
    for kind in (tf.bfloat16, tf.float32):
        numbers = [tf.cast(f, kind) for f in factors]
        with tf.GradientTape() as tape:
            tape.watch(numbers)
            result = rounded(product)(*numbers, *settings)
        gradients.append(tape.gradient(result, numbers, tf.cast(upstream, kind)))
    for low, full in zip(*gradients, strict=True):
        assert (low.dtype, full.dtype) == (tf.bfloat16, tf.float32)
        np.testing.assert_allclose(tf.cast(low, tf.float32), full, rtol=2**-8, atol=1e-6)
