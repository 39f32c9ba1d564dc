"""The faithful inverse of a network over time, in the engine: q reads the past of the data from an auxiliary chain."""

import numpy as np
import tensorflow as tf

from graphical_gan.engine import priors
from graphical_gan.engine.checks import checked_samples
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.engine.randomness import make_stream
from graphical_gan.runs.description import description
from tests.helpers import STATE_SPACE, Clip, Dense, T, Transition, tiny_gmgan, tiny_state_space


class OfClip(Clip):
    """A vector of one clip."""

    def call(self, clip, training=False):
        return super().call((clip,))


def test_latents_read_the_past_of_the_data():
    p = {"h": priors.standard_normal(3), "e": priors.standard_normal(2), "v[1]": priors.standard_normal(2)}
    p |= {"v": Transition(), "x": Dense(7)}
    q = {"h": OfClip(3), "past[1]": Dense(5), "past": Dense(5), "v[T]": Dense(2), "v": Dense(2)}
    model, stream = GraphicalGAN(STATE_SPACE, p, q), make_stream(0)
    checked_samples(model, stream)
    x = model.generate(stream, 3).values["x"]
    found = model.infer({"x": x}, stream).values
    h = q["h"](x)
    past = [q["past[1]"]((h, x[:, 0]))]
    for t in range(1, T):
        past.append(q["past"]((past[-1], h, x[:, t])))
    v = [q["v[T]"]((h, past[-1]))]
    for t in range(T - 2, -1, -1):
        v.insert(0, q["v"]((h, v[0], past[t])))
    np.testing.assert_allclose(found["h"], h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["v"], tf.stack(v, 1), rtol=1e-3, atol=1e-5)
    assert set(found) == {"h", "v", "x"}


def test_a_description_says_what_q_wrongly_assumes():
    assert "\n  v[4] is independent of x[1], x[2], x[3] given x[4]\n" in description(tiny_state_space())  # Alg. 2
    assert "independent" not in description(tiny_gmgan())
