"""PadToAtLeast: zeros where a map is too small, and nothing else."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import PadToAtLeast

MAP = np.random.default_rng(0).normal(size=(2, 2, 5, 3)).astype("float32")


def test_adds_zeros_at_the_bottom_and_right():
    padded = ops.convert_to_numpy(PadToAtLeast(4)(MAP))
    assert padded.shape == (2, 4, 5, 3)
    np.testing.assert_array_equal(padded[:, :2], MAP)
    assert not padded[:, 2:].any()
    turned = ops.convert_to_numpy(PadToAtLeast(4)(MAP.transpose(0, 2, 1, 3)))
    np.testing.assert_array_equal(turned, padded.transpose(0, 2, 1, 3))


@pytest.mark.parametrize("size", [1, 2])
def test_leaves_maps_that_are_large_enough(size):
    np.testing.assert_array_equal(ops.convert_to_numpy(PadToAtLeast(size)(MAP)), MAP)


def test_sizes_known_and_unknown(tmp_path):
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, PadToAtLeast(4)(inputs))
    assert model.output_shape == (None, None, None, 3)
    assert PadToAtLeast(4)(keras.Input((2, 5, 3))).shape == (None, 4, 5, 3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for picture in (MAP, MAP[:, :1, :1]):
        assert loaded.predict_on_batch(picture).shape[1:3] == (4, max(4, picture.shape[2]))


def test_refuses_no_size():
    with pytest.raises(ValueError, match="positive; received 0"):
        PadToAtLeast(0)
