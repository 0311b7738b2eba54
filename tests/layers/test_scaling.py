"""ScaleLightness and RepeatChannels."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import RepeatChannels, ScaleLightness

LIGHTNESS = np.array([0.0, 25.0, 50.0, 100.0], "float32").reshape(1, 2, 2, 1)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.25, 0.5, 1.0]),
        (-1.0, 1.0, [-1.0, -0.5, 0.0, 1.0]),
        (0.0, 255.0, [0.0, 63.75, 127.5, 255.0]),
    ],
)
def test_maps_the_range_of_lightness(low, high, expected):
    scaled = ops.convert_to_numpy(ScaleLightness(low, high)(LIGHTNESS))
    assert scaled.shape == LIGHTNESS.shape
    np.testing.assert_allclose(scaled.ravel(), expected, atol=1e-5)


def test_centres_before_it_rounds_to_bfloat16():
    # bfloat16 steps by 1/2 above 64, so 75.6 alone becomes 75.5 and would give 0.51.
    scaled = ScaleLightness(-1.0, 1.0, dtype="mixed_bfloat16")(np.array([[75.6]], "float32"))
    assert keras.backend.standardize_dtype(scaled.dtype) == "bfloat16"
    assert abs(float(ops.cast(scaled, "float32")[0, 0]) - 0.512) < 1e-3


def test_keeps_float32_lightness_inside_a_bfloat16_model():
    inputs = keras.Input((1,))
    scaled = ScaleLightness(-1.0, 1.0, dtype="mixed_bfloat16")(inputs)
    model = keras.Model(inputs, scaled)
    predicted = model.predict_on_batch(np.array([[75.6]], "float32"))
    assert abs(float(predicted[0, 0]) - 0.512) < 1e-3


@pytest.mark.parametrize("layer", [ScaleLightness(-2.0, 3.0), RepeatChannels(2)])
def test_model_of_any_size_survives_a_file(layer, tmp_path):
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == layer.compute_output_shape((None, None, None, 1))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict_on_batch(LIGHTNESS), model.predict_on_batch(LIGHTNESS)
    )


def test_repeats_the_grey_channel():
    repeated = ops.convert_to_numpy(RepeatChannels()(LIGHTNESS))
    assert repeated.shape == (1, 2, 2, 3)
    np.testing.assert_array_equal(repeated, np.concatenate([LIGHTNESS] * 3, axis=-1))


def test_refuses_colour_in_place_of_grey():
    with pytest.raises(ValueError, match=r"expects shape \(..., 1\)"):
        RepeatChannels()(np.zeros((1, 2, 2, 3), "float32"))


def test_refuses_useless_arguments():
    with pytest.raises(ValueError, match="must differ"):
        ScaleLightness(1.0, 1.0)
    with pytest.raises(ValueError, match="channels=0"):
        RepeatChannels(0)
