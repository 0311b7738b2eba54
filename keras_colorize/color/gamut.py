"""Colors that sRGB cannot show brought back into it, with their lightness and hue kept."""

from keras import ops

from .lab import expand
from .xyz import RGB_FROM_XYZ, WHITE, as_colors, encode_gamma, mix

# In linear light; at most 0.0013 in sRGB, a third of one 8-bit level. White itself needs 0.8e-4,
# because the digits of the matrix and those of the white point differ by that much.
TOLERANCE = 1e-4
# Excess that is nothing but rounding: near the edge it stops falling while the chroma still does.
ROUNDING = 1e-7
# The chroma then falls short of the edge by 0.1 on average, never beyond it.
STEPS = 8


def lab_to_rgb_in_gamut(lab):
    """Converts L*a*b* to sRGB as `reduce_chroma_to_gamut` does, and tells which colors fit.

    Both take L*a*b* (..., 3), L* cut to 0..100. The result is sRGB in [0, 1], float32 (..., 3), and
    a boolean (...), False where a channel of linear light was over by more than 1e-4 and was cut.
    """
    lightness, a, b = ops.unstack(as_colors(lab, "lab"), axis=-1)
    linear = _linear_light(ops.clip(lightness, 0.0, 100.0), a, b)
    return _display(linear), _excess(linear) <= 0.0


def reduce_chroma_to_gamut(lab):
    """Converts L*a*b* to sRGB in [0, 1], with unshowable chroma reduced until it fits.

    L*, cut to 0..100, and the hue angle are kept. Colors inside the gamut are converted as
    `lab_to_rgb` does. The factor on the chroma is a constant to the gradient.
    """
    lightness, a, b = ops.unstack(as_colors(lab, "lab"), axis=-1)
    lightness = ops.clip(lightness, 0.0, 100.0)
    # The largest factor that fits, by Illinois' false position. Every pixel takes the same steps:
    # picking some out needs shapes that not every backend traces.
    inside, outside = ops.zeros_like(a), ops.ones_like(a)
    excess_inside = _excess(_linear_light(lightness, inside, inside))
    excess = _excess(_linear_light(lightness, a, b))
    keep = excess <= 0.0
    excess_outside = ops.where(keep, 1.0, excess)
    for _ in range(STEPS):
        span = excess_outside - excess_inside
        middle = (inside * excess_outside - outside * excess_inside) / span
        excess = _excess(_linear_light(lightness, middle * a, middle * b))
        fits = excess <= ROUNDING
        inside = ops.where(fits, middle, inside)
        outside = ops.where(fits, outside, middle)
        # Halving the value at the end that stays keeps that end from being stuck.
        excess_inside = ops.where(fits, ops.minimum(excess, -ROUNDING), 0.5 * excess_inside)
        excess_outside = ops.where(fits, 0.5 * excess_outside, excess)
    factor = ops.stop_gradient(ops.where(keep, 1.0, inside))
    return _display(_linear_light(lightness, factor * a, factor * b))


def _linear_light(lightness, a, b):
    fy = (lightness + 16.0) / 116.0
    xyz = expand(fy + a / 500.0), expand(fy), expand(fy - b / 200.0)
    return mix(RGB_FROM_XYZ * WHITE, xyz)


def _display(linear):
    """Display values, channel by channel: stacked first, it would be twice the work."""
    rgb = ops.stack([encode_gamma(channel) for channel in linear], axis=-1)
    return ops.clip(rgb, 0.0, 1.0)


def _excess(linear):
    """How far the worst channel lies outside [0, 1]; negative inside."""
    red, green, blue = linear
    highest = ops.maximum(ops.maximum(red, green), blue)
    lowest = ops.minimum(ops.minimum(red, green), blue)
    return ops.maximum(highest - 1.0, -lowest) - TOLERANCE
