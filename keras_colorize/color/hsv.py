"""Hue, saturation and value of sRGB, all in [0, 1]; hue 0 and 1 are both red."""

from keras import ops

from keras_colorize.color.xyz import as_colors


def rgb_to_hsv(rgb):
    """Converts sRGB in [0, 1], (..., 3), to HSV, (..., 3), with hue in [0, 1).

    Grays have hue 0 and saturation 0.
    """
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
    """Converts HSV, (..., 3), to sRGB, (..., 3); hue is cyclic with period 1.

    The result is in [0, 1] where saturation and value are.
    """
    hue, saturation, value = ops.unstack(as_colors(hsv, "hsv"), axis=-1)
    channels = []
    # One trapezoid around the hue circle, shifted by a third of it for each channel.
    for offset in (5.0, 3.0, 1.0):
        position = ops.mod(offset + 6.0 * hue, 6.0)
        dip = ops.clip(ops.minimum(position, 4.0 - position), 0.0, 1.0)
        channels.append(value * (1.0 - saturation * dip))
    return ops.stack(channels, axis=-1)
