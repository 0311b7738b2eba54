import h5py
import keras
import numpy as np
import pytest

from keras_colorize.presets.weights import read_weights, write_weights


def _network(filters=3, last="b", dense_first=False):
    x = keras.Input((None, None, 1))
    # Keras' own numbering follows the order in which layers are made.
    dense = keras.layers.Dense(2, name=last) if dense_first else None
    y = keras.layers.Conv2D(filters, 3, name="a")(x)
    y = keras.layers.BatchNormalization(name="norm")(y)
    return keras.Model(x, (dense or keras.layers.Dense(2, name=last))(y))


def _part():
    network = _network()
    return keras.Model(network.input, network.get_layer("norm").output)


@pytest.fixture
def path(tmp_path):
    """Weights of a network with a value that would not fit in half precision."""
    network = _network()
    network.get_layer("norm").moving_variance.assign([1.0, 2.0, 1e6])
    write_weights(network, tmp_path / "weights.h5")
    return tmp_path / "weights.h5"


def test_weights_come_back_by_name(path):
    network = _network(dense_first=True)
    read_weights(network, path)
    with h5py.File(path) as file:
        assert file["norm/moving_variance"].dtype == "float32"
        for weight in network.weights:
            assert file[weight.path].dtype == "float16" or weight.path == "norm/moving_variance"
            np.testing.assert_array_equal(weight, file[weight.path])
    assert np.asarray(network.get_layer("norm").moving_variance)[2] == 1e6


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (_network(last="c"), "no c/bias"),
        (_network(filters=4), r"a/kernel of shape \(3, 3, 1, 3\) for \(3, 3, 1, 4\)"),
        (_part(), "b/bias, which the network has not"),
    ],
)
def test_weights_of_another_network_are_refused(path, other, reason):
    with pytest.raises(ValueError, match=reason):
        read_weights(other, path)


def test_a_file_that_is_none_is_refused(path):
    path.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="an unreadable file"):
        read_weights(_network(), path)
