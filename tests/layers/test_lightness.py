import keras
import numpy as np
import pytest
from keras import ops
from skimage.color import rgb2lab

from keras_colorize.layers import GreyLevels

LEVELS = np.arange(256)
# Lightness of every grey of 8 bits, by scikit-image.
LIGHTNESS = rgb2lab(np.repeat(LEVELS[:, None] / 255, 3, axis=-1))[:, :1].astype("float32")


def test_each_mean_gives_a_channel():
    found = ops.convert_to_numpy(GreyLevels((100.0, 0.0, -1.5))(LIGHTNESS[:, None]))
    assert found.shape == (256, 1, 3)
    expected = LEVELS[:, None] - np.array([100.0, 0.0, -1.5])
    np.testing.assert_allclose(found[:, 0], expected, atol=0.01)


def test_centers_before_it_rounds_to_bfloat16():
    layer = GreyLevels((123.68,), dtype="mixed_bfloat16")
    found = layer(LIGHTNESS[125:126])
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    # bfloat16 has steps of 1/2 at 125 and of 1/128 at 1.3.
    assert abs(float(ops.cast(found, "float32")[0, 0]) - 1.32) < 0.02


def test_refuses_color_and_no_means():
    with pytest.raises(ValueError, match=r"Expected shape \(..., 1\)"):
        GreyLevels()(np.zeros((1, 2, 2, 3), "float32"))
    with pytest.raises(ValueError, match="one mean or more"):
        GreyLevels(())
