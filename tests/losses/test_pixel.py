import inspect

import keras
import numpy as np
import pytest

from keras_colorize import losses
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


@pytest.mark.parametrize("name", losses.__all__)
def test_known_to_keras_by_name(name):
    # `keras.losses.get` takes a bare string for Keras' own losses only.
    loss = getattr(losses, name)
    if inspect.isclass(loss) and loss is not losses.PixelLoss:
        found = keras.losses.get({"class_name": f"keras_colorize>{name}", "config": {}})
        assert type(found) is loss
    elif not inspect.isclass(loss):
        assert keras.saving.get_registered_object(f"keras_colorize>{name}") is loss


def test_trains_by_name():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 1)])
    loss = {"class_name": "keras_colorize>PixelSquaredError", "config": {}}
    model.compile(loss=keras.losses.get(loss), optimizer="sgd")
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
