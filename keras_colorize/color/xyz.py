"""sRGB, linear light and CIE XYZ (D65 at 2 degrees), the hub between sRGB, L*a*b* and L*u*v*.

Powers are written as exponentials of logarithms, which compilers for processors vectorize.
"""

import numpy as np
from keras import ops
from keras.backend import standardize_dtype

from keras_colorize.errors import expect

# ITU-R BT.709 primaries and D65, six digits: the values that scikit-image uses.
XYZ_FROM_RGB = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
RGB_FROM_XYZ = np.linalg.inv(XYZ_FROM_RGB)
# X, Y, Z of D65, 2-degree observer (ASTM E308).
WHITE = (0.95047, 1.0, 1.08883)

# The sRGB transfer function (IEC 61966-2-1): where its straight piece near black meets the power
# curve, in display values and in light.
_KNEE_RGB, KNEE_LINEAR = 0.04045, 0.0031308
LINEAR_SLOPE, OFFSET, GAMMA = 12.92, 0.055, 2.4


def rgb_to_xyz(rgb):
    """Converts sRGB in [0, 1], (..., 3), to CIE XYZ with Y = 1 for white, (..., 3)."""
    linear = ops.unstack(decode_gamma(as_colors(rgb, "rgb")), axis=-1)
    return ops.stack(mix(XYZ_FROM_RGB, linear), axis=-1)


def xyz_to_rgb(xyz):
    """Converts CIE XYZ with Y = 1 for white, (..., 3), to sRGB, (..., 3), cut to [0, 1]."""
    linear = mix(RGB_FROM_XYZ, ops.unstack(as_colors(xyz, "xyz"), axis=-1))
    return ops.clip(encode_gamma(ops.stack(linear, axis=-1)), 0.0, 1.0)


def decode_gamma(values):
    """Maps float32 display values of any shape to linear light, unclipped."""
    # The base is kept above the knee: the gradient of the branch not taken must stay finite.
    base = (ops.maximum(values, _KNEE_RGB) + OFFSET) / (1 + OFFSET)
    curve = ops.exp(GAMMA * ops.log(base))
    return ops.where(values > _KNEE_RGB, curve, values / LINEAR_SLOPE)


def encode_gamma(values):
    """Maps float32 linear light of any shape to display values, unclipped."""
    root = ops.exp(1 / GAMMA * ops.log(ops.maximum(values, KNEE_LINEAR)))
    curve = (1 + OFFSET) * root - OFFSET
    return ops.where(values > KNEE_LINEAR, curve, values * LINEAR_SLOPE)


def as_colors(values, name, channels=3):
    """Colors (..., channels) as float32 under every policy; `name` is the argument in errors.

    Color mathematics in half precision is wrong by whole units of `a` and `b`.
    """
    if not hasattr(values, "dtype"):
        values = ops.convert_to_tensor(values)
    dtype, shape = standardize_dtype(values.dtype), tuple(values.shape)
    if "float" not in dtype:
        advice = "For 8-bit pictures pass `picture.astype('float32') / 255`."
        raise TypeError(f"Expected {name} in floating point, received {dtype}. {advice}")
    expect(shape[-1:] == (channels,), f"{name} of shape (..., {channels}), received {shape}")
    return ops.cast(values, "float32")


def mix(matrix, channels):
    """The n sums of a sequence of three channels that the rows of a matrix (n, 3) weigh.

    A matrix product of float32 may run in TF32 or bfloat16, which is not exact enough for color.
    """
    first, second, third = channels
    return [a * first + b * second + c * third for a, b, c in matrix.tolist()]
