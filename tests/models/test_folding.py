"""fold_batch_norm: the same outputs from fewer layers."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_colorize.models import fold_batch_norm
from ._networks import odd_statistics, predict, randomise


def fold(inputs, outputs, left=()):
    """Makes a model, folds it, and checks what must always hold."""
    model = odd_statistics(randomise(keras.Model(inputs, outputs)))
    before = model.get_weights()
    folded = fold_batch_norm(model)
    norms = [x.name for x in folded.layers if isinstance(x, layers.BatchNormalization)]
    assert norms == list(left)
    x = np.random.default_rng(1).uniform(0.0, 1.0, (2, 6, 5, 4)).astype("float32")
    pairs = [keras.tree.flatten(predict(one, x)) for one in (model, folded)]
    for one, other in zip(*pairs, strict=True):
        assert one.std() > 1e-3
        np.testing.assert_allclose(other, one, atol=1e-4, rtol=1e-4)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    return folded


def _picture():
    return keras.Input((None, None, 4))


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(6, 3, strides=2),
        layers.Conv2D(6, 3, groups=2, use_bias=False),
        layers.Conv2DTranspose(6, 4, strides=2),
        layers.DepthwiseConv2D(3, depth_multiplier=2),
        layers.Dense(6, use_bias=False),
        layers.LayerNormalization(),
    ],
    ids=lambda layer: type(layer).__name__,
)
@pytest.mark.parametrize("arguments", [{}, {"scale": False}, {"center": False, "axis": 3}])
def test_every_kind_of_layer(layer, arguments):
    layer = type(layer).from_config(layer.get_config())
    x = layers.BatchNormalization(epsilon=0.1, **arguments)(layer(inputs := _picture()))
    folded = fold(inputs, layers.LeakyReLU()(x))
    assert getattr(folded.get_layer(layer.name), "use_bias", True)


def test_residual_model():
    inputs = _picture()
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(inputs)
    x = layers.BatchNormalization(name="pre")(stem)  # stays: the sum reads the stem as well
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(layers.ReLU()(x))
    x = layers.BatchNormalization()(x)
    x = layers.Add()([x, stem])
    x = layers.BatchNormalization(name="after_sum")(x)  # stays: a sum has no weights
    outputs = {"features": x, "mean": layers.GlobalAveragePooling2D()(x)}
    folded = fold(inputs, outputs, left=("pre", "after_sum"))
    assert set(folded.output) == {"features", "mean"}


def test_layers_used_twice_stay_shared():
    conv, norm = layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization()
    inputs = _picture()
    once = layers.ReLU()(norm(conv(inputs)))
    folded = fold(inputs, norm(conv(once)))
    assert sum(isinstance(layer, layers.Conv2D) for layer in folded.layers) == 1


def test_norms_that_must_stay():
    norm, inputs = layers.BatchNormalization(name="shared"), _picture()
    fold(inputs, norm(layers.Conv2D(4, 1)(norm(layers.Conv2D(4, 1)(inputs)))), left=("shared",))
    norm, inputs = layers.BatchNormalization(name="after_an_output"), _picture()
    x = layers.Conv2D(4, 1)(inputs)
    fold(inputs, [x, norm(x)], left=("after_an_output",))
    for name, conv, own, call in (
        ("after_an_activation", {"activation": "relu"}, {}, {}),
        ("of_another_axis", {}, {"axis": 1}, {}),
        ("of_each_batch", {}, {}, {"training": True}),
    ):
        norm, inputs = layers.BatchNormalization(name=name, **own), keras.Input((6, 5, 4))
        fold(inputs, norm(layers.Conv2D(4, 1, **conv)(inputs), **call), left=(name,))


def test_keeps_the_policy_of_each_layer():
    inputs = _picture()
    x = layers.Conv2D(4, 3, dtype="mixed_bfloat16")(inputs)
    x = layers.BatchNormalization(dtype="mixed_bfloat16")(x)
    x = layers.Conv2D(2, 1, dtype="float32", name="head")(x)
    folded = fold_batch_norm(keras.Model(inputs, x))
    assert folded.output.dtype == "float32"
    assert folded.get_layer("head").input.dtype == "bfloat16"
    # What is not functional cannot be read.
    with pytest.raises(ValueError, match="received Sequential"):
        fold_batch_norm(keras.Sequential([layers.Conv2D(4, 1)]))
