"""iizuka16 against table 1 and sections 3 and 4 of the paper."""

import keras
import numpy as np
import pytest
import torch

from keras_colorize.models import iizuka16
from ._networks import lightness_of, predict, randomise, step

TINY = 1 / 16
# What each loss does not reach.
STILL = {
    "ab": ("class_dense1", "class_logits"),
    "class_logits": ("mid_conv", "fusion", "color_conv", "ab", "global_dense3"),
}
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


def test_layers_have_the_shapes_of_table_1():
    paper = iizuka16(classes=205, input_shape=(224, 224, 1))
    expected = {name: (None, units) for name, units in UNITS.items()}
    for side, layers in SIDES.items():
        expected |= {name: (None, side, side, channels) for name, channels in layers.items()}
    assert {name: paper.get_layer(name).output.shape for name in expected} == expected
    # Low-level features are computed once at the size of training.
    assert "global_copy" not in {layer.name for layer in paper.layers}
    assert iizuka16(width=TINY).get_layer("global_copy").output.shape == (None, 224, 224, 1)


def test_weights_move_between_the_shared_and_the_general_form(tmp_path):
    shared = iizuka16(width=TINY, classes=3, global_size=32, input_shape=(32, 32, 1))
    general = iizuka16(width=TINY, classes=3, global_size=32)
    randomise(shared)
    shared.save_weights(tmp_path / "shared.weights.h5")
    general.load_weights(tmp_path / "shared.weights.h5")
    picture = lightness_of(32, 32)
    expected = predict(shared, picture)
    for name, output in predict(general, picture).items():
        np.testing.assert_allclose(output, expected[name], atol=1e-5)


@pytest.mark.parametrize("loss", STILL)
def test_a_loss_alone_moves_its_own_layers(loss):
    model = iizuka16(width=TINY, classes=3, global_size=32, input_shape=(32, 32, 1))
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    target = np.random.default_rng(1).uniform(size=(4, 16, 16, 2)).astype("float32")
    targets = {"ab": target, "class_logits": np.array([0, 1, 2, 1], "int32")}
    losses, weights = {"ab": "mse", "class_logits": sparse}, {x: float(x == loss) for x in STILL}
    moved = step(model, lightness_of(32, 32, 4), targets, losses, loss_weights=weights)
    for layer in model.layers:
        if layer.trainable_weights:
            has_moved = any(np.any(moved[w.path]) for w in layer.trainable_weights)
            assert has_moved != layer.name.startswith(STILL[loss]), layer.name


@pytest.mark.parametrize("symmetric", [True, False])
def test_strides_are_padded_as_torch_does_unless_asked_otherwise(symmetric):
    model = iizuka16(width=TINY, global_size=32, symmetric_padding=symmetric)
    assert sum(layer.name.endswith("_pad") for layer in model.layers) == 5 * symmetric
    picture, kernel = lightness_of(64, 32), model.get_layer("low_conv1").kernel.numpy()
    picture_first, kernel = torch.tensor(picture / 100).permute(0, 3, 1, 2), torch.tensor(kernel)
    expected = torch.conv2d(picture_first, kernel.permute(3, 2, 0, 1), stride=2, padding=1)
    found = predict(keras.Model(model.input, model.get_layer("low_conv1_bn").input), picture)
    assert np.allclose(found, expected.permute(0, 2, 3, 1), atol=1e-4) == symmetric
