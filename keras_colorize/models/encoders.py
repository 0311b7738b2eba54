"""What the networks share: their input, their blocks, and encoders of lightness.

VGG16 is configuration D of Simonyan & Zisserman 2015 up to conv4_3, with the names of
`keras.applications.VGG16`; its pooling rounds sizes up, so that any picture leaves a pixel.
"""

import keras
from keras import layers

from keras_colorize.errors import expect
from keras_colorize.layers import GreyLevels
from .efficientnet_lite import efficientnet_lite2_features, load_efficientnet_lite2
from .mobilenet_v2 import load_mobilenet_v2, mobilenet_v2_features
from .pretrained import load_layers

IMAGENET_MEANS = (103.939, 116.779, 123.68)
"""Means of blue, green and red over ImageNet; the released weights, from Caffe, read blue first."""

_VGG16 = ((2, 64), (2, 128), (3, 256), (3, 512))
"""Convolutions and channels of the blocks that are used."""

ENCODERS = ("efficientnet_lite2", "mobilenet_v2", "residual")
"""Names that `encode` takes."""

RESIDUAL_WIDTHS = (32, 64, 128, 192, 256)
"""Channels of the residual encoder: the stem, then strides 4, 8, 16 and 32."""

KERAS_NORM = {"momentum": 0.99, "epsilon": 1e-3}
TORCH_NORM = {"momentum": 0.9, "epsilon": 1e-5}
"""Batch normalization as both libraries have it, without further arguments."""


def scaled(channels, width):
    """Channels of a layer at a width, at least 1."""
    return max(1, round(channels * width))


def lightness_input(width, input_shape, classes=None, global_features=True, **choices):
    """The input of L* (N, H, W, 1); InputError for arguments that a factory does not take.

    Each of `choices` is a pair of a value and the allowed ones.
    """
    expect(width > 0, f"a width above 0, received {width}")
    is_gray = len(input_shape) == 3 and input_shape[-1] == 1
    expect(is_gray, f"an input_shape (H, W, 1), received {tuple(input_shape)}")
    expect(classes is None or classes >= 2, f"None or at least 2 classes, received {classes}")
    without = "classes=None without global features, which the classifier reads"
    expect(classes is None or global_features, f"{without}, received {classes=}")
    for name, (value, known) in choices.items():
        listed = ", ".join(map(str, known))
        expect(value in known, f"{name} among {listed}, received {value!r}")
    return keras.Input(input_shape, name="lightness")


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


def vgg16_features(lightness, width=1.0):
    """Features at strides 1, 2, 4 and 8 of the gray photograph of L* in 0..100, (N, H, W, 1)."""
    x = GreyLevels(IMAGENET_MEANS, name="grey_levels")(lightness)
    features = []
    for block, (convolutions, filters) in enumerate(_VGG16, start=1):
        if features:
            x = layers.MaxPooling2D(2, 2, padding="same", name=f"block{block - 1}_pool")(x)
        for number in range(1, convolutions + 1):
            conv = {"activation": "relu", "name": f"block{block}_conv{number}"}
            x = layers.Conv2D(scaled(filters, width), 3, padding="same", **conv)(x)
        features.append(x)
    return features


def load_vgg16(model, weights):
    """Copies ImageNet weights (Oxford's, CC BY 4.0) into a model of width 1 by `load_layers`."""
    load_layers(model, "VGG16", weights, r"block\d_conv\d")


def load_encoder(model, encoder, weights):
    """Loads published weights into the encoder of a model, in place."""
    loaders = {"vgg16": load_vgg16, "mobilenet_v2": load_mobilenet_v2}
    loaders["efficientnet_lite2"] = load_efficientnet_lite2
    fits = encoder in loaders
    expect(fits, f"encoder_weights only with {' or '.join(loaders)}, received {encoder!r}")
    loaders[encoder](model, weights)


def freeze_through(model, layer_name):
    """Stops training of a layer and of all that it depends on, batch statistics included.

    The first layers of a pretrained encoder need no new training, and cost the most. The model is
    Functional and to be compiled afterwards; `layer_name` is the last one to freeze, for example
    `"block_5_add"`, ValueError without it.
    """
    # Position in `model.layers` would not do: side branches lie between the layers there.
    for layer in keras.Model(model.inputs, model.get_layer(layer_name).output).layers:
        layer.trainable = False


def conv_block(x, filters, name, kernel_size=3, strides=1, relu=True, norm=KERAS_NORM, **options):
    """Convolution, batch normalization unless `norm` is None, and ReLU: all called after `name`.

    Strides pad both sides alike, as in PyTorch, but for Keras' norm: its "same" pads one side only.
    """
    padded = strides > 1 and norm is not KERAS_NORM
    if padded and kernel_size > 1:
        x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    options = {"use_bias": not norm, "kernel_initializer": "he_normal", "name": name} | options
    x = layers.Conv2D(filters, kernel_size, strides, "valid" if padded else "same", **options)(x)
    if norm:
        x = layers.BatchNormalization(**norm, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def basic_block(x, filters, name, strides=1, **options):
    """Block of He et al. 2016, figure 2; the options are those of `conv_block`."""
    y = conv_block(x, filters, f"{name}_conv1", strides=strides, **options)
    y = conv_block(y, filters, f"{name}_conv2", relu=False, **options)
    if strides > 1:
        x = conv_block(x, filters, f"{name}_shortcut", 1, strides, relu=False, **options)
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
