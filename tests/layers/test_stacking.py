import keras
import numpy as np

from keras_colorize.layers import StackChannels


def test_stacks_before_the_bins():
    u, v = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 6)).astype("float32")
    stacked = StackChannels()([u, v])
    np.testing.assert_array_equal(stacked, np.stack([u, v], axis=3))


def test_shape_is_known_before_the_call():
    u, v = keras.Input((None, 7, 50)), keras.Input((None, 7, 50))
    assert StackChannels()([u, v]).shape == (None, None, 7, 2, 50)
