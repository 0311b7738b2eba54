"""iizuka16 against table 1 and sections 3 and 4 of the paper."""

import keras
import numpy as np
import pytest

from keras_colorize.models import iizuka16

TINY = 1 / 16
CLASS_PARTS = ("class_dense1", "class_logits")
GLOBAL_PARTS = ("low_conv", "global_conv", "global_dense1", "global_dense2")
COLOR_PARTS = ("mid_conv", "fusion", "color_conv", "ab")


# Table 1 at 224x224: {side: {layer: channels}}, and the units of the fully connected layers.
SIDES = {
    112: {"low_conv1": 64, "low_conv2": 128, "color_up2": 64, "color_conv4": 32, "ab": 2},
    56: {"low_conv3": 128, "low_conv4": 256, "color_up1": 128}
    | {"color_conv2": 64, "color_conv3": 64},
    28: {"low_conv5": 256, "low_conv6": 512, "mid_conv1": 512, "mid_conv2": 256}
    | {"fusion": 256, "color_conv1": 128},
    14: {"global_conv1": 512, "global_conv2": 512},
    7: {"global_conv3": 512, "global_conv4": 512},
}
UNITS = {"global_dense1": 1024, "global_dense2": 512, "global_dense3": 256}
UNITS |= {"class_dense1": 256, "class_logits": 205}


def test_layers_have_the_shapes_of_table_1(paper):
    expected = {name: (None, units) for name, units in UNITS.items()}
    for side, layers in SIDES.items():
        expected |= {name: (None, side, side, channels) for name, channels in layers.items()}
    assert {name: paper.get_layer(name).output.shape for name in expected} == expected


@pytest.fixture(scope="module")
def paper():
    return iizuka16(classes=205, input_shape=(224, 224, 1))


def test_low_level_is_computed_once_at_the_size_of_training(paper):
    assert "global_copy" not in {layer.name for layer in paper.layers}
    assert iizuka16(width=TINY).get_layer("global_copy").output.shape == (None, 224, 224, 1)


def test_weights_move_between_the_shared_and_the_general_form(
    tmp_path, predict, randomise, lightness_of
):
    shared = iizuka16(width=TINY, classes=3, global_size=32, input_shape=(32, 32, 1))
    general = iizuka16(width=TINY, classes=3, global_size=32)
    randomise(shared)
    shared.save_weights(tmp_path / "shared.weights.h5")
    general.load_weights(tmp_path / "shared.weights.h5")
    picture = lightness_of(32, 32)
    expected = predict(shared, picture)
    for name, output in predict(general, picture).items():
        np.testing.assert_allclose(output, expected[name], atol=1e-5)


@pytest.fixture
def moved_layers(step, lightness_of):
    """Returns a function of loss weights: {layer name: whether one step moved its weights}."""

    def _moved_layers(ab, classes):
        model = iizuka16(width=TINY, classes=3, global_size=32, input_shape=(32, 32, 1))
        sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        target = np.random.default_rng(1).uniform(size=(4, 16, 16, 2)).astype("float32")
        targets = {"ab": target, "class_logits": np.array([0, 1, 2, 1], "int32")}
        losses = {"ab": "mse", "class_logits": sparse}
        weights = {"ab": ab, "class_logits": classes}
        moved = step(model, lightness_of(32, 32, 4), targets, losses, loss_weights=weights)
        return {
            layer.name: any(np.any(moved[w.path]) for w in layer.trainable_weights)
            for layer in model.layers
            if layer.trainable_weights
        }

    return _moved_layers


def test_class_loss_reaches_neither_mid_level_nor_colorization(moved_layers):
    for name, has_moved in moved_layers(ab=0.0, classes=1.0).items():
        if name.startswith(COLOR_PARTS) or name.startswith("global_dense3"):
            assert not has_moved, name
        else:
            assert name.startswith(GLOBAL_PARTS + CLASS_PARTS)
            assert has_moved, name


def test_alpha_zero_switches_the_classifier_off(moved_layers):
    still = {name for name, moved in moved_layers(ab=1.0, classes=0.0).items() if not moved}
    assert still == {"class_dense1", "class_dense1_bn", "class_logits"}
