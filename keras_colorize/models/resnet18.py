"""ResNet-18 with one input channel (He et al. 2016, table 1): encoder and scene classifier.

Padding and epsilon are those of PyTorch, so that weights trained there fit here.
"""

import keras
from keras import layers

from .encoders import TORCH_NORM, basic_block, conv_block, lightness_input, scaled
from .pretrained import copy_layers

STAGE_WIDTHS = (64, 128, 256, 512)
"""Channels of layer1 to layer4, at strides 4, 8, 16 and 32; the stem has those of layer1."""


def resnet18_gray_classifier(classes, width=1.0, input_shape=(None, None, 1)):
    """Builds the scene classifier (Melas-Kyriazi & Han 2017, section 3.1, "ResNet-Gray").

    `width` is a factor on all channels; `input_shape` is (H, W, 1), None where the size may vary:
    any from 1 up works. Returns a Functional model: L* in 0..100, (N, H, W, 1), to a dict of one
    float32 tensor, `"class_logits"` (N, classes).
    """
    lightness = lightness_input(width, input_shape, classes)
    features = resnet18_features(lightness, width)
    pooled = layers.GlobalAveragePooling2D(name="global_pool")(features[-1])
    logits = layers.Dense(classes, dtype="float32", name="class_logits")(pooled)
    return keras.Model(lightness, {"class_logits": logits}, name="resnet18_gray_classifier")


def resnet18_features(lightness, width=1.0, stages=4):
    """Features at strides 2 (the stem), 4, 8, 16 and 32 of L* in 0..100, (N, H, W, 1)."""
    x = layers.Rescaling(0.01, dtype="float32", name="scale_lightness")(lightness)
    widths = [scaled(channels, width) for channels in STAGE_WIDTHS[:stages]]
    x = conv_block(x, widths[0], "stem_conv", 7, 2, norm=TORCH_NORM)
    features = [x]
    # Nothing is below zero after the ReLU, so padding by zeros leaves the maximum as it is.
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    x = layers.MaxPooling2D(3, 2, name="stem_pool")(x)
    for stage, filters in enumerate(widths, start=1):
        strides = 1 if stage == 1 else 2
        x = basic_block(x, filters, f"layer{stage}_block1", strides, norm=TORCH_NORM)
        x = basic_block(x, filters, f"layer{stage}_block2", norm=TORCH_NORM)
        features.append(x)
    return features


def take_encoder(model, source):
    """Copies the weights of the ResNet-18 encoder from another network, in place.

    The source has the same width and at least as many stages, as a `resnet18_gray_classifier`
    has: else ValueError, and nothing is copied.
    """

    def read(names):
        return {x.name: x.get_weights() for x in source.layers if x.name in names}

    copy_layers(model, r"(stem_|layer\d).*", read, f"the ResNet-18 encoder of {source.name}")
