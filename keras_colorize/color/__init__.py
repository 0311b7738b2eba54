"""Color spaces as pure `keras.ops`: channels last, sRGB in [0, 1], float32 results.

They run eagerly and in graphs, on every Keras backend, with finite gradients everywhere. The
white point is D65 at 2 degrees and the values are those of scikit-image. Every function takes
floating point and raises TypeError for other types, ValueError for other channels.
"""

from .display import hsv_to_rgb, rgb_to_hsv, rgb_to_yuv, yuv_to_rgb
from .gamut import lab_to_rgb_in_gamut, reduce_chroma_to_gamut
from .lab import (
    lab_to_rgb,
    lab_to_xyz,
    luv_to_xyz,
    rgb_to_lab,
    rgb_to_lightness,
    rgb_to_luv,
    xyz_to_lab,
    xyz_to_luv,
)
from .scaling import (
    scale_ab,
    scale_luv_uv,
    scale_yuv_uv,
    unscale_ab,
    unscale_luv_uv,
    unscale_yuv_uv,
)
from .xyz import rgb_to_xyz, xyz_to_rgb

__all__ = [
    "hsv_to_rgb",
    "lab_to_rgb",
    "lab_to_rgb_in_gamut",
    "lab_to_xyz",
    "luv_to_xyz",
    "reduce_chroma_to_gamut",
    "rgb_to_hsv",
    "rgb_to_lab",
    "rgb_to_lightness",
    "rgb_to_luv",
    "rgb_to_xyz",
    "rgb_to_yuv",
    "scale_ab",
    "scale_luv_uv",
    "scale_yuv_uv",
    "unscale_ab",
    "unscale_luv_uv",
    "unscale_yuv_uv",
    "xyz_to_lab",
    "xyz_to_luv",
    "xyz_to_rgb",
    "yuv_to_rgb",
]
