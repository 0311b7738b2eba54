"""CIE L*a*b* and L*u*v* (1976), D65 at 2 degrees.

L* is in 0..100; the ranges of a, b, u and v below are those of sRGB.
"""

from keras import ops

from .xyz import WHITE, XYZ_FROM_RGB, as_colors, decode_gamma, mix, rgb_to_xyz, xyz_to_rgb

# CIE 15: the cube root gives way to a straight line below (6/29)^3, where both have one slope.
KNEE = 6 / 29
KNEE_CUBED = KNEE**3
SLOPE = 1 / (3 * KNEE**2)
INTERCEPT = 4 / 29

_WHITE_SUM = WHITE[0] + 15 * WHITE[1] + 3 * WHITE[2]
_WHITE_U = 4 * WHITE[0] / _WHITE_SUM
_WHITE_V = 9 * WHITE[1] / _WHITE_SUM
# Below these a color is black and has no chromaticity: it is given that of white.
_SMALLEST_SUM = 1e-9
_SMALLEST_LIGHTNESS = 1e-4
# Far below the v' of any real light (blue of sRGB has 0.158); keeps the division finite.
_SMALLEST_V = 0.01


def rgb_to_lab(rgb):
    """Converts sRGB in [0, 1], (..., 3), to L*a*b*, (..., 3): a in -86..98, b in -108..94."""
    return xyz_to_lab(rgb_to_xyz(rgb))


def lab_to_rgb(lab):
    """Converts L*a*b*, (..., 3), L* in 0..100, to sRGB, (..., 3).

    Colors that sRGB cannot show are cut to [0, 1], channel by channel, which shifts lightness and
    hue; `reduce_chroma_to_gamut` keeps both.
    """
    return xyz_to_rgb(lab_to_xyz(lab))


def rgb_to_lightness(rgb):
    """Computes L* in 0..100, (..., 1), the input of every network, of sRGB in [0, 1], (..., 3)."""
    linear = ops.unstack(decode_gamma(as_colors(rgb, "rgb")), axis=-1)
    (luminance,) = mix(XYZ_FROM_RGB[1:2], linear)
    return ops.expand_dims(116.0 * compress(luminance) - 16.0, axis=-1)


def xyz_to_lab(xyz):
    """Converts CIE XYZ with Y = 1 for white, (..., 3), to L*a*b*, (..., 3)."""
    x, y, z = ops.unstack(as_colors(xyz, "xyz"), axis=-1)
    fx, fy, fz = compress(x / WHITE[0]), compress(y / WHITE[1]), compress(z / WHITE[2])
    return ops.stack([116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)], axis=-1)


def lab_to_xyz(lab):
    """Converts L*a*b*, (..., 3), to CIE XYZ, Y = 1 for white, (..., 3); it may be negative."""
    lightness, a, b = ops.unstack(as_colors(lab, "lab"), axis=-1)
    fy = (lightness + 16.0) / 116.0
    fx, fz = fy + a / 500.0, fy - b / 200.0
    return ops.stack([WHITE[0] * expand(fx), WHITE[1] * expand(fy), WHITE[2] * expand(fz)], axis=-1)


def compress(light):
    """The CIE cube root with its straight piece near black; float32, any shape."""
    # The root is taken above the knee only: at black its gradient is infinite.
    root = ops.exp(1 / 3 * ops.log(ops.maximum(light, KNEE_CUBED)))
    return ops.where(light > KNEE_CUBED, root, SLOPE * light + INTERCEPT)


def expand(compressed):
    """The inverse of `compress`; float32, any shape."""
    cube = compressed * compressed * compressed
    return ops.where(compressed > KNEE, cube, (compressed - INTERCEPT) / SLOPE)


def rgb_to_luv(rgb):
    """Converts sRGB in [0, 1], (..., 3), to L*u*v*, (..., 3): u in -83..175, v in -134..107."""
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
