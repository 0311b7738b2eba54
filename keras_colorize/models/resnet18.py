"""ResNet-18 with one input channel (He et al. 2016, table 1): encoder and scene classifier.

Padding and epsilon are those of PyTorch, so that weights trained there fit here.
"""

import keras
from keras import layers

from .arguments import check_network, scaled
from .encoders import basic_block, padded_conv

STAGE_WIDTHS = (64, 128, 256, 512)
"""Channels of layer1 to layer4, at strides 4, 8, 16 and 32; the stem has those of layer1."""


def resnet18_gray_classifier(classes, width=1.0, input_shape=(None, None, 1)):
    """Builds the scene classifier (Melas-Kyriazi & Han 2017, section 3.1, "ResNet-Gray").

    Args:
        classes: number of scene classes.
        width: factor on all channels.
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict of one float32 tensor,
        `"class_logits"` (N, classes).
    """
    check_network(width, input_shape, classes)
    lightness = keras.Input(input_shape, name="lightness")
    features = resnet18_features(lightness, width)
    pooled = layers.GlobalAveragePooling2D(name="global_pool")(features[-1])
    logits = layers.Dense(classes, dtype="float32", name="class_logits")(pooled)
    return keras.Model(lightness, {"class_logits": logits}, name="resnet18_gray_classifier")


def resnet18_features(lightness, width=1.0, stages=4):
    """Features at strides 2 (the stem), 4, 8, 16 and 32 of L* in 0..100, (N, H, W, 1)."""
    x = layers.Rescaling(0.01, dtype="float32", name="scale_lightness")(lightness)
    widths = [scaled(channels, width) for channels in STAGE_WIDTHS[:stages]]
    x = _convolve(x, widths[0], "stem_conv", 7, 2)
    features = [x]
    # Nothing is below zero after the ReLU, so padding by zeros leaves the maximum as it is.
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    x = layers.MaxPooling2D(3, 2, name="stem_pool")(x)
    for stage, filters in enumerate(widths, start=1):
        strides = 1 if stage == 1 else 2
        x = basic_block(x, filters, f"layer{stage}_block1", strides, convolve=_convolve)
        x = basic_block(x, filters, f"layer{stage}_block2", convolve=_convolve)
        features.append(x)
    return features


def take_encoder(model, source):
    """Copies the weights of the ResNet-18 encoder from another network, in place.

    Args:
        model: the network to change.
        source: one of the same width and at least as many stages, for example a trained
            `resnet18_gray_classifier`.

    Raises:
        ValueError: if `source` lacks one of its layers or shapes; nothing is copied then.
    """
    own = [x for x in model.layers if x.weights and x.name.startswith(("stem_", "layer"))]
    shapes = {x.name: [w.shape for w in x.weights] for x in source.layers}
    missing = [x.name for x in own if shapes.get(x.name) != [w.shape for w in x.weights]]
    if missing or not own:
        expected = f"{source.name} to hold the ResNet-18 encoder of {model.name} in the same width"
        found = f"{len(missing)} of its {len(own)} layers are not: {', '.join(missing[:3])}"
        raise ValueError(f"Expected {expected}; {found}.")
    for layer in own:
        layer.set_weights(source.get_layer(layer.name).get_weights())


def _convolve(x, filters, name, kernel_size=3, strides=1, relu=True):
    x = padded_conv(x, filters, name, kernel_size, strides, use_bias=False)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x
