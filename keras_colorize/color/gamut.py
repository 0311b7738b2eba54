"""Bringing colours that sRGB cannot show back into it, with their lightness and hue kept."""

from keras import ops

from keras_colorize.color._channels import as_colors, mix, planes
from keras_colorize.color.lab import expand
from keras_colorize.color.srgb import encode_gamma
from keras_colorize.color.xyz import RGB_FROM_XYZ, WHITE

# In linear light; at most 0.0013 in sRGB, a third of one 8-bit level.
_TOLERANCE = 1e-4
_STEPS = 6


def in_gamut(lab):
    """Tells which colours sRGB can show.

    Args:
        lab: floating point, shape (..., 3), L*a*b*.

    Returns:
        Boolean, shape (...): True where every channel of linear light is in [0, 1], with a
        tolerance of 1e-4.
    """
    lightness, a, b = planes(as_colors(lab, "lab"))
    return _excess(_linear_light(lightness, a, b)) <= 0.0


def reduce_chroma_to_gamut(lab):
    """Converts L*a*b* to sRGB, with the chroma of unshowable colours reduced until they fit.

    L* and the hue angle are kept; cutting the channels instead moves L* by several units. Colours
    inside the gamut are converted as `lab_to_rgb` does. The factor on the chroma is found by six
    secant steps on linear light and is a constant to the gradient.

    Args:
        lab: floating point, shape (..., 3). L* outside 0..100 is cut.

    Returns:
        sRGB in [0, 1], float32, shape (..., 3).
    """
    lightness, a, b = planes(as_colors(lab, "lab"))
    lightness = ops.clip(lightness, 0.0, 100.0)
    factor = ops.stop_gradient(_chroma_factor(lightness, a, b))
    linear = _linear_light(lightness, factor * a, factor * b)
    return ops.clip(encode_gamma(ops.stack(linear, axis=-1)), 0.0, 1.0)


def _chroma_factor(lightness, a, b):
    excess = _excess(_linear_light(lightness, a, b))
    return ops.cond(
        ops.any(excess > 0.0),
        lambda: _largest_factor(lightness, a, b, excess),
        lambda: ops.ones_like(excess),
    )


def _largest_factor(lightness, a, b, excess_outside):
    """Finds the root of the excess between grey and the colour (false position, Illinois)."""
    inside, outside = ops.zeros_like(a), ops.ones_like(a)
    excess_inside = _excess(_linear_light(lightness, inside, inside))
    keep = excess_outside <= 0.0
    excess_outside = ops.where(keep, 1.0, excess_outside)
    for _ in range(_STEPS):
        span = excess_outside - excess_inside
        middle = (inside * excess_outside - outside * excess_inside) / span
        excess = _excess(_linear_light(lightness, middle * a, middle * b))
        fits = excess <= 0.0
        inside = ops.where(fits, middle, inside)
        outside = ops.where(fits, outside, middle)
        # Halving the value at the end that stays keeps that end from being stuck.
        excess_inside = ops.where(fits, excess, 0.5 * excess_inside)
        excess_outside = ops.where(fits, 0.5 * excess_outside, excess)
    return ops.where(keep, 1.0, inside)


def _linear_light(lightness, a, b):
    fy = (lightness + 16.0) / 116.0
    x, y, z = expand(fy + a / 500.0), expand(fy), expand(fy - b / 200.0)
    return mix(RGB_FROM_XYZ * WHITE, x, y, z)


def _excess(linear):
    """How far the worst channel lies outside [0, 1]; negative inside."""
    red, green, blue = linear
    highest = ops.maximum(ops.maximum(red, green), blue)
    lowest = ops.minimum(ops.minimum(red, green), blue)
    return ops.maximum(highest - 1.0, -lowest) - _TOLERANCE
