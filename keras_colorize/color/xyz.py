"""CIE XYZ with the white of D65 at 2 degrees, the hub between sRGB, L*a*b* and L*u*v*."""

import numpy as np
from keras import ops

from keras_colorize.color._channels import as_colors, mix, planes
from keras_colorize.color.srgb import decode_gamma, encode_gamma

# ITU-R BT.709 primaries and D65, six digits: the values that scikit-image uses.
XYZ_FROM_RGB = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
RGB_FROM_XYZ = np.linalg.inv(XYZ_FROM_RGB)
# X, Y, Z of D65, 2-degree observer (ASTM E308).
WHITE = (0.95047, 1.0, 1.08883)


def rgb_to_xyz(rgb):
    """Converts sRGB to CIE XYZ.

    Args:
        rgb: floating point, shape (..., 3), sRGB in [0, 1].

    Returns:
        XYZ, float32, shape (..., 3), Y = 1 for white.
    """
    linear = decode_gamma(as_colors(rgb, "rgb"))
    return ops.stack(mix(XYZ_FROM_RGB, *planes(linear)), axis=-1)


def xyz_to_rgb(xyz, clip=True):
    """Converts CIE XYZ to sRGB; the inverse of `rgb_to_xyz`.

    Args:
        xyz: floating point, shape (..., 3), Y = 1 for white.
        clip: whether colours that sRGB cannot show are cut to [0, 1], channel by channel.

    Returns:
        sRGB, float32, shape (..., 3).
    """
    linear = ops.stack(mix(RGB_FROM_XYZ, *planes(as_colors(xyz, "xyz"))), axis=-1)
    rgb = encode_gamma(linear)
    return ops.clip(rgb, 0.0, 1.0) if clip else rgb


def luminance(rgb):
    """Computes the Y of CIE XYZ alone.

    Args:
        rgb: floating point, shape (..., 3), sRGB in [0, 1].

    Returns:
        Y, float32, shape (...), 0 for black and 1 for white.
    """
    red, green, blue = planes(decode_gamma(as_colors(rgb, "rgb")))
    weights = [float(weight) for weight in XYZ_FROM_RGB[1]]
    return weights[0] * red + weights[1] * green + weights[2] * blue
