"""MobileNetV2 as an encoder (Sandler et al. 2018, table 2, width multiplier 1).

Names and weights are those of `keras.applications.MobileNetV2`, whose ImageNet weights fit;
padding is `"same"` for all sizes, so that pictures of a few pixels work.
"""

import os
import warnings

import keras
from keras import layers

_BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion factor, output channels, repeats and stride of the first repeat, as printed."""

_FEATURES = ("block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu")
_DEEPEST = (_FEATURES[-1], "out_relu")


def mobilenet_v2_features(rgb):
    """Widest features of strides 4, 8, 16 and 32 of pictures (N, H, W, 3) in [-1, 1]."""
    x = layers.Conv2D(32, 3, 2, padding="same", use_bias=False, name="Conv1")(rgb)
    x = _normalized(x, "bn_Conv1", "Conv1_relu")
    blocks = [
        (factor, filters, 1 if repeat else strides)
        for factor, filters, repeats, strides in _BLOCKS
        for repeat in range(repeats)
    ]
    features = []
    for index, (factor, filters, strides) in enumerate(blocks):
        prefix = f"block_{index}" if index else "expanded_conv"
        x, expanded = _inverted_residual(x, factor, filters, strides, prefix)
        features += [expanded] if f"{prefix}_expand_relu" in _FEATURES else []
    x = layers.Conv2D(1280, 1, use_bias=False, name="Conv_1")(x)
    return [*features, _normalized(x, "Conv_1_bn", "out_relu")]


def mobilenet_v2_extractor(weights):
    """Frozen model of `mobilenet_v2_features`, for comparing pictures."""
    rgb = keras.Input((None, None, 3), name="rgb")
    model = keras.Model(rgb, mobilenet_v2_features(rgb), name="mobilenet_v2_extractor")
    load_mobilenet_v2(model, weights)
    model.trainable = False
    return model


def mobilenet_v2_classifier(weights):
    """Frozen model from the last features (N, h, w, 1280) to ImageNet logits (N, 1000)."""
    classifier = _read(weights, classifier=True).layers[-1]
    if classifier.name != "predictions":
        raise ValueError(f"Expected MobileNetV2 weights with their classifier, {weights} has none.")
    features = keras.Input((None, None, 1280), name="features")
    x = layers.GlobalAveragePooling2D(dtype="float32")(features)
    logits = layers.Dense(1000, dtype="float32", name="logits")
    model = keras.Model(features, logits(x), name="mobilenet_v2_classifier")
    logits.set_weights(classifier.get_weights())
    model.trainable = False
    return model


def mobilenet_v2_teacher(weights):
    """Frozen model that an encoder of lightness learns from.

    From pictures (N, H, W, 3) in [-1, 1] to a dict of `"features"`, the last two of
    `mobilenet_v2_features`, and `"logits"` (N, 1000), the classifier's.
    """
    return mobilenet_v2_student(mobilenet_v2_extractor(weights), weights)


def mobilenet_v2_student(model, weights):
    """Model from L* (N, H, W, 1) to the teacher's outputs; it shares the encoder of `model`."""
    _check_encoder(model, _DEEPEST)
    features = [model.get_layer(name).output for name in _DEEPEST]
    logits = mobilenet_v2_classifier(weights)(features[-1])
    return keras.Model(model.input, {"features": features, "logits": logits})


def load_mobilenet_v2(model, weights):
    """Copies ImageNet weights into the `mobilenet_v2` encoder of a model, in place.

    `weights` is `"imagenet"` (downloaded by keras.applications) or the path of such a file at
    alpha 1. Raises ValueError if the file or the model does not fit.
    """
    source = [x for x in _read(weights).layers if x.weights and x.name != "predictions"]
    _check_encoder(model, [layer.name for layer in source])
    for layer in source:
        model.get_layer(layer.name).set_weights(layer.get_weights())


def _check_encoder(model, names):
    own = {layer.name for layer in model.layers}
    missing = [name for name in names if name not in own]
    if missing:
        raise ValueError(f"Expected a mobilenet_v2 encoder, {model.name} lacks {missing[0]!r}.")


def _inverted_residual(x, factor, filters, strides, prefix):
    """The block's output and its features after the expansion."""
    expanded = x
    if factor > 1:
        width = factor * x.shape[-1]
        expanded = layers.Conv2D(width, 1, use_bias=False, name=f"{prefix}_expand")(x)
        expanded = _normalized(expanded, f"{prefix}_expand_BN", f"{prefix}_expand_relu")
    y = layers.DepthwiseConv2D(
        3, strides, padding="same", use_bias=False, name=f"{prefix}_depthwise"
    )(expanded)
    y = _normalized(y, f"{prefix}_depthwise_BN", f"{prefix}_depthwise_relu")
    y = layers.Conv2D(filters, 1, use_bias=False, name=f"{prefix}_project")(y)
    y = _normalized(y, f"{prefix}_project_BN")
    if strides == 1 and x.shape[-1] == filters:
        y = layers.Add(name=f"{prefix}_add")([x, y])
    return y, expanded


def _normalized(x, name, relu=None):
    x = layers.BatchNormalization(momentum=0.999, name=name)(x)
    return layers.ReLU(6.0, name=relu)(x) if relu else x


def _read(weights, classifier=False):
    if weights == "imagenet":
        return keras.applications.MobileNetV2(weights="imagenet", include_top=classifier)
    if not os.path.isfile(weights):
        raise ValueError(
            f"Expected 'imagenet' or the path of a MobileNetV2 weights file, received {weights!r}."
        )
    problems = []
    for include_top in (True, False):
        model = keras.applications.MobileNetV2(
            input_shape=(224, 224, 3), include_top=include_top, weights=None
        )
        try:
            # Keras warns before it raises; a form that does not fit is no news here.
            with warnings.catch_warnings(action="ignore"):
                model.load_weights(weights)
            return model
        except (ValueError, OSError, KeyError) as error:
            problems.append(str(error).splitlines()[0])
    raise ValueError(
        f"Expected the weights of keras.applications.MobileNetV2 (alpha 1) in {weights!r}; "
        f"with its classifier: {problems[0]}; without: {problems[1]}"
    )
