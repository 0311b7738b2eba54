"""iizuka16 against table 1 and sections 3 and 4 of the paper."""

import keras
import numpy as np
import pytest

from keras_colorize.models import iizuka16
from keras_colorize.models.iizuka16 import CLASS_LOSS_WEIGHT

TINY = 1 / 16
CLASS_PARTS = ("class_dense1", "class_logits")
GLOBAL_PARTS = ("low_conv", "global_conv", "global_dense1", "global_dense2")
COLOR_PARTS = ("mid_conv", "fusion", "color_conv", "ab")


def _lightness(height, width, batch=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.0, 100.0, (batch, height, width, 1)).astype("float32")


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


def test_weights_move_between_the_shared_and_the_general_form(tmp_path, predict, randomise):
    shared = iizuka16(width=TINY, classes=3, global_size=32, input_shape=(32, 32, 1))
    general = iizuka16(width=TINY, classes=3, global_size=32)
    randomise(shared)
    shared.save_weights(tmp_path / "shared.weights.h5")
    general.load_weights(tmp_path / "shared.weights.h5")
    picture = _lightness(32, 32)
    expected = predict(shared, picture)
    for name, output in predict(general, picture).items():
        np.testing.assert_allclose(output, expected[name], atol=1e-5)


@pytest.mark.parametrize("global_features", [True, False])
def test_only_the_global_branch_sees_the_whole_picture(global_features, predict, randomise):
    model = randomise(iizuka16(width=TINY, global_size=32, global_features=global_features))
    picture = _lightness(32, 160)
    changed = picture.copy()
    changed[:, :, 96:] = 0.0
    before, after = [predict(model, x)["ab"] for x in (picture, changed)]
    # By its kernels and strides in table 1 the local path sees 65 pixels to either side.
    difference = np.abs(before - after)[:, :, 0].max()
    assert (difference > 1e-5) == global_features
    assert global_features or difference < 1e-7


@pytest.mark.parametrize(
    ("color_space", "head", "channels"), [("lab", "ab", 2), ("yuv", "yuv_uv", 2), ("rgb", "rgb", 3)]
)
def test_color_spaces_predict_numbers_between_0_and_1(color_space, head, channels, predict):
    model = iizuka16(width=TINY, color_space=color_space, global_size=32)
    outputs = predict(model, _lightness(16, 24))
    assert list(outputs) == [head]
    assert outputs[head].shape == (2, 8, 12, channels)
    assert 0.0 < outputs[head].min() < outputs[head].max() < 1.0


def _changed_parts(loss_weights, one_step):
    """Trains one step and returns {layer name: whether any of its weights moved}."""
    model = iizuka16(width=TINY, classes=3, global_size=32, input_shape=(32, 32, 1))
    model.compile(
        optimizer=keras.optimizers.SGD(1000.0),
        loss={
            "ab": "mse",
            "class_logits": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        },
        loss_weights=loss_weights,
        **one_step,
    )
    trained = [layer for layer in model.layers if layer.trainable_weights]
    before = [[keras.ops.convert_to_numpy(w) for w in x.trainable_weights] for x in trained]
    target = np.random.default_rng(1).uniform(size=(4, 16, 16, 2)).astype("float32")
    labels = np.array([0, 1, 2, 1], "int32")
    model.train_on_batch(_lightness(32, 32, 4), {"ab": target, "class_logits": labels})
    return {
        layer.name: any(
            np.any(keras.ops.convert_to_numpy(new) != old)
            for new, old in zip(layer.trainable_weights, weights, strict=True)
        )
        for layer, weights in zip(trained, before, strict=True)
    }


def test_class_loss_reaches_neither_mid_level_nor_colorization(one_step):
    moved = _changed_parts({"ab": 0.0, "class_logits": 1.0}, one_step)
    for name, has_moved in moved.items():
        if name.startswith(COLOR_PARTS) or name.startswith("global_dense3"):
            assert not has_moved, name
        else:
            assert name.startswith(GLOBAL_PARTS + CLASS_PARTS)
            assert has_moved, name


def test_alpha_zero_switches_the_classifier_off(one_step):
    moved = _changed_parts({"ab": 1.0, "class_logits": 0.0}, one_step)
    still = {name for name, has_moved in moved.items() if not has_moved}
    assert still == {"class_dense1", "class_dense1_bn", "class_logits"}


def test_class_loss_weight_is_that_of_section_4():
    assert pytest.approx(0.00333333, rel=1e-5) == CLASS_LOSS_WEIGHT
