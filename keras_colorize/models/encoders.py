"""Encoders that the networks share: lightness in, features at strides 4, 8, 16 and 32 out."""

import keras
from keras import layers

from keras_colorize.errors import expect
from .efficientnet_lite import efficientnet_lite2_features, load_efficientnet_lite2
from .mobilenet_v2 import load_mobilenet_v2, mobilenet_v2_features
from .vgg16 import load_vgg16

ENCODERS = ("efficientnet_lite2", "mobilenet_v2", "residual")
"""Names that `encode` takes."""

LOADERS = {
    "vgg16": load_vgg16,
    "mobilenet_v2": load_mobilenet_v2,
    "efficientnet_lite2": load_efficientnet_lite2,
}
"""What loads published weights, by encoder."""

RESIDUAL_WIDTHS = (32, 64, 128, 192, 256)
"""Channels of the residual encoder: the stem, then strides 4, 8, 16 and 32."""


def encode(lightness, encoder, residual_widths=RESIDUAL_WIDTHS):
    """Features at strides 4, 8, 16 and 32 of L* in 0..100, (N, H, W, 1).

    The encoder is one of `ENCODERS`; `"residual"` has two basic blocks of He 2016 per stride.
    """
    x = layers.Rescaling(0.02, -1.0, dtype="float32", name="scale_lightness")(lightness)
    if encoder == "residual":
        return _residual(x, residual_widths)
    rgb = layers.Concatenate(name="repeat_channels")([x, x, x])
    if encoder == "mobilenet_v2":
        return mobilenet_v2_features(rgb)
    return efficientnet_lite2_features(rgb)


def load_encoder(model, encoder, weights):
    """Loads published weights into the encoder of a model, in place."""
    fits = encoder in LOADERS
    expect(fits, f"encoder_weights only with {' or '.join(LOADERS)}, received {encoder!r}")
    LOADERS[encoder](model, weights)


def freeze_through(model, layer_name):
    """Stops training of a layer and of all that it depends on, batch statistics included.

    The first layers of a pretrained encoder need no new training, and cost the most.

    Args:
        model: a Functional model; compile it afterwards.
        layer_name: the last layer to freeze, for example `"block_5_add"`; ValueError without it.
    """
    # Position in `model.layers` would not do: side branches lie between the layers there.
    for layer in keras.Model(model.inputs, model.get_layer(layer_name).output).layers:
        layer.trainable = False


def conv_block(
    x, filters, name, kernel_size=3, strides=1, relu=True, initializer="he_normal", momentum=0.99
):
    """Convolution, batch normalization and ReLU; named `name`, `name`_bn and `name`_relu."""
    options = {"use_bias": False, "kernel_initializer": initializer, "name": name}
    x = layers.Conv2D(filters, kernel_size, strides, "same", **options)(x)
    x = layers.BatchNormalization(momentum=momentum, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def padded_conv(x, filters, name, kernel_size=3, strides=1, relu=False, **options):
    """Convolution padded alike on both sides, as in PyTorch; Keras' "same" pads one side only."""
    if strides > 1 and kernel_size > 1:
        x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    padding = "same" if strides == 1 else "valid"
    options |= {"kernel_initializer": "he_normal", "name": name}
    x = layers.Conv2D(filters, kernel_size, strides, padding, **options)(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def basic_block(x, filters, name, strides=1, convolve=conv_block):
    """Block of He et al. 2016, figure 2; `convolve` takes what `conv_block` does."""
    y = convolve(x, filters, f"{name}_conv1", strides=strides)
    y = convolve(y, filters, f"{name}_conv2", relu=False)
    if strides > 1:
        x = convolve(x, filters, f"{name}_shortcut", 1, strides, relu=False)
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))


def _residual(x, widths):
    x = conv_block(x, widths[0], "stem_conv1", strides=2)
    x = conv_block(x, widths[0], "stem_conv2")
    features = []
    for stage, width in enumerate(widths[1:], start=1):
        x = basic_block(x, width, f"stage{stage}_block1", strides=2)
        x = basic_block(x, width, f"stage{stage}_block2")
        features.append(x)
    return features
