"""What all metrics have in common: weights, masks, precision, names, and `compile`."""

import keras
import numpy as np
import pytest

from keras_colorize import metrics
from keras_colorize.losses import PixelSquaredError
from keras_colorize.metrics.means import PictureMean

PIXEL_METRICS = [
    metrics.AbError(),
    metrics.AbMeanSquaredError(),
    metrics.LuvUvSquaredError(),
    metrics.BinAccuracy(channel=1),
    metrics.AreaUnderCurve(),
    metrics.Ciede2000(),
]
PICTURE_METRICS = [
    metrics.Psnr(),
    metrics.Ssim(),
    metrics.Colorfulness(),
    metrics.ColorfulnessDifference(),
    metrics.ColorfulnessDifference(of_means=True),
    metrics.SaturationDifference(),
]
RGB_METRICS = [metrics.Ciede2000, *(type(metric) for metric in PICTURE_METRICS)]


def _batch(metric):
    """True and predicted values of four pictures for a metric."""
    rng = np.random.default_rng(7)
    if type(metric) in RGB_METRICS:
        true, noise = rng.random((2, 4, 6, 5, 3)).astype("float32")
        return np.stack([true, 0.7 * true + 0.3 * noise])
    return rng.uniform(-40, 40, (2, 4, 6, 5, 2)).astype("float32")


def _result(metric, y_true, y_pred, sample_weight=None):
    metric.reset_state()
    metric.update_state(y_true, y_pred, sample_weight)
    return float(metric.result())


def _values(metric, y_true, y_pred):
    return keras.ops.convert_to_numpy(metric.values(y_true, y_pred))


def _name(metric):
    return type(metric).__name__


@pytest.mark.parametrize("metric", PIXEL_METRICS + PICTURE_METRICS, ids=_name)
def test_pictures_of_weight_0_have_no_effect(metric):
    y_true, y_pred = _batch(metric)
    # An exactly right picture has an infinite PSNR, which must not get through its weight.
    y_pred[1] = y_true[1]
    values = _values(metric, y_true, y_pred)
    for weight in ([0, 0, 1, 1], [[0], [0], [3], [3]]):
        masked = _result(metric, y_true, y_pred, np.float32(weight))
        assert masked == pytest.approx(abs(values[2:].mean()), rel=1e-5)
        assert masked != pytest.approx(abs(values[[0, 2, 3]].mean()), rel=1e-3)


@pytest.mark.parametrize("metric", PIXEL_METRICS, ids=_name)
def test_weights_per_pixel(metric):
    y_true, y_pred = _batch(metric)
    weight = np.zeros((4, 6, 5), "float32")
    weight[:, :2] = 2.0
    expected = _values(metric, y_true, y_pred)[:, :2].mean()
    assert _result(metric, y_true, y_pred, weight) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("metric", PICTURE_METRICS, ids=_name)
def test_weights_per_pixel_make_no_sense_for_pictures(metric):
    assert isinstance(metric, PictureMean)
    y_true, y_pred = _batch(metric)
    with pytest.raises(ValueError, match="one weight per picture"):
        metric.update_state(y_true, y_pred, np.ones((4, 6, 5), "float32"))


@pytest.mark.parametrize("metric", PIXEL_METRICS + PICTURE_METRICS, ids=_name)
def test_bfloat16_policy_and_predictions(metric):
    y_true, y_pred = _batch(metric)
    expected = _result(metric, y_true, y_pred)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        low = type(metric).from_config(metric.get_config())
        found = _result(low, y_true, keras.ops.cast(y_pred, "bfloat16"))
    finally:
        keras.config.set_dtype_policy(before)
    assert low.dtype == "float32"
    # Predictions are rounded to 8 bits of mantissa; what is computed from them is not.
    assert found == pytest.approx(expected, rel=0.03, abs=0.02)


@pytest.mark.parametrize("metric", PIXEL_METRICS + PICTURE_METRICS, ids=_name)
def test_known_to_keras_by_name(metric):
    name = f"keras_colorize>{_name(metric)}"
    assert type(keras.metrics.get({"class_name": name, "config": {}})) is type(metric)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config()
    batch = _batch(metric)
    assert _result(again, *batch) == pytest.approx(_result(metric, *batch), rel=1e-6)


def test_compile_takes_them_and_weighs_them():
    inputs = keras.Input((None, None, 1))
    rgb = keras.layers.Conv2D(3, 1, activation="sigmoid")(inputs)
    model = keras.Model(inputs, rgb)
    made = [metrics.Psnr(), metrics.Ssim(), metrics.Ciede2000(), metrics.ColorfulnessDifference()]
    jit_compile = keras.backend.backend() == "jax"
    model.compile(loss=PixelSquaredError(), weighted_metrics=made, jit_compile=jit_compile)
    rng = np.random.default_rng(0)
    x, y = rng.random((4, 12, 12, 1)), rng.random((4, 12, 12, 3)).astype("float32")
    weight = np.float32([1, 0, 2, 0])
    reported = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
    predicted = model.predict(x, verbose=0)
    for metric in made:
        expected = _result(metric, y, predicted, weight)
        assert reported[metric.name] == pytest.approx(expected, rel=1e-4)
