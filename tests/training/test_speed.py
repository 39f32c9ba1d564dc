"""Faster ways to the same numbers: filter gradients, Adam, discriminators on p and q in one pass."""

import pathlib
import platform
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import __main__ as race
from benchmarks import gpu, learning
from graphical_gan.engine.randomness import make_stream
from graphical_gan.layers.convolutions import FEW, SMALL, Convolution, Deconvolution
from graphical_gan.training.adam import Adam
from tests.helpers import tiny_gmgan, tiny_state_space

ROOT = pathlib.Path(__file__).parents[2]
STREAM = make_stream(3)
PAIRS = [(Convolution, keras.layers.Conv2D), (Deconvolution, keras.layers.Conv2DTranspose)]


def derivatives(layer, x):
    """The result, its gradients, and gradients of these, as a gradient penalty needs them."""
    with tf.GradientTape() as second:
        second.watch(x)
        with tf.GradientTape() as first:
            first.watch(x)
            result = layer(x)
            cost = tf.reduce_sum(tf.sin(result))
        gradients = first.gradient(cost, [x, layer.kernel.value, layer.bias.value])
        size = tf.add_n([tf.reduce_sum(g**2) for g in gradients])
    return [result, *gradients, *second.gradient(size, [x, layer.kernel.value])]


@pytest.mark.parametrize("size", [7, 8, 14, 28])
@pytest.mark.parametrize("channels", [(4, 6), (12, 10)], ids=str)
@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_convolutions_are_those_of_keras(size, channels, ours, theirs):
    """Of few and of more channels, of sizes that halve and of one that does not."""
    taken, made = channels
    layer, expected = ours(made, 5), theirs(made, 5, 2, "same")
    x = tf.random.stateless_normal([3, size, size, taken], [0, size])
    assert layer(x).shape == expected(x).shape
    expected.set_weights(layer.get_weights())
    for a, b in zip(tf.function(lambda: derivatives(layer, x))(), derivatives(expected, x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(b).max())


@pytest.mark.parametrize(("channels", "slow"), [(1, False), (FEW, False), (FEW + 1, True)])
def test_images_of_few_channels_are_made_without_a_deconvolution(channels, slow):
    kinds = operations(Deconvolution(channels, 5), [2, 14, 14, 8])
    assert ("Conv2DBackpropInput" in kinds) == slow and ("DepthToSpace" in kinds) != slow


@pytest.mark.parametrize(("size", "slow"), [(SMALL * 2, False), (SMALL * 2 + 2, True)])
def test_filters_of_small_maps_have_a_gradient_that_is_a_convolution(size, slow):
    assert ("Conv2DBackpropFilter" in operations(Convolution(8, 5), [2, size, size, 8])) == slow


def operations(layer, shape):
    """Kinds of operations in the graph of the result of a layer, and of the gradient of its weights."""

    @tf.function
    def both(x):
        with tf.GradientTape() as tape:
            result = layer(x)
        return result, tape.gradient(result, layer.kernel.value)

    layer.build([None, *shape[1:]])
    graph = both.get_concrete_function(tf.TensorSpec(shape)).graph
    return {operation.type for operation in graph.get_operations()}


def test_adam_is_that_of_keras():
    start = tf.random.stateless_normal([7, 3], [0, 1])
    ours, theirs = (keras.Variable(start) for _ in range(2))
    adams = Adam(1e-2, 0.5, 0.999, 1e-8), keras.optimizers.Adam(1e-2, 0.5, 0.999, 1e-8)
    for step in range(20):
        gradient = tf.random.stateless_normal([7, 3], [1, step]) * 10.0 ** (step % 5 - 3)
        for adam, variable in zip(adams, (ours, theirs), strict=True):
            adam.apply([gradient], [variable])
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert np.abs(ours - start).max() > 0.05


@pytest.mark.parametrize("make", [lambda: tiny_gmgan(dropout=0.5), tiny_state_space])
def test_one_pass_over_p_and_q_gives_the_logits_of_two(make):
    game = make()
    p = game.model.generate(STREAM, 6)
    q = game.model.infer(p.values, STREAM)
    one, two = (game.factors.judge(p, q, STREAM, together=t) for t in (True, False))
    for a, b in zip(one.logits_p + one.logits_q, two.logits_p + two.logits_q, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_the_race_takes_all_models_or_some_and_names_it_knows(capsys):
    python = f"--twin_python={sys.executable}"
    assert "all" in race.parse([python]).models
    assert race.parse([python, "gmgan", "ssgan"]).models == ["gmgan", "ssgan"]
    for wrong in (["tree"], ["--only=numpy"], ["--twin_python=/nowhere"]):
        with pytest.raises(SystemExit):
            race.parse([python, *wrong])
        assert wrong[0].split("=")[-1] in capsys.readouterr().err


def test_minutes_to_an_accuracy_are_medians_over_seeds():
    """Of three seeds one never reaches 0.9, and the accuracy at the end may be below one on the way."""
    scores = {0: (0.8, 0.92, 0.91), 1: (0.7, 0.76, 0.8), 2: (0.5, 0.8, 0.96)}
    rows = [
        {"contestant": "a", "seed": seed, "step": 100 * (i + 1), "minutes": 2.0 * (i + 1), "acc_top_posterior": score}
        for seed, curve in scores.items()
        for i, score in enumerate(curve)
    ]
    *_, row = learning.table([{name: str(value) for name, value in row.items()} for row in rows]).splitlines()
    assert row == "| a | 3 | 1200 | 4.0 | 6.0 | – | 0.910 |"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library does as it likes")
@pytest.mark.parametrize("thread", ["first", "another"])
def test_freed_memory_stays_in_the_process(thread):
    """After arrays are freed, taking as much again needs no page of the system; other threads have other heaps."""
    program = (
        "import resource, threading, numpy as np\n"
        "from graphical_gan.training.memory import keep_freed_memory\n"
        "keep_freed_memory()\n"
        "faults = []\n"
        "def take():\n"
        "    for _ in range(3):\n"
        "        [np.ones(30_000_000, np.uint8) for _ in range(3)]\n"
        "        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)\n"
    )
    program += {
        "first": "take()\n",
        "another": "thread = threading.Thread(target=take)\nthread.start()\nthread.join()\n",
    }[thread] + "print(faults[2] - faults[1])\n"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100  # of more than 7,000


def test_a_machine_without_a_gpu_is_told_so(monkeypatch, tmp_path):
    monkeypatch.setattr(gpu, "has_gpu", lambda: False)
    with pytest.raises(SystemExit, match=r"^TensorFlow finds no GPU on this machine\. Give --device=cpu"):
        gpu.main([f"--out={tmp_path / 'gpu.md'}"])
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_the_table_of_a_gpu_can_be_had_of_a_cpu(tmp_path):
    choice = "--device=cpu --models gmgan --precisions float32 --batch_sizes 2 --compiled no --rounds 1 --steps 1"
    command = [sys.executable, "-m", "benchmarks", "gpu", *choice.split(), f"--out={tmp_path / 'gpu.md'}"]
    subprocess.run(command, cwd=ROOT, check=True)
    head, rule, row = (tmp_path / "gpu.md").read_text().splitlines()
    assert head.count("|") == rule.count("|") == row.count("|")
    *chosen, steps, images, copies = row.strip("| ").split(" | ")
    assert chosen == ["gmgan", "float32", "2", "no"] and copies == "0"
    assert float(images) == pytest.approx(2 * float(steps), rel=0.01)
