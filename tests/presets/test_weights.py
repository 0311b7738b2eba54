import h5py
import keras
import numpy as np
import pytest

from keras_colorize.presets.weights import read_weights, write_weights


def _network(filters=3, last="b"):
    x = keras.Input((None, None, 1))
    y = keras.layers.Conv2D(filters, 3, name="a")(x)
    y = keras.layers.BatchNormalization(name="norm")(y)
    return keras.Model(x, keras.layers.Dense(2, name=last)(y))


def _reordered():
    # The same layers, but Dense is made first: Keras' own numbering would differ.
    dense = keras.layers.Dense(2, name="b")
    x = keras.Input((None, None, 1))
    y = keras.layers.Conv2D(3, 3, name="a")(x)
    return keras.Model(x, dense(keras.layers.BatchNormalization(name="norm")(y)))


def test_weights_come_back_by_name_to_half_precision(tmp_path):
    first, second = _network(), _reordered()
    write_weights(first, tmp_path / "weights.h5")
    read_weights(second, tmp_path / "weights.h5")
    for one in first.weights:
        other = next(w for w in second.weights if w.path == one.path)
        np.testing.assert_array_equal(np.asarray(one).astype("float16"), np.asarray(other))


def test_the_file_takes_half_the_space_unless_a_value_would_not_fit(tmp_path):
    network = _network()
    network.get_layer("norm").moving_variance.assign([1.0, 2.0, 1e6])
    write_weights(network, tmp_path / "weights.h5")
    with h5py.File(tmp_path / "weights.h5") as file:
        assert file["a/kernel"].dtype == "float16"
        assert file["norm/moving_variance"].dtype == "float32"
    read_weights(network, tmp_path / "weights.h5")
    assert np.asarray(network.get_layer("norm").moving_variance)[2] == 1e6


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (_network(last="c"), "no c/bias"),
        (_network(filters=4), r"a/kernel of shape \(3, 3, 1, 3\) for \(3, 3, 1, 4\)"),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, other, reason):
    write_weights(_network(), tmp_path / "weights.h5")
    with pytest.raises(ValueError, match=reason):
        read_weights(other, tmp_path / "weights.h5")


def test_surplus_weights_are_refused(tmp_path):
    write_weights(_network(), tmp_path / "weights.h5")
    network = _network()
    part = keras.Model(network.input, network.get_layer("norm").output)
    with pytest.raises(ValueError, match="b/bias, which the network has not"):
        read_weights(part, tmp_path / "weights.h5")


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "weights.h5").write_bytes(b"no weights")
    with pytest.raises(ValueError, match="an unreadable file"):
        read_weights(_network(), tmp_path / "weights.h5")
