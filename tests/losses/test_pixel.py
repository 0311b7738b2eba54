import keras
import numpy as np
import pytest

import keras_colorize
from keras_colorize.losses import PixelAbsoluteError, PixelSquaredError

PAIRS = [(PixelSquaredError, "mean_squared_error"), (PixelAbsoluteError, "mean_absolute_error")]


@pytest.fixture
def pictures():
    return np.random.default_rng(0).normal(size=(2, 3, 4, 5, 2)).astype("float32")


@pytest.mark.parametrize(("loss", "name"), PAIRS)
def test_equals_keras_without_weights(loss, name, pictures):
    expected = keras.losses.get(name)(*pictures)
    np.testing.assert_allclose(loss()(*pictures), np.mean(expected), rtol=1e-5)


@pytest.mark.parametrize("loss", [loss for loss, _ in PAIRS])
def test_a_masked_picture_has_no_effect(loss, pictures):
    truth, made = pictures
    weights = np.float32([1, 0, 1])
    found = loss()(truth, made, weights)
    made[1] = 1e6
    np.testing.assert_allclose(loss()(truth, made, weights), found, rtol=1e-6)
    per_pixel = np.broadcast_to(weights[:, None, None], (3, 4, 5))
    np.testing.assert_allclose(loss()(truth, made, per_pixel), found, rtol=1e-6)


def test_weights_are_per_picture_even_where_the_width_would_fit():
    truth, made = np.zeros((3, 3, 3, 2), "float32"), np.ones((3, 3, 3, 2), "float32")
    made[2] = 5.0
    found = PixelSquaredError()(truth, made, np.float32([1, 1, 0]))
    np.testing.assert_allclose(found, 2 / 3, rtol=1e-6)


@pytest.mark.parametrize("name", ["PixelSquaredError", "pixel_squared_error", "AbCrossentropy"])
def test_known_to_compile_by_name(name, jit_compile):
    assert getattr(keras_colorize.losses, name)
    channels = 313 if name == "AbCrossentropy" else 2
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(channels, 1)])
    model.compile(loss=f"keras_colorize>{name}", optimizer="sgd", jit_compile=jit_compile)
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 1)).astype("float32")
    assert np.isfinite(model.train_on_batch(x, np.concatenate([x, x], axis=-1)))


def test_half_precision_is_compared_in_float32(pictures):
    truth, made = pictures
    low = keras.ops.cast(made, "bfloat16")
    found = PixelSquaredError()(truth, low)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(found, PixelSquaredError()(truth, made), rtol=0.02)


def test_config_round_trip():
    again = keras.losses.deserialize(keras.losses.serialize(PixelSquaredError(name="mine")))
    assert isinstance(again, PixelSquaredError)
    assert again.name == "mine"
