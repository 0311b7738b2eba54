"""Colourfulness after Hasler & Suesstrunk 2003."""

import keras
import numpy as np
import pytest
import skimage.data
from keras import ops

from keras_colorize.metrics import (
    Colorfulness,
    ColorfulnessDifference,
    colorfulness,
    colorfulness_difference,
)


def _published(rgb_uint8):
    """Hasler & Suesstrunk 2003, section 6: sigma_rgyb + 0.3 mu_rgyb."""
    red, green, blue = np.moveaxis(rgb_uint8.astype("float64"), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())


def _value(rgb):
    return ops.convert_to_numpy(colorfulness(rgb))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_photographs(name):
    picture = getattr(skimage.data, name)()
    assert _value((picture / 255).astype("float32")) == pytest.approx(_published(picture), rel=1e-4)


def test_by_hand():
    # All red: rg = 255 and yb = 127.5 everywhere, so only the mean counts.
    red = np.zeros((3, 4, 3), "float32")
    red[..., 0] = 1.0
    assert _value(red) == pytest.approx(0.3 * 255 * np.sqrt(1.25), rel=1e-5)
    # Half blue, half yellow: yb = -255 or 255, so only the spread counts.
    halves = np.float32([[[0, 0, 1], [1, 1, 0]]])
    assert _value(halves) == pytest.approx(255.0, rel=1e-5)
    # Half red, half cyan: rg = 255 and -255, yb = 127.5 and -127.5.
    halves = np.float32([[[1, 0, 0], [0, 1, 1]]])
    assert _value(halves) == pytest.approx(255 * np.sqrt(1.25), rel=1e-5)


def test_grey_has_none():
    grey = np.random.default_rng(0).random((5, 6, 1)).astype("float32").repeat(3, axis=-1)
    assert _value(grey) == pytest.approx(0.0, abs=1e-3)


def test_every_picture_of_a_batch_has_its_own():
    pictures = np.random.default_rng(0).random((2, 3, 5, 4, 3)).astype("float32")
    values = _value(pictures)
    assert values.shape == (2, 3)
    for index in np.ndindex(2, 3):
        assert values[index] == pytest.approx(_value(pictures[index]), rel=1e-5)


def test_half_precision_is_computed_in_float32():
    # Exact in bfloat16, whose squares of 8-bit values would not be.
    picture = np.random.default_rng(0).integers(0, 129, (8, 8, 3)) / 128
    low = colorfulness(ops.cast(picture, "bfloat16"))
    assert keras.backend.standardize_dtype(low.dtype) == "float32"
    assert float(low) == pytest.approx(float(_value(picture)), rel=1e-5)


def test_metric_is_the_mean_over_pictures():
    pictures = np.random.default_rng(0).random((5, 4, 4, 3)).astype("float32")
    metric = Colorfulness()
    for rows in (slice(0, 4), slice(4, 5)):
        metric.update_state(np.zeros((1,)), pictures[rows])
    assert float(metric.result()) == pytest.approx(_value(pictures).mean(), rel=1e-5)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert isinstance(again, Colorfulness)


def test_difference_in_both_conventions():
    # Two pictures, one too vivid and one too dull by the same: it evens out in the means alone.
    red, dull = (np.full((4, 4, 3), level, "float32") for level in (0.0, 0.0))
    red[..., 0], dull[..., 0] = 1.0, 0.5
    y_true, y_pred = np.stack([red, dull]), np.stack([dull, red])
    each = abs(_published(np.uint8([[[255, 0, 0]]])) / 2)
    np.testing.assert_allclose(
        ops.convert_to_numpy(colorfulness_difference(y_true, y_pred)), [each, each], rtol=1e-5
    )
    for of_means, expected in ((False, each), (True, 0.0)):
        metric = ColorfulnessDifference(of_means)
        for index in range(2):
            metric.update_state(y_true[[index]], y_pred[[index]])
        assert float(metric.result()) == pytest.approx(expected, rel=1e-5, abs=1e-4)
    metric.reset_state()
    metric.update_state(y_true[:1], y_pred[:1])
    assert float(metric.result()) == pytest.approx(each, rel=1e-5)
