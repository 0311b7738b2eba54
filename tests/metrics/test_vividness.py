"""Colorfulness after Hasler & Suesstrunk 2003, and the diversity of a batch."""

import numpy as np
import pytest
import skimage.data
from keras import ops

from keras_colorize.metrics import colorfulness, diversity


def _published(rgb_uint8):
    """Hasler & Suesstrunk 2003, section 6: sigma_rgyb + 0.3 mu_rgyb."""
    red, green, blue = np.moveaxis(rgb_uint8.astype("float64"), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())


def _value(rgb):
    return ops.convert_to_numpy(colorfulness(rgb))


def _ab(pictures, seed=0):
    return np.random.default_rng(seed).normal(0, 20, (pictures, 6, 7, 2)).astype("float32")


def test_photographs_and_colors_by_hand():
    for picture in (skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee()):
        value = _value((picture / 255).astype("float32"))
        assert value == pytest.approx(_published(picture), rel=1e-4)
    # All red: rg = 255 and yb = 127.5 everywhere, so only the mean counts. Half blue, half yellow:
    # yb = -255 or 255, so only the spread counts.
    red, halves = np.float32([[[1, 0, 0], [1, 0, 0]]]), np.float32([[[0, 0, 1], [1, 1, 0]]])
    expected = [0.3 * 255 * np.sqrt(1.25), 255.0]
    np.testing.assert_allclose(_value(np.stack([red, halves])), expected, rtol=1e-5)


def test_diversity_is_none_of_one_color_and_nearly_all_of_independent_ones_at_any_strength():
    same = np.repeat(_ab(1), 4, axis=0)
    assert float(diversity(same)) == pytest.approx(0.0, abs=1e-6)
    assert float(diversity(np.zeros_like(same))) == 0
    assert 0.8 < float(diversity(_ab(64))) < 1.2
    assert float(diversity(_ab(6))) == pytest.approx(float(diversity(0.1 * _ab(6))), rel=1e-5)
