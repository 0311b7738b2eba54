"""MobileNetV2: equal to that of Keras, and its weights from files of Keras."""

import keras
import numpy as np
import pytest

from keras_colorize.models import distribution_unet
from keras_colorize.models.mobilenet_v2 import (
    load_mobilenet_v2,
    mobilenet_v2_features,
    mobilenet_v2_student,
    mobilenet_v2_teacher,
)
from ._networks import odd_statistics, predict

# The widest features of each stride, by their names in keras.applications.
TAPS = ["block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "out_relu"]


def _reference(**kwargs):
    return keras.applications.MobileNetV2(
        **{"input_shape": (64, 64, 3), "include_top": False, "weights": None, **kwargs}
    )


def test_equals_keras_applications():
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, mobilenet_v2_features(inputs))
    reference = _reference()
    taps = [reference.get_layer(name).output for name in TAPS]
    reference = odd_statistics(keras.Model(reference.input, taps))
    model.set_weights(reference.get_weights())
    named = [layer.name for layer in reference.layers if layer.weights]
    assert [layer.name for layer in model.layers if layer.weights] == named
    x = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype("float32")
    for own, expected in zip(predict(model, x), predict(reference, x), strict=True):
        assert expected.std() > 0.01
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-4)


def _network(encoder="mobilenet_v2", **kwargs):
    return distribution_unet(encoder, decoder_widths=(8, 8, 8, 8), global_units=4, **kwargs)


def _save(model, path):
    model.save_weights(path)
    return str(path)


@pytest.fixture(scope="module")
def sources():
    """Networks of Keras with their classifier and without, for reading alone."""
    sizes = {"input_shape": (224, 224, 3)}
    return {top: odd_statistics(_reference(include_top=top, **sizes)) for top in (True, False)}


@pytest.fixture(scope="module")
def files(sources, tmp_path_factory):
    """Where their weights are."""
    root = tmp_path_factory.mktemp("mobilenet_v2")
    return {top: _save(model, root / f"{top}.weights.h5") for top, model in sources.items()}


@pytest.fixture(scope="module")
def network(files):
    """A network on the encoder with a classifier."""
    return _network(encoder_weights=files[True])


def test_reads_files_of_keras(network, sources):
    named = [x for x in sources[True].layers if x.weights and x.name != "predictions"]
    assert sum(len(layer.weights) for layer in named) == 260
    for layer in named:
        found = network.get_layer(layer.name).get_weights()
        for own, expected in zip(found, layer.get_weights(), strict=True):
            np.testing.assert_array_equal(own, expected)


def test_a_teacher_answers_like_its_file_and_shares_the_classifier(network, files, sources):
    student = mobilenet_v2_student(network, files[True])
    teacher = mobilenet_v2_teacher(files[True])
    light = np.random.default_rng(0).uniform(0, 100, (1, 224, 224, 1)).astype("float32")
    # The encoder takes L* as a grey picture in [-1, 1].
    seen, made = teacher(np.repeat(light / 50 - 1, 3, axis=-1)), student(light)
    expected = sources[True](np.repeat(light / 50 - 1, 3, axis=-1))
    for one in (seen, made):
        answers = keras.ops.softmax(one["logits"])
        np.testing.assert_allclose(answers, expected, rtol=1e-3, atol=1e-7)
    assert teacher.trainable_weights == []
    own = {id(w) for w in network.trainable_weights}
    assert {id(w) for w in student.trainable_weights} < own


def test_what_has_no_classifier_or_no_encoder_or_is_of_another_network_is_refused(
    network, files, tmp_path
):
    with pytest.raises(ValueError, match=r"with their classifier, .*\.weights\.h5 has none"):
        mobilenet_v2_teacher(files[False])
    residual = _network("residual", residual_widths=(4, 4, 4, 4, 4))
    with pytest.raises(ValueError, match="No such layer: block_13_expand"):
        mobilenet_v2_student(residual, files[True])
    with pytest.raises(ValueError, match="a network with the layers of .*MobileNetV2"):
        load_mobilenet_v2(residual, files[False])
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    narrow = _save(_reference(alpha=0.35), tmp_path / "narrow.weights.h5")
    text = tmp_path / "text.weights.h5"
    text.write_text("not weights")
    for path in (_save(other, tmp_path / "other.weights.h5"), narrow, text):
        with pytest.raises(ValueError, match="Expected the weights of .*MobileNetV2 in"):
            load_mobilenet_v2(network, str(path))
    with pytest.raises(ValueError, match="a file of MobileNetV2, received .*absent"):
        load_mobilenet_v2(network, str(tmp_path / "absent.weights.h5"))
