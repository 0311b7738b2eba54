"""ResNet-18 with one input channel (He et al. 2016, table 1).

Strided layers pad both sides alike, as the published PyTorch networks do and Keras' `"same"`
does not, and batch normalisation has their epsilon, so that weights trained there fit here.
"""

from keras import layers

from keras_colorize.layers import ScaleLightness

STAGE_WIDTHS = (64, 128, 256, 512)
"""Channels of layer1 to layer4, at strides 4, 8, 16 and 32; the stem has those of layer1."""


def resnet18_taps(lightness, width=1.0, stages=4):
    """Applies the convolutional part: stem, max pooling, two basic blocks per stage.

    Args:
        lightness: Keras tensor (N, H, W, 1), L* in 0..100; the first convolution sees it
            scaled to [0, 1].
        width: factor on all channels.
        stages: how many of layer1 to layer4 are applied.

    Returns:
        List of `1 + stages` Keras tensors (N, ceil(H/s), ceil(W/s), C): the stem before its
        pooling, s = 2, and the stages, s = 4, 8, 16 and 32, with 64, 64, 128, 256 and 512
        channels at width 1. Any size from 1 up works.
    """
    x = ScaleLightness(0.0, 1.0, name="scale_lightness")(lightness)
    widths = [max(1, round(width * channels)) for channels in STAGE_WIDTHS[:stages]]
    x = _relu(_convolution(x, widths[0], "stem_conv", 7, 2), "stem_conv_relu")
    taps = [x]
    # Nothing is below zero after the ReLU, so padding by zeros leaves the maximum as it is.
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    x = layers.MaxPooling2D(3, 2, name="stem_pool")(x)
    for stage, filters in enumerate(widths, start=1):
        x = _basic_block(x, filters, f"layer{stage}_block1", strides=1 if stage == 1 else 2)
        x = _basic_block(x, filters, f"layer{stage}_block2")
        taps.append(x)
    return taps


def _basic_block(x, filters, name, strides=1):
    y = _convolution(x, filters, f"{name}_conv1", strides=strides)
    y = _convolution(_relu(y, f"{name}_conv1_relu"), filters, f"{name}_conv2")
    if strides > 1:
        x = _convolution(x, filters, f"{name}_shortcut", 1, strides)
    return _relu(layers.Add(name=f"{name}_add")([x, y]), f"{name}_out")


def _convolution(x, filters, name, kernel_size=3, strides=1):
    """Convolution with padding of kernel_size // 2 on all sides, then batch normalisation."""
    padding = "same"
    if strides > 1:
        padding = "valid"
        if kernel_size > 1:
            x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)


def _relu(x, name):
    return layers.ReLU(name=name)(x)
