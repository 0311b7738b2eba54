"""YUV of ITU-R BT.601 on display values: Y in [0, 1], u within +-0.436, v within +-0.615."""

import numpy as np
from keras import ops

from keras_colorize.color.xyz import as_colors, mix

# BT.601 luma and its scaled color differences, the digits that scikit-image uses.
YUV_FROM_RGB = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.14714119, -0.28886916, 0.43601035],
        [0.61497538, -0.51496512, -0.10001026],
    ]
)
RGB_FROM_YUV = np.linalg.inv(YUV_FROM_RGB)


def rgb_to_yuv(rgb):
    """Converts sRGB in [0, 1], (..., 3), to YUV, (..., 3)."""
    return ops.stack(mix(YUV_FROM_RGB, ops.unstack(as_colors(rgb, "rgb"), axis=-1)), axis=-1)


def yuv_to_rgb(yuv, clip=True):
    """Converts YUV, (..., 3), to sRGB, (..., 3).

    `clip` cuts colors that sRGB cannot show to [0, 1], channel by channel.
    """
    rgb = ops.stack(mix(RGB_FROM_YUV, ops.unstack(as_colors(yuv, "yuv"), axis=-1)), axis=-1)
    return ops.clip(rgb, 0.0, 1.0) if clip else rgb
