"""VGG16: equal to that of Keras, and its weights from files of Keras."""

import h5py
import keras
import numpy as np
import pytest
from skimage.color import rgb2lab

from keras_colorize.models import vgg16_residual_encoder
from keras_colorize.models.encoders import load_vgg16, vgg16_features
from ._networks import predict

TAPS = ["block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3"]
NAMES = [f"block{block}_conv{number}" for block in (1, 2, 3, 4) for number in (1, 2, 3)]
NAMES = [name for name in NAMES if name not in ("block1_conv3", "block2_conv3")]


def _reference(**kwargs):
    source = keras.applications.VGG16(**{"include_top": False, "weights": None, **kwargs})
    rng = np.random.default_rng(0)
    for layer in source.layers:
        if layer.name.startswith("block") and layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * 1.4, rng.normal(0, 0.1, bias.shape)])
    return source


def _encoder(width=1.0):
    lightness = keras.Input((None, None, 1))
    return keras.Model(lightness, vgg16_features(lightness, width))


def _assert_taken(model, source):
    for name in NAMES:
        own, expected = (x.get_layer(name).get_weights() for x in (model, source))
        for one, other in zip(own, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def source():
    return _reference()


def test_equals_keras_applications_on_a_grey_photograph(source):
    grey = np.random.default_rng(1).integers(0, 256, (1, 32, 48, 1)).repeat(3, axis=-1)
    # Keras' own preparation reads red, green and blue from 0 to 255.
    prepared = keras.applications.vgg16.preprocess_input(grey.astype("float32"))
    outputs = [source.get_layer(name).output for name in TAPS]
    expected = predict(keras.Model(source.input, outputs), prepared)
    model = _encoder()
    for name in NAMES:
        model.get_layer(name).set_weights(source.get_layer(name).get_weights())
    found = predict(model, rgb2lab(grey / 255)[..., :1].astype("float32"))
    for own, reference in zip(found, expected, strict=True):
        assert reference.std() > 1
        np.testing.assert_allclose(own, reference, atol=1e-3 * reference.max())


def test_reads_files_of_keras_and_the_names_of_the_released_one(source, tmp_path):
    source.save_weights(path := tmp_path / "new.weights.h5")
    model = vgg16_residual_encoder(encoder_weights=str(path), decoder_width=1 / 16)
    _assert_taken(model, source)
    other, model = _reference(include_top=True, input_shape=(32, 32, 3), classes=2), _encoder()
    other.save(path := tmp_path / "legacy.h5")
    load_vgg16(model, str(path))
    _assert_taken(model, other)
    # As in vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5: byte strings, odd suffixes.
    with h5py.File(tmp_path / "released.h5", "w") as file:
        for name in NAMES:
            group = file.create_group(name)
            keys = [f"{name}_W_1:0", f"{name}_b_1:0"]
            group.attrs["weight_names"] = [key.encode() for key in keys]
            for key, value in zip(keys, source.get_layer(name).get_weights(), strict=True):
                group.create_dataset(key, data=value)
    model = _encoder()
    load_vgg16(model, str(tmp_path / "released.h5"))
    _assert_taken(model, source)


def test_without_a_network_it_is_said_where_weights_may_lie(monkeypatch):
    def refuse(*_, **__):
        raise Exception("URL fetch failure on https://storage.googleapis.com")

    monkeypatch.setattr(keras.applications, "VGG16", refuse)
    with pytest.raises(ValueError, match="the path of a file with them .*: URL fetch failure"):
        load_vgg16(_encoder(), "imagenet")


def test_other_files_are_refused(source, tmp_path):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="block1_conv1")])
    other.save_weights(tmp_path / "other.weights.h5")
    cut = keras.Model(source.input, source.get_layer("block4_conv2").output)
    cut.save_weights(tmp_path / "cut.weights.h5")
    (tmp_path / "text.weights.h5").write_text("not weights")
    model = _encoder()
    before = [w.copy() for w in model.get_weights()]
    for name, message in (
        ("other", r"block1_conv1 of shapes \[\(3, 3, 3, 64\), \(64,\)\]; found \[\(4, 3\), "),
        ("cut", "block4_conv3 of shapes .*found no such layer"),
        ("text", "Expected the weights of keras.applications.VGG16 in"),
    ):
        with pytest.raises(ValueError, match=message):
            load_vgg16(model, str(tmp_path / f"{name}.weights.h5"))
    # Nothing is copied from a file that does not fit as a whole.
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
