"""Nearness to the truth against NumPy, the papers' formulas and Keras."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.bins import ab_centers
from keras_colorize.color import rgb_to_luv
from keras_colorize.metrics import SceneTopK, ab_error, bin_accuracy

LOGITS = np.array([[1, 2, 0, -1], [4, 3, 2, 1], [0, 1, 2, 3], [5, 0, 0, 0]], "float32")
LABELS = np.array([2, 0, 1, -1])
MEAN = keras.metrics.MeanMetricWrapper
COLORS = np.random.default_rng(0).integers(-90, 91, (2, 3, 2)).astype("float32")


def _accuracy(*arguments, **options):
    return ops.convert_to_numpy(bin_accuracy(*arguments, **options))


def test_ab_error_is_the_euclidean_distance_and_decodes_logits_by_their_mean():
    error = ab_error(np.float32([[3, 4], [0, 0], [-10, 5]]), np.float32([[0, 0], [0, 0], [-10, 7]]))
    np.testing.assert_allclose(ops.convert_to_numpy(error), [5.0, 0.0, 2.0], atol=1e-6)
    logits = np.full((2, 313), -1e4, "float32")
    logits[0, 7] = 0.0
    logits[1, [20, 200]] = 0.0
    means = np.stack([ab_centers()[7], ab_centers()[[20, 200]].mean(0)])
    error = ab_error(means + np.float32([3, 4]), logits)
    np.testing.assert_allclose(ops.convert_to_numpy(error), [5.0, 5.0], atol=1e-3)


def test_bins_of_the_paper_are_four_wide():
    # Fifty bins over -100..100: 0, 1 and 3.9 share a bin, 4 and -0.1 do not.
    true = np.zeros((5, 2), "float32")
    pred = np.float32([[0, 1], [3.9, 4], [-0.1, -4], [100, 2], [3, -30]])
    np.testing.assert_array_equal(_accuracy(true, pred), [[1, 1], [1, 0], [0, 0], [0, 1], [1, 0]])
    beyond = _accuracy(np.float32([[98, -150]]), np.float32([[170, -97]]))
    np.testing.assert_array_equal(beyond, [[1, 1]])


def test_greys_are_in_one_bin_whatever_their_rounding_errors():
    grey = np.linspace(0, 1, 997, dtype="float32")[:, None].repeat(3, axis=1)
    uv = ops.convert_to_numpy(rgb_to_luv(grey))[:, 1:]
    assert (uv < 0).any()
    assert (uv > 0).any()
    # They are in the bin from 0 to 4, not in that from -4 to 0.
    np.testing.assert_array_equal(_accuracy(np.full_like(uv, 2.0), uv), 1)
    np.testing.assert_array_equal(_accuracy(np.full_like(uv, -2.0), uv), 0)
    # So they are in the scale of a network, where the edge is 0.5.
    scaled = 0.5 + uv / 360
    np.testing.assert_array_equal(_accuracy(np.full_like(uv, 0.51), scaled, low=0, high=1), 1)


def test_logits_are_decoded_by_their_largest():
    logits = np.zeros((2, 2, 50), "float32")
    logits[0, 0, 25] = logits[0, 1, 24] = logits[1, 0, 49] = logits[1, 1, 0] = 1.0
    true = np.float32([[1, 1], [99, -99]])
    np.testing.assert_array_equal(_accuracy(true, logits), [[1, 0], [1, 1]])
    # 25 bins of a and b, ten wide, centered on multiples of ten.
    logits = np.zeros((1, 2, 25), "float32")
    logits[0, 0, 12] = logits[0, 1, 13] = 1.0
    true = np.float32([[-4.9, 5.1]])
    np.testing.assert_array_equal(_accuracy(true, logits, low=-125, high=125), [[1, 1]])


def test_accuracy_of_one_channel_and_of_both():
    true = np.zeros((2, 2, 2, 2), "float32")
    pred = true.copy()
    pred[0, 0, 0, 0] = 50.0
    pred[:, :, 1, 1] = 50.0
    for channel, expected in ((0, 7 / 8), (1, 1 / 2), (None, 11 / 16)):
        assert _accuracy(true, pred, channel=channel).mean() == pytest.approx(expected)
    for shape in ((3, 3), (3, 1, 50), (3,)):
        with pytest.raises(ValueError, match="Expected predictions"):
            bin_accuracy(np.zeros((3, 2), "float32"), np.zeros(shape, "float32"))


@pytest.mark.parametrize(("k", "expected"), [(1, 1 / 3), (2, 1 / 3), (3, 1.0), (9, 1.0)])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_pictures_without_a_label_do_not_count(k, expected, shape):
    metric = SceneTopK(k)
    for rows in (slice(0, 1), slice(1, 4)):
        metric.update_state(LABELS[rows].reshape(shape), LOGITS[rows])
    assert float(metric.result()) == pytest.approx(expected)
    metric.reset_state()
    metric.update_state(np.array([-1]), LOGITS[:1])
    assert float(metric.result()) == 0.0
    metric.update_state(np.tile(LABELS, 2), np.tile(LOGITS, (2, 1)), [1, 1, 1, 50, 0, 0, 0, 0])
    assert float(metric.result()) == pytest.approx(expected)
    with pytest.raises(ValueError, match="k of 1 or more, received 0"):
        SceneTopK(0)


@pytest.mark.parametrize(
    "metric", [MEAN(ab_error, "far", unit=220.0), MEAN(bin_accuracy, channel=1), SceneTopK(5)]
)
def test_known_to_keras_and_computed_in_float32(metric):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()
    assert again.dtype == "float32"
    # These numbers are exact in bfloat16.
    true, pred = (LABELS, LOGITS) if isinstance(metric, SceneTopK) else COLORS
    metric.update_state(true, pred)
    again.update_state(true, ops.cast(pred, "bfloat16"))
    assert float(again.result()) == pytest.approx(float(metric.result()), rel=1e-6)
