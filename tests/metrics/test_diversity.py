"""Diversity against its definition in NumPy."""

import numpy as np
import pytest
from keras import ops

from keras_colorize.metrics import Diversity, diversity


def _ab(pictures, seed=0):
    return np.random.default_rng(seed).normal(size=(pictures, 3, 4, 2)).astype("float32") * 20


@pytest.mark.parametrize("pictures", [2, 5, 8])
def test_counted_picture_by_picture(pictures):
    ab = _ab(pictures)
    pairs = [(ab[i], ab[i - pictures // 2]) for i in range(pictures)]
    difference = sum(((a - b) ** 2).sum() for a, b in pairs)
    energy = sum((a**2).sum() + (b**2).sum() for a, b in pairs)
    assert float(diversity(ab)) == pytest.approx(difference / energy, rel=1e-5)


def test_pictures_colored_alike_have_none():
    ab = np.repeat(_ab(1), 6, axis=0)
    assert float(diversity(ab)) == 0
    assert float(diversity(np.zeros_like(ab))) == 0


def test_the_strength_of_the_color_does_not_count():
    assert float(diversity(_ab(6))) == pytest.approx(float(diversity(0.1 * _ab(6))), rel=1e-5)


def test_independent_pictures_have_nearly_all():
    assert 0.8 < float(diversity(_ab(64))) < 1.2


def test_batches_add_up_and_a_single_picture_is_passed_over():
    metric = Diversity()
    batches = [_ab(4, 1), 3 * _ab(6, 2)]
    for ab in (*batches, _ab(1)):
        metric.update_state(None, ops.convert_to_tensor(ab))
    shares = [float(diversity(ab)) for ab in batches]
    energies = [float((ab**2).sum()) for ab in batches]
    assert float(metric.result()) == pytest.approx(np.average(shares, weights=energies), rel=1e-5)
    metric.reset_state()
    assert float(metric.result()) == 0
