"""Chroma to the [0, 1] of a sigmoid and back ("globally normalized", Iizuka et al. 3.3).

Each range is symmetric, so that grey is always 0.5, and holds the whole sRGB gamut, so that a
sigmoid reaches every colour and nothing is cut. Values outside the range are not clipped.
"""

import numpy as np

from keras_colorize.color._channels import as_colors
from keras_colorize.color.yuv import YUV_FROM_RGB

# sRGB spans a -86.2..98.2 and b -107.9..94.5; 110 is also the edge of Zhang et al.'s ab grid.
AB_LIMIT = 110.0
# sRGB spans u -83.1..175.0 and v -134.1..107.4.
LUV_UV_LIMIT = 180.0
# The extremes of u and v over the RGB cube are the sums of the rows' positive weights.
YUV_UV_LIMITS = tuple(float(limit) for limit in np.maximum(YUV_FROM_RGB, 0).sum(axis=1)[1:])


def scale_ab(ab):
    """Maps a, b of L*a*b* from [-110, 110] to [0, 1].

    A mean squared error of scaled ab depends on the range: figures published with
    (ab + 128) / 255 are (220 / 255)^2 = 0.744 times those of this scale.

    Args:
        ab: floating point, shape (..., 2).

    Returns:
        Scaled ab, float32, shape (..., 2), grey at 0.5.
    """
    return as_colors(ab, "ab", channels=2) / (2 * AB_LIMIT) + 0.5


def unscale_ab(ab_scaled):
    """Maps scaled ab from [0, 1] back to [-110, 110]; the inverse of `scale_ab`.

    Args:
        ab_scaled: floating point, shape (..., 2).

    Returns:
        a, b of L*a*b*, float32, shape (..., 2).
    """
    return (as_colors(ab_scaled, "ab_scaled", channels=2) - 0.5) * (2 * AB_LIMIT)


def scale_luv_uv(luv_uv):
    """Maps u, v of L*u*v* from [-180, 180] to [0, 1].

    Args:
        luv_uv: floating point, shape (..., 2).

    Returns:
        Scaled u, v, float32, shape (..., 2), grey at 0.5.
    """
    return as_colors(luv_uv, "luv_uv", channels=2) / (2 * LUV_UV_LIMIT) + 0.5


def unscale_luv_uv(luv_uv_scaled):
    """Maps scaled u, v of L*u*v* from [0, 1] back; the inverse of `scale_luv_uv`.

    Args:
        luv_uv_scaled: floating point, shape (..., 2).

    Returns:
        u, v of L*u*v*, float32, shape (..., 2).
    """
    return (as_colors(luv_uv_scaled, "luv_uv_scaled", channels=2) - 0.5) * (2 * LUV_UV_LIMIT)


def scale_yuv_uv(yuv_uv):
    """Maps u of YUV from [-0.436, 0.436] and v from [-0.615, 0.615] to [0, 1].

    Args:
        yuv_uv: floating point, shape (..., 2).

    Returns:
        Scaled u, v, float32, shape (..., 2), grey at 0.5.
    """
    return as_colors(yuv_uv, "yuv_uv", channels=2) / _yuv_widths() + 0.5


def unscale_yuv_uv(yuv_uv_scaled):
    """Maps scaled u, v of YUV from [0, 1] back; the inverse of `scale_yuv_uv`.

    Args:
        yuv_uv_scaled: floating point, shape (..., 2).

    Returns:
        u, v of YUV, float32, shape (..., 2).
    """
    return (as_colors(yuv_uv_scaled, "yuv_uv_scaled", channels=2) - 0.5) * _yuv_widths()


def _yuv_widths():
    return 2 * np.array(YUV_UV_LIMITS, dtype="float32")
