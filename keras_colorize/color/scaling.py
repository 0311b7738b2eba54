"""Chroma to the [0, 1] of a sigmoid and back ("globally normalized", Iizuka et al. 3.3).

Gray is always 0.5, the whole sRGB gamut fits, and values outside the range are not clipped. All
functions take floating point and return float32, both of shape (..., 2).
"""

import numpy as np

from .display import YUV_FROM_RGB
from .xyz import as_colors

# sRGB spans a -86.2..98.2 and b -107.9..94.5; 110 is also the edge of Zhang et al.'s ab grid.
AB_LIMIT = 110.0
# sRGB spans u -83.1..175.0 and v -134.1..107.4.
LUV_UV_LIMIT = 180.0
# The extremes of u and v over the RGB cube are the sums of the rows' positive weights.
YUV_UV_LIMITS = np.maximum(YUV_FROM_RGB, 0).sum(axis=1)[1:].astype("float32")


def scale_ab(ab):
    """Maps a, b of L*a*b* from [-110, 110] to [0, 1].

    Squared errors published with (ab + 128) / 255 are 0.744 times those of this scale.
    """
    return as_colors(ab, "ab", channels=2) / (2 * AB_LIMIT) + 0.5


def unscale_ab(ab_scaled):
    """Maps scaled ab from [0, 1] back to [-110, 110]; the inverse of `scale_ab`."""
    return (as_colors(ab_scaled, "ab_scaled", channels=2) - 0.5) * (2 * AB_LIMIT)


def scale_luv_uv(luv_uv):
    """Maps u, v of L*u*v* from [-180, 180] to [0, 1]."""
    return as_colors(luv_uv, "luv_uv", channels=2) / (2 * LUV_UV_LIMIT) + 0.5


def unscale_luv_uv(luv_uv_scaled):
    """Maps scaled u, v of L*u*v* from [0, 1] back; the inverse of `scale_luv_uv`."""
    return (as_colors(luv_uv_scaled, "luv_uv_scaled", channels=2) - 0.5) * (2 * LUV_UV_LIMIT)


def scale_yuv_uv(yuv_uv):
    """Maps u of YUV from [-0.436, 0.436] and v from [-0.615, 0.615] to [0, 1]."""
    return as_colors(yuv_uv, "yuv_uv", channels=2) / (2 * YUV_UV_LIMITS) + 0.5


def unscale_yuv_uv(yuv_uv_scaled):
    """Maps scaled u, v of YUV from [0, 1] back; the inverse of `scale_yuv_uv`."""
    return (as_colors(yuv_uv_scaled, "yuv_uv_scaled", channels=2) - 0.5) * (2 * YUV_UV_LIMITS)
