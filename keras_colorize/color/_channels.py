"""What every colour function does first: check its input, cast it up, take it apart."""

from keras import ops
from keras.backend import standardize_dtype


def as_colors(values, name, channels=3):
    """Casts a floating point colour array to float32 after checking its last axis.

    Colour mathematics in half precision is wrong by whole units of `a` and `b`, so it computes
    in float32 whatever came in and whatever the dtype policy says.

    Args:
        values: array or tensor of shape (..., channels), any floating point dtype.
        name: what the error message calls the argument.
        channels: the size that the last axis must have.

    Returns:
        The values as float32, same shape.

    Raises:
        TypeError: if the values are not floating point.
        ValueError: if the last axis has another size.
    """
    if not hasattr(values, "dtype"):
        values = ops.convert_to_tensor(values)
    dtype = standardize_dtype(values.dtype)
    if "float" not in dtype:
        raise TypeError(
            f"{name} must be floating point; got dtype {dtype}. "
            "For 8-bit pictures pass `picture.astype('float32') / 255`."
        )
    shape = tuple(values.shape)
    if not shape or shape[-1] != channels:
        raise ValueError(f"{name} must have shape (..., {channels}); got {shape}")
    return ops.cast(values, "float32")


def planes(colors):
    """Splits a (..., 3) tensor into its three channels, each of shape (...)."""
    return colors[..., 0], colors[..., 1], colors[..., 2]


def power(base, exponent):
    """Raises positive numbers to a power; float32, any shape.

    By way of the logarithm: compilers for processors compute exponentials and logarithms of many
    numbers at once, but powers one after the other, which takes three times as long.
    """
    return ops.exp(exponent * ops.log(base))


def mix(matrix, first, second, third):
    """Applies a 3x3 matrix to three channels and returns the three results.

    Written as sums of products: on accelerators a matrix product of float32 may run in a shorter
    format (TF32, bfloat16), which is not exact enough for colour.
    """
    return tuple(
        float(row[0]) * first + float(row[1]) * second + float(row[2]) * third for row in matrix
    )
