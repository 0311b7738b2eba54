"""Chroma that changes where lightness does not."""

import keras
import numpy as np
import pytest
from skimage import color

from keras_colorize.metrics import Blotchiness, blotchiness


def _rgb(lightness, a, b):
    lab = np.stack(np.broadcast_arrays(lightness, a, b), axis=-1).astype("float64")
    return color.lab2rgb(lab).astype("float32")


def _value(rgb, **options):
    return keras.ops.convert_to_numpy(blotchiness(rgb, **options))


def test_a_border_by_hand():
    # 4 rows of 6 pixels: one step of 3, 4 (length 5) a row among 5 x 4 + 6 x 3 pairs.
    a = np.where(np.arange(6) < 3, 0.0, 3.0)[None].repeat(4, axis=0)
    assert _value(_rgb(50.0, a, a * 4 / 3)) == pytest.approx(4 * 5 / 38, abs=0.01)


def test_a_border_at_an_edge_of_lightness_is_none():
    right = np.arange(6) >= 3
    rgb = _rgb(np.where(right, 70.0, 50.0)[None], np.where(right, 8.0, 0.0)[None], np.zeros((4, 6)))
    assert _value(rgb) == pytest.approx(0.0, abs=0.01)
    # The pairs at the edge do not count: 4 rows of 4 pairs and 6 columns of 3 are left.
    assert _value(rgb, edge=100.0) == pytest.approx(4 * 8 / 38, abs=0.02)


def test_grey_and_a_single_pixel_have_none():
    grey = np.random.default_rng(0).random((5, 6, 1)).astype("float32").repeat(3, axis=-1)
    assert _value(grey) == pytest.approx(0.0, abs=0.02)
    assert _value(np.full((1, 1, 3), 0.3, "float32")) == 0.0


def test_every_picture_of_a_batch_has_its_own():
    pictures = np.random.default_rng(0).uniform(0.4, 0.5, (2, 3, 5, 4, 3)).astype("float32")
    values = _value(pictures)
    for index in np.ndindex(2, 3):
        assert values[index] == pytest.approx(_value(pictures[index]), rel=1e-4)


def test_metric_is_the_mean_over_pictures():
    pictures = np.random.default_rng(0).uniform(0.4, 0.5, (3, 5, 4, 3)).astype("float32")
    metric = Blotchiness(edge=2.0)
    metric.update_state(pictures, pictures, sample_weight=[1.0, 0.0, 1.0])
    expected = _value(pictures, edge=2.0)[[0, 2]].mean()
    assert float(metric.result()) == pytest.approx(expected, rel=1e-4)
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.edge == 2.0
