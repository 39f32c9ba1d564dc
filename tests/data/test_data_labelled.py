"""Which labels are known: as many of each class, chosen by the seed, a tenth of each minibatch."""

import numpy as np
import pytest

from graphical_gan import data
from graphical_gan.data.images.dataset import labelled_rows

LABELS = np.repeat(np.arange(4), [10, 20, 30, 40])


def test_labels_are_stratified_by_seed():
    rows = labelled_rows(LABELS, 22, seed=1)
    assert len(set(rows)) == 22 and sorted(np.bincount(LABELS[rows])) == [5, 5, 6, 6]
    np.testing.assert_array_equal(rows, labelled_rows(LABELS, 22, seed=1))
    assert set(rows) != set(labelled_rows(LABELS, 22, seed=2))
    assert labelled_rows(LABELS, 0, seed=1) is labelled_rows(None, None, seed=1) is None


@pytest.mark.parametrize(("labels", "count"), [(None, 10), (LABELS, 3), (LABELS, 41)])
def test_a_count_that_does_not_fit_is_refused(labels, count):
    with pytest.raises(ValueError, match=f"--labels={count}.*expected"):
        labelled_rows(labels, count, seed=0)


def test_minibatches_hold_the_labels_that_are_known():
    digits = data.load("digits", labels=30, seed=3)
    known = {digits.train.images[i].tobytes(): digits.train.labels[i] for i in digits.labelled}
    assert "c" in data.load("digits", labels=30, labelled="c").minibatches(50, seed=3).element_spec
    seen = set()
    for batch in digits.minibatches(50, seed=3).take(6):
        images, k, y = (np.asarray(batch[n]) for n in ("x", "k", "y"))
        pixels = np.round(images * 255).astype(np.uint8)
        for row in range(50):
            label = known.get(pixels[row].tobytes())
            assert label is not None or row >= 5
            assert np.isnan(k[row]).all() if label is None else np.array_equal(k[row], np.eye(10)[label])
        seen |= {p.tobytes() for p in pixels[:5]}
        assert np.array_equal(k[:5].argmax(1), y[:5])
    assert len(seen) == 30  # an epoch of the labelled images is six minibatches
