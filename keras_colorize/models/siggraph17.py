"""Real-time user-guided colorization: Zhang et al., SIGGRAPH 2017.

The local hints network of figure 3: a U-Net on lightness, the colors that a user fixed and the
mask of where. Widths, paddings and epsilon are those of the authors' release
(richzhang/colorization, BSD-2-Clause), whose weights `keras_colorize.presets` converts. Its branch
to 529 color bins, which plays no part in the colors, is left out.
"""

import keras
from keras import layers

from keras_colorize.color.scaling import AB_LIMIT
from keras_colorize.layers import CropLike
from .ddcolor import PadToMultiple
from .encoders import TORCH_NORM, conv_block, lightness_input, scaled

BLOCKS = {1: (2, 64, 1), 2: (2, 128, 1), 3: (3, 256, 1), 4: (3, 512, 1), 5: (3, 512, 2)}
BLOCKS |= {6: (3, 512, 2), 7: (3, 512, 1), 8: (2, 256, 1), 9: (1, 128, 1), 10: (1, 128, 1)}
"""Convolutions, channels and dilation of the ten blocks."""

SHORTCUTS = {8: 3, 9: 2, 10: 1}
"""Blocks that begin with twice the size, and the block of that size whose output they add."""


def siggraph17(hints=False, width=1.0, input_shape=(None, None, 1)):
    """Builds the network.

    Sizes that 8 does not divide are filled up with the last row and column, and cut off again.
    The release was trained on 256 x 256.

    Args:
        hints: whether the user's colors are inputs, too; the weights are the same.
        width: factor on the channels of all layers but the output; 1.0 is the paper.
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict of one float32 tensor, `"ab"`
        (N, H, W, 2), a and b of CIELAB scaled as by `scale_ab`. With `hints` its input is a dict
        of `"lightness"`, as above; `"hint_ab"`, a and b in -110..110, (N, H, W, 2); and
        `"hint_mask"`, (N, H, W, 1), 1 at the pixels whose color is known and 0 elsewhere, where
        `"hint_ab"` is not looked at.
    """
    lightness = lightness_input(width, input_shape, hints=(hints, (True, False)))
    x = layers.Rescaling(0.01, -0.5, dtype="float32", name="scale_lightness")(lightness)
    if hints:
        ab = keras.Input((*input_shape[:2], 2), name="hint_ab")
        mask = keras.Input(input_shape, name="hint_mask")
        inputs = {"lightness": lightness, "hint_ab": ab, "hint_mask": mask}
        ab = layers.Rescaling(1.0 / AB_LIMIT, dtype="float32", name="scale_hints")(ab)
        parts = [x, layers.Multiply(dtype="float32", name="mask_hints")([ab, mask]), mask]
    else:
        inputs = lightness
        nothing = layers.Rescaling(0.0, dtype="float32", name="no_hints")(lightness)
        parts = [x, nothing, nothing, nothing]
    x = layers.Concatenate(dtype="float32", name="concat")(parts)
    x = PadToMultiple(8, dtype="float32", name="pad")(x)
    outputs = {}
    for number, (_, channels, _) in BLOCKS.items():
        channels = scaled(channels, width)
        if number in (2, 3, 4):
            x = layers.MaxPooling2D(1, 2, name=f"conv{number}_subsample")(x)
        if number in SHORTCUTS:
            options = {"kernel_initializer": "he_normal", "name": f"conv{number}_up"}
            x = layers.Conv2DTranspose(channels, 4, 2, "same", **options)(x)
            short, name = outputs[SHORTCUTS[number]], f"conv{number}_short"
            short = conv_block(short, channels, name, relu=False, norm=None)
            x = layers.Add(name=f"conv{number}_add")([x, short])
            x = layers.ReLU(name=f"conv{number}_add_relu")(x)
        x = outputs[number] = zhang_block(x, number, width)
    x = layers.LeakyReLU(0.2, name="conv10_1_leaky_relu")(x)
    x = layers.Conv2D(2, 1, activation="tanh", dtype="float32", name="ab_tanh")(x)
    x = CropLike(dtype="float32", name="crop")([x, lightness])
    ab = layers.Rescaling(0.5, 0.5, dtype="float32", name="ab")(x)
    return keras.Model(inputs, {"ab": ab}, name="siggraph17")


def zhang_block(x, number, width, strides=1):
    """One of `BLOCKS`, whose last convolution has the strides; of `eccv16`, too, 1 to 7."""
    (depth, channels, dilation), last = BLOCKS[number], number == 10
    for part in range(1, depth + 1):
        options = {"strides": strides if part == depth else 1, "dilation_rate": dilation}
        options |= {"relu": not last, "norm": None}
        x = conv_block(x, scaled(channels, width), f"conv{number}_{part}", **options)
    return x if last else layers.BatchNormalization(**TORCH_NORM, name=f"conv{number}_bn")(x)


def without_hints(model):
    """Makes the network of L* alone, on the same weights, of one with `hints`."""
    lightness = keras.Input(model.input["lightness"].shape[1:], name="lightness")
    mask = layers.Rescaling(0.0, dtype="float32", name="no_hints")(lightness)
    ab = layers.Concatenate(dtype="float32", name="no_hint_ab")([mask, mask])
    inputs = {"lightness": lightness, "hint_ab": ab, "hint_mask": mask}
    return keras.Model(lightness, model(inputs), name=model.name)
