"""Spaces on the display values of sRGB in [0, 1]: HSV, and YUV of ITU-R BT.601.

Hue, saturation and value are in [0, 1]; hue 0 and 1 are both red. Y is in [0, 1], u within
+-0.436, v within +-0.615.
"""

import numpy as np
from keras import ops

from .xyz import as_colors, mix

# BT.601 luma and its scaled color differences, the digits that scikit-image uses.
YUV_FROM_RGB = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.14714119, -0.28886916, 0.43601035],
        [0.61497538, -0.51496512, -0.10001026],
    ]
)
RGB_FROM_YUV = np.linalg.inv(YUV_FROM_RGB)


def rgb_to_hsv(rgb):
    """Converts sRGB in [0, 1], (..., 3), to HSV, (..., 3), hue in [0, 1) and 0 for gray."""
    red, green, blue = ops.unstack(as_colors(rgb, "rgb"), axis=-1)
    value = ops.maximum(ops.maximum(red, green), blue)
    spread = value - ops.minimum(ops.minimum(red, green), blue)
    saturation = ops.where(value > 0.0, spread / ops.where(value > 0.0, value, 1.0), 0.0)
    divisor = ops.where(spread > 0.0, spread, 1.0)
    # `ops.equal`, because == of two symbolic tensors compares the objects.
    green_or_blue = ops.where(
        ops.equal(value, green), 2.0 + (blue - red) / divisor, 4.0 + (red - green) / divisor
    )
    sixths = ops.where(ops.equal(value, red), (green - blue) / divisor, green_or_blue)
    hue = ops.where(spread > 0.0, ops.where(sixths < 0.0, sixths + 6.0, sixths) / 6.0, 0.0)
    return ops.stack([hue, saturation, value], axis=-1)


def hsv_to_rgb(hsv):
    """Converts HSV, (..., 3), hue of period 1, to sRGB, (..., 3), in [0, 1] where S and V are."""
    hue, saturation, value = ops.unstack(as_colors(hsv, "hsv"), axis=-1)
    channels = []
    # One trapezoid around the hue circle, shifted by a third of it for each channel.
    for offset in (5.0, 3.0, 1.0):
        position = ops.mod(offset + 6.0 * hue, 6.0)
        dip = ops.clip(ops.minimum(position, 4.0 - position), 0.0, 1.0)
        channels.append(value * (1.0 - saturation * dip))
    return ops.stack(channels, axis=-1)


def rgb_to_yuv(rgb):
    """Converts sRGB in [0, 1], (..., 3), to YUV, (..., 3)."""
    return ops.stack(mix(YUV_FROM_RGB, ops.unstack(as_colors(rgb, "rgb"), axis=-1)), axis=-1)


def yuv_to_rgb(yuv):
    """Converts YUV, (..., 3), to sRGB, (..., 3), cut to [0, 1] channel by channel."""
    rgb = ops.stack(mix(RGB_FROM_YUV, ops.unstack(as_colors(yuv, "yuv"), axis=-1)), axis=-1)
    return ops.clip(rgb, 0.0, 1.0)
