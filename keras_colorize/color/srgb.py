"""The sRGB transfer function (IEC 61966-2-1): display values to light and back."""

from keras import ops

from keras_colorize.color._channels import as_colors, power

# Where the straight piece near black meets the power curve, in display values and in light.
_KNEE_RGB = 0.04045
_KNEE_LINEAR = 0.0031308
_SLOPE = 12.92
_OFFSET = 0.055
_GAMMA = 2.4


def rgb_to_linear(rgb):
    """Removes the sRGB gamma.

    Args:
        rgb: floating point, shape (..., 3), sRGB in [0, 1]. Values outside follow the same curve
            (negative ones its straight piece) and are not clipped.

    Returns:
        Linear light, float32, shape (..., 3), 0 for black and 1 for white.
    """
    return decode_gamma(as_colors(rgb, "rgb"))


def linear_to_rgb(linear):
    """Applies the sRGB gamma; the inverse of `rgb_to_linear`.

    Args:
        linear: floating point, shape (..., 3), linear light in [0, 1]; not clipped.

    Returns:
        sRGB, float32, shape (..., 3).
    """
    return encode_gamma(as_colors(linear, "linear"))


def decode_gamma(values):
    """Maps float32 display values of any shape to linear light."""
    # The base is kept above the knee: the gradient of the branch not taken must stay finite.
    curve = power((ops.maximum(values, _KNEE_RGB) + _OFFSET) / (1 + _OFFSET), _GAMMA)
    return ops.where(values > _KNEE_RGB, curve, values / _SLOPE)


def encode_gamma(values):
    """Maps float32 linear light of any shape to display values."""
    curve = (1 + _OFFSET) * power(ops.maximum(values, _KNEE_LINEAR), 1 / _GAMMA) - _OFFSET
    return ops.where(values > _KNEE_LINEAR, curve, values * _SLOPE)
