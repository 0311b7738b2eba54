"""VGG16 as an encoder (Simonyan & Zisserman 2015, configuration D), up to conv4_3.

Names and weights are those of `keras.applications.VGG16`, whose ImageNet weights fit; pooling
rounds sizes up, so that a picture of any size leaves at least one pixel.
"""

from keras import layers

from keras_colorize.layers import GreyLevels
from .arguments import scaled
from .pretrained import load_layers

IMAGENET_MEANS = (103.939, 116.779, 123.68)
"""Means of blue, green and red over ImageNet; the released weights, from Caffe, read blue first."""

_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512))
"""Convolutions and channels of the blocks that are used."""


def vgg16_features(lightness, width=1.0):
    """Features at strides 1, 2, 4 and 8 of the gray photograph of L* in 0..100, (N, H, W, 1)."""
    x = GreyLevels(IMAGENET_MEANS, name="grey_levels")(lightness)
    features = []
    for block, (convolutions, filters) in enumerate(_BLOCKS, start=1):
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
