"""Encoders that the networks share: lightness in, features at strides 4, 8, 16 and 32 out."""

import os

import keras
from keras import layers

from keras_colorize.layers import RepeatChannels, ScaleLightness

ENCODERS = ("mobilenet_v2", "residual")
"""Names that `encode` takes."""

RESIDUAL_WIDTHS = (32, 64, 128, 192, 256)
"""Channels of the residual encoder: the stem, then strides 4, 8, 16 and 32."""

_MOBILENET_TAPS = (
    "block_3_expand_relu",
    "block_6_expand_relu",
    "block_13_expand_relu",
    "out_relu",
)


def encode(lightness, encoder, residual_widths=RESIDUAL_WIDTHS):
    """Applies an encoder.

    Args:
        lightness: Keras tensor (N, H, W, 1), L* in 0..100.
        encoder: `"mobilenet_v2"` (Sandler 2018, the layer names of `keras.applications`) or
            `"residual"` (two basic blocks of He 2016 per stride).
        residual_widths: channels of the residual encoder.

    Returns:
        List of four Keras tensors, at strides 4, 8, 16 and 32.

    Raises:
        ValueError: for an unknown name.
    """
    if encoder == "mobilenet_v2":
        return _mobilenet_v2(lightness)
    if encoder == "residual":
        return _residual(lightness, residual_widths)
    raise ValueError(f"Expected an encoder among {', '.join(ENCODERS)}, received {encoder!r}.")


def load_mobilenet_v2(model, weights):
    """Copies ImageNet weights into the `mobilenet_v2` encoder of a model, in place.

    Args:
        model: a network built on `encode(..., "mobilenet_v2")`.
        weights: `"imagenet"` (downloaded by keras.applications) or the path of a weights file
            of `keras.applications.MobileNetV2` at alpha 1, with or without its classifier.

    Raises:
        ValueError: if the path does not exist or the file has another layout.
    """
    source = _read_mobilenet_v2(weights)
    own = {layer.name for layer in model.layers}
    missing = [layer.name for layer in _weighted(source) if layer.name not in own]
    if missing:
        raise ValueError(f"Expected a mobilenet_v2 encoder, {model.name} lacks {missing[0]!r}.")
    for layer in _weighted(source):
        model.get_layer(layer.name).set_weights(layer.get_weights())


def freeze_through(model, layer_name):
    """Stops training of a layer and of all before it; their batch norms keep their statistics.

    The first layers of a pretrained encoder see edges, which need no new training, and cost
    the most, for they work at the highest resolution.

    Args:
        model: a Functional model.
        layer_name: the last layer to freeze, for example `"block_5_add"`.

    Raises:
        ValueError: if the model has no such layer.
    """
    names = [layer.name for layer in model.layers]
    if layer_name not in names:
        raise ValueError(f"Expected the name of a layer of {model.name}, received {layer_name!r}.")
    for layer in model.layers[: names.index(layer_name) + 1]:
        layer.trainable = False


def conv_block(x, filters, name, kernel_size=3, strides=1, activation="relu"):
    """Convolution, batch normalisation, activation; named `name`, `name`_bn, `name`_relu.

    Args:
        x: Keras tensor (N, H, W, C).
        filters: output channels.
        name: name of the convolution.
        kernel_size: side of the kernel.
        strides: stride; the output has ceil(H / strides) rows.
        activation: activation, or None.

    Returns:
        Keras tensor (N, ceil(H / strides), ceil(W / strides), filters).
    """
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation(activation, name=f"{name}_{activation}")(x) if activation else x


def _mobilenet_v2(lightness):
    x = ScaleLightness(-1.0, 1.0, name="scale_lightness")(lightness)
    x = RepeatChannels(3, name="repeat_channels")(x)
    backbone = keras.applications.MobileNetV2(input_tensor=x, include_top=False, weights=None)
    return [backbone.get_layer(name).output for name in _MOBILENET_TAPS]


def _residual(lightness, widths):
    x = ScaleLightness(-1.0, 1.0, name="scale_lightness")(lightness)
    x = conv_block(x, widths[0], "stem_conv1", strides=2)
    x = conv_block(x, widths[0], "stem_conv2")
    taps = []
    for stage, width in enumerate(widths[1:], start=1):
        x = _basic_block(x, width, f"stage{stage}_block1", strides=2)
        x = _basic_block(x, width, f"stage{stage}_block2")
        taps.append(x)
    return taps


def _basic_block(x, filters, name, strides=1):
    y = conv_block(x, filters, f"{name}_conv1", strides=strides)
    y = conv_block(y, filters, f"{name}_conv2", activation=None)
    if strides > 1:
        x = conv_block(x, filters, f"{name}_shortcut", 1, strides, activation=None)
    return layers.Activation("relu", name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))


def _read_mobilenet_v2(weights):
    if weights == "imagenet":
        return keras.applications.MobileNetV2(include_top=False, weights="imagenet")
    if not os.path.isfile(weights):
        raise ValueError(
            f"Expected 'imagenet' or the path of a MobileNetV2 weights file, received {weights!r}."
        )
    problems = []
    for include_top in (True, False):
        try:
            model = keras.applications.MobileNetV2(
                input_shape=(224, 224, 3), include_top=include_top, weights=None
            )
            model.load_weights(weights)
            return model
        except (ValueError, OSError, KeyError) as error:
            problems.append(str(error).splitlines()[0])
    raise ValueError(
        f"Expected the weights of keras.applications.MobileNetV2 (alpha 1) in {weights!r}; "
        f"with its classifier: {problems[0]}; without: {problems[1]}"
    )


def _weighted(model):
    return [layer for layer in model.layers if layer.weights and layer.name != "predictions"]
