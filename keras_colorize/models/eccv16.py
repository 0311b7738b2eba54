"""Colorful image colorization: Zhang, Isola and Efros, ECCV 2016, figure 2.

Names, shapes, paddings and epsilon are those of the authors' release, so its weights fit.
"""

import keras
from keras import layers

from keras_colorize.bins import bin_count
from keras_colorize.layers import CropLike
from .encoders import conv_block, lightness_input, scaled
from .siggraph17 import zhang_block

STRIDE = 4
"""Rows of lightness per row of logits."""

_LAST = 256


def eccv16(width=1.0, input_shape=(None, None, 1)):
    """Builds the network.

    The first convolution sees (L* - 50) / 100, as in the authors' PyTorch release. What their
    network returns past the end of the picture, where 8 does not divide it, is cut off.

    Args:
        width: factor on the channels of all layers but the output; 1.0 is the paper.
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict of one float32 tensor,
        `"ab_logits"` (N, ceil(H/4), ceil(W/4), 313).
    """
    lightness = lightness_input(width, input_shape)
    x = layers.Rescaling(0.01, -0.5, dtype="float32", name="scale_lightness")(lightness)
    blocks = []
    for number in range(1, 8):
        x = zhang_block(x, number, width, strides=2 if number < 4 else 1)
        blocks.append(x)
    channels = scaled(_LAST, width)
    options = {"kernel_initializer": "he_normal", "name": "conv8_1"}
    x = layers.Conv2DTranspose(channels, 4, 2, "same", **options)(x)
    x = layers.ReLU(name="conv8_1_relu")(x)
    for number in (2, 3):
        x = conv_block(x, channels, f"conv8_{number}", norm=None)
    x = CropLike(name="conv8_crop")([x, blocks[1]])
    logits = layers.Conv2D(bin_count(), 1, dtype="float32", name="ab_logits")(x)
    return keras.Model(lightness, {"ab_logits": logits}, name="eccv16")
