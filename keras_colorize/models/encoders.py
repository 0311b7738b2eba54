"""Encoders that the networks share: lightness in, features at strides 4, 8, 16 and 32 out."""

import keras
from keras import layers

from keras_colorize.models.efficientnet_lite import efficientnet_lite2_features
from keras_colorize.models.mobilenet_v2 import mobilenet_v2_features

ENCODERS = ("efficientnet_lite2", "mobilenet_v2", "residual")
"""Names that `encode` takes."""

RESIDUAL_WIDTHS = (32, 64, 128, 192, 256)
"""Channels of the residual encoder: the stem, then strides 4, 8, 16 and 32."""


def encode(lightness, encoder, residual_widths=RESIDUAL_WIDTHS):
    """Features at strides 4, 8, 16 and 32 of a lightness (N, H, W, 1), L* in 0..100.

    The encoder is `"efficientnet_lite2"`, `"mobilenet_v2"` or `"residual"` (two basic blocks of
    He 2016 per stride); another name raises ValueError.
    """
    if encoder == "efficientnet_lite2":
        return efficientnet_lite2_features(_as_rgb(lightness))
    if encoder == "mobilenet_v2":
        return mobilenet_v2_features(_as_rgb(lightness))
    if encoder == "residual":
        return _residual(lightness, residual_widths)
    raise ValueError(f"Expected an encoder among {', '.join(ENCODERS)}, received {encoder!r}.")


def freeze_through(model, layer_name):
    """Stops training of a layer and of all that it depends on, batch statistics included.

    The first layers of a pretrained encoder need no new training, and cost the most.

    Args:
        model: a Functional model; compile it afterwards.
        layer_name: the last layer to freeze, for example `"block_5_add"`.

    Raises:
        ValueError: if the model has no such layer.
    """
    names = [layer.name for layer in model.layers]
    if layer_name not in names:
        raise ValueError(f"Expected the name of a layer of {model.name}, received {layer_name!r}.")
    # Position in `model.layers` would not do: side branches lie between the layers there.
    for layer in keras.Model(model.inputs, model.get_layer(layer_name).output).layers:
        layer.trainable = False


def conv_block(
    x,
    filters,
    name,
    kernel_size=3,
    strides=1,
    activation="relu",
    kernel_initializer="he_normal",
    momentum=0.99,
):
    """Convolution, batch normalization, activation; named `name`, `name`_bn, `name`_relu."""
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=kernel_initializer,
        name=name,
    )(x)
    x = layers.BatchNormalization(momentum=momentum, name=f"{name}_bn")(x)
    return layers.Activation(activation, name=f"{name}_{activation}")(x) if activation else x


def padded_conv(x, filters, name, kernel_size=3, strides=1, **options):
    """Convolution padded alike on both sides, as in PyTorch; Keras' "same" pads one side only."""
    if strides > 1 and kernel_size > 1:
        x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        kernel_initializer="he_normal",
        name=name,
        **options,
    )(x)


def _as_rgb(lightness):
    x = layers.Rescaling(0.02, -1.0, dtype="float32", name="scale_lightness")(lightness)
    return layers.Concatenate(name="repeat_channels")([x, x, x])


def _residual(lightness, widths):
    x = layers.Rescaling(0.02, -1.0, dtype="float32", name="scale_lightness")(lightness)
    x = conv_block(x, widths[0], "stem_conv1", strides=2)
    x = conv_block(x, widths[0], "stem_conv2")
    features = []
    for stage, width in enumerate(widths[1:], start=1):
        x = _basic_block(x, width, f"stage{stage}_block1", strides=2)
        x = _basic_block(x, width, f"stage{stage}_block2")
        features.append(x)
    return features


def _basic_block(x, filters, name, strides=1):
    y = conv_block(x, filters, f"{name}_conv1", strides=strides)
    y = conv_block(y, filters, f"{name}_conv2", activation=None)
    if strides > 1:
        x = conv_block(x, filters, f"{name}_shortcut", 1, strides, activation=None)
    return layers.Activation("relu", name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))
