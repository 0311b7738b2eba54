"""MobileNetV2 as an encoder (Sandler et al. 2018, table 2, width multiplier 1).

Names and weights are those of `keras.applications.MobileNetV2`, whose ImageNet weights fit;
padding is `"same"` for all sizes, so that pictures of a few pixels work.
"""

import keras
from keras import layers

from keras_colorize.errors import expect
from .pretrained import load_layers, read_layers

_BLOCKS = (
    (3, 1, 16, 1, 1),
    (3, 6, 24, 2, 2),
    (3, 6, 32, 3, 2),
    (3, 6, 64, 4, 2),
    (3, 6, 96, 3, 1),
    (3, 6, 160, 3, 2),
    (3, 6, 320, 1, 1),
)
"""Kernel, expansion, output channels, repeats and stride of the first repeat."""

_NAMES = r"Conv1|bn_Conv1|Conv_1|Conv_1_bn"
_NAMES += r"|(expanded_conv|block_\d+)_(expand|depthwise|project)(_BN)?"


def mobilenet_v2_features(rgb):
    """Widest features of strides 4, 8, 16 and 32 of pictures (N, H, W, 3) in [-1, 1]."""
    stem, head = ("Conv1", "bn_Conv1", "Conv1_relu"), ("Conv_1", "Conv_1_bn", "out_relu")
    return inverted_residual_features(rgb, _BLOCKS, stem, "expanded_conv", head, "BN", 0.999)


def inverted_residual_features(rgb, blocks, stem, first, head, norm, momentum):
    """Runs a stem, inverted residual blocks and a head; the features by stride, finest first.

    Those of strides 4, 8 and 16 come after the expansion in the block that halves them. `stem` and
    `head` name a convolution, its batch normalization and its ReLU6; blocks are called `first`,
    block_1, block_2, ..., and `norm` ends the names of their batch normalizations.
    """
    x = layers.Conv2D(32, 3, 2, padding="same", use_bias=False, name=stem[0])(rgb)
    x = _normalized(x, *stem[1:], momentum)
    features, number = [], 0
    for kernel, factor, filters, repeats, strides in blocks:
        for stride in [strides] + [1] * (repeats - 1):
            name = f"block_{number}" if number else first
            y = x
            if factor > 1:
                y = layers.Conv2D(factor * x.shape[-1], 1, use_bias=False, name=f"{name}_expand")(x)
                y = _normalized(y, f"{name}_expand_{norm}", f"{name}_expand_relu", momentum)
            features += [y] if stride == 2 else []
            y = layers.DepthwiseConv2D(
                kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise"
            )(y)
            y = _normalized(y, f"{name}_depthwise_{norm}", f"{name}_depthwise_relu", momentum)
            y = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(y)
            y = layers.BatchNormalization(momentum=momentum, name=f"{name}_project_{norm}")(y)
            is_residual = stride == 1 and x.shape[-1] == filters
            x = layers.Add(name=f"{name}_add")([x, y]) if is_residual else y
            number += 1
    x = layers.Conv2D(1280, 1, use_bias=False, name=head[0])(x)
    return [*features[1:], _normalized(x, *head[1:], momentum)]


def _normalized(x, name, relu, momentum):
    """Batch normalization and ReLU6."""
    x = layers.BatchNormalization(momentum=momentum, name=name)(x)
    return layers.ReLU(6.0, name=relu)(x)


def mobilenet_v2_extractor(weights):
    """Frozen model of `mobilenet_v2_features`, for comparing pictures."""
    rgb = keras.Input((None, None, 3), name="rgb")
    model = keras.Model(rgb, mobilenet_v2_features(rgb), name="mobilenet_v2_extractor")
    load_mobilenet_v2(model, weights)
    model.trainable = False
    return model


def mobilenet_v2_classifier(weights):
    """Frozen model from the last features (N, h, w, 1280) to ImageNet logits (N, 1000)."""
    classifier = read_layers("MobileNetV2", weights, ["predictions"], include_top=True)
    expect(classifier, f"MobileNetV2 weights with their classifier, {weights} has none")
    features = keras.Input((None, None, 1280), name="features")
    x = layers.GlobalAveragePooling2D(dtype="float32")(features)
    logits = layers.Dense(1000, dtype="float32", name="logits")
    model = keras.Model(features, logits(x), name="mobilenet_v2_classifier")
    logits.set_weights(classifier["predictions"])
    model.trainable = False
    return model


def mobilenet_v2_teacher(weights):
    """Frozen model from pictures (N, H, W, 3) in [-1, 1] to what an encoder of lightness learns.

    A dict of `"features"`, the last two of `mobilenet_v2_features`, and `"logits"` (N, 1000).
    """
    return mobilenet_v2_student(mobilenet_v2_extractor(weights), weights)


def mobilenet_v2_student(model, weights):
    """Model from L* (N, H, W, 1) to the teacher's outputs; it shares the encoder of `model`."""
    features = [model.get_layer(name).output for name in ("block_13_expand_relu", "out_relu")]
    logits = mobilenet_v2_classifier(weights)(features[-1])
    return keras.Model(model.input, {"features": features, "logits": logits})


def load_mobilenet_v2(model, weights):
    """Copies ImageNet weights of alpha 1 into a model, in place, as `load_layers` does."""
    load_layers(model, "MobileNetV2", weights, _NAMES)
