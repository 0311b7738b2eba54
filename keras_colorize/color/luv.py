"""CIE L*u*v* (1976), D65 at 2 degrees: L* in 0..100, u within -84..176, v within -135..108."""

from keras import ops

from keras_colorize.color.lab import compress, expand
from keras_colorize.color.xyz import WHITE, as_colors, rgb_to_xyz

_WHITE_SUM = WHITE[0] + 15 * WHITE[1] + 3 * WHITE[2]
_WHITE_U = 4 * WHITE[0] / _WHITE_SUM
_WHITE_V = 9 * WHITE[1] / _WHITE_SUM
# Below these a color is black and has no chromaticity: it is given that of white.
_SMALLEST_SUM = 1e-9
_SMALLEST_LIGHTNESS = 1e-4
# Far below the v' of any real light (blue of sRGB has 0.158); keeps the division finite.
_SMALLEST_V = 0.01


def rgb_to_luv(rgb):
    """Converts sRGB in [0, 1], (..., 3), to L*u*v*, (..., 3).

    L* is in 0..100, u about -83..175 and v about -134..107.
    """
    return xyz_to_luv(rgb_to_xyz(rgb))


def xyz_to_luv(xyz):
    """Converts CIE XYZ with Y = 1 for white, (..., 3), to L*u*v*, (..., 3)."""
    x, y, z = ops.unstack(as_colors(xyz, "xyz"), axis=-1)
    total = x + 15.0 * y + 3.0 * z
    visible = total > _SMALLEST_SUM
    divisor = ops.where(visible, total, 1.0)
    u_prime = ops.where(visible, 4.0 * x / divisor, _WHITE_U)
    v_prime = ops.where(visible, 9.0 * y / divisor, _WHITE_V)
    lightness = 116.0 * compress(y / WHITE[1]) - 16.0
    u, v = 13.0 * lightness * (u_prime - _WHITE_U), 13.0 * lightness * (v_prime - _WHITE_V)
    return ops.stack([lightness, u, v], axis=-1)


def luv_to_xyz(luv):
    """Converts L*u*v*, (..., 3), L* in 0..100, to CIE XYZ with Y = 1 for white, (..., 3)."""
    lightness, u, v = ops.unstack(as_colors(luv, "luv"), axis=-1)
    visible = lightness > _SMALLEST_LIGHTNESS
    divisor = 13.0 * ops.where(visible, lightness, 1.0)
    u_prime = ops.where(visible, u / divisor, 0.0) + _WHITE_U
    v_prime = ops.maximum(ops.where(visible, v / divisor, 0.0) + _WHITE_V, _SMALLEST_V)
    y = WHITE[1] * expand((lightness + 16.0) / 116.0)
    x = y * 9.0 * u_prime / (4.0 * v_prime)
    z = y * (12.0 - 3.0 * u_prime - 20.0 * v_prime) / (4.0 * v_prime)
    return ops.stack([x, y, z], axis=-1)
