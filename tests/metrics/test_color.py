"""Distances in the ab plane."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.bins import ab_centers
from keras_colorize.metrics import (
    AbError,
    AbMeanSquaredError,
    LuvUvSquaredError,
    ab_error,
    ab_mean_squared_error,
    luv_uv_squared_error,
)


def _colors(shape, seed):
    return np.random.default_rng(seed).uniform(-90, 90, (*shape, 2)).astype("float32")


def test_is_the_euclidean_distance():
    error = ab_error(np.float32([[3, 4], [0, 0], [-10, 5]]), np.float32([[0, 0], [0, 0], [-10, 7]]))
    np.testing.assert_allclose(ops.convert_to_numpy(error), [5.0, 0.0, 2.0], atol=1e-6)


def test_logits_are_decoded_by_their_mean():
    logits = np.full((2, 313), -1e4, "float32")
    logits[0, 7] = 0.0
    logits[1, [20, 200]] = 0.0
    means = np.stack([ab_centers()[7], ab_centers()[[20, 200]].mean(0)])
    error = ab_error(means + np.float32([3, 4]), logits)
    np.testing.assert_allclose(ops.convert_to_numpy(error), [5.0, 5.0], atol=1e-3)


def test_batches_add_up_to_the_mean_of_all_pixels():
    # Batches of unequal size: the mean of their means would be another number.
    y_true, y_pred = _colors((5, 4, 3), 0), _colors((5, 4, 3), 1)
    y_pred[4:] = 0.0
    metric = AbError()
    for rows in (slice(0, 4), slice(4, 5)):
        metric.update_state(y_true[rows], y_pred[rows])
    expected = np.linalg.norm(y_true.astype("float64") - y_pred, axis=-1).mean()
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_reads_bfloat16_predictions():
    y_true = _colors((2, 3), 0)
    error = ab_error(y_true, ops.cast(y_true, "bfloat16"))
    assert keras.backend.standardize_dtype(error.dtype) == "float32"
    assert 0 < float(ops.max(error)) < 0.5


def test_config_round_trip():
    metric = AbError(name="distance")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert isinstance(again, AbError)
    assert again.name == "distance"


def test_evaluate_reports_it():
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, {"ab": keras.layers.Conv2D(2, 1)(inputs)})
    jit_compile = keras.backend.backend() == "jax"
    model.compile(loss="mse", metrics={"ab": AbError()}, jit_compile=jit_compile)
    x, y = np.ones((3, 2, 2, 1)), {"ab": _colors((3, 2, 2), 0)}
    reported = model.evaluate(x, y, batch_size=2, verbose=0, return_dict=True)
    expected = np.linalg.norm(model.predict(x, verbose=0)["ab"] - y["ab"], axis=-1).mean()
    assert reported["ab_error"] == pytest.approx(expected, rel=1e-5)


def test_mean_squared_error_of_scaled_ab():
    # Scaled by 220: 22 and 44 off are 0.1 and 0.2 off.
    error = ab_mean_squared_error(np.float32([[22, -44], [5, 5]]), np.float32([[0, 0], [5, 5]]))
    np.testing.assert_allclose(ops.convert_to_numpy(error), [(0.01 + 0.04) / 2, 0.0], rtol=1e-5)
    y_true, y_pred = _colors((2, 3, 4), 0), _colors((2, 3, 4), 1)
    metric = AbMeanSquaredError()
    metric.update_state(y_true, y_pred)
    expected = np.square((y_true.astype("float64") - y_pred) / 220).mean()
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


def test_squared_error_of_luv():
    # Hwang & Zhou 2016, 5.1: both squares are added.
    error = luv_uv_squared_error(np.float32([[3, 4], [1, 1]]), np.float32([[0, 0], [1, -1]]))
    np.testing.assert_allclose(ops.convert_to_numpy(error), [25.0, 4.0], rtol=1e-6)
    metric = LuvUvSquaredError()
    metric.update_state(np.zeros((1, 2, 2, 2), "float32"), np.ones((1, 2, 2, 2), "float32"))
    assert float(metric.result()) == pytest.approx(2.0)
