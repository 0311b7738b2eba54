"""Distances between predicted and true colors, per pixel."""

import keras
from keras import ops

from keras_colorize.bins import decode_ab
from keras_colorize.color import scale_ab
from keras_colorize.metrics.means import PixelMean


@keras.saving.register_keras_serializable(package="keras_colorize")
def ab_error(y_true, y_pred):
    """Euclidean distance in the ab plane, per pixel.

    Args:
        y_true: tensor (..., 2) of a and b.
        y_pred: tensor (..., 2) of a and b, or (..., 313) of bin logits, decoded by their mean.

    Returns:
        float32 tensor (...).
    """
    return ops.sqrt(_squared_distance(y_true, _decoded(y_pred)))


@keras.saving.register_keras_serializable(package="keras_colorize")
class AbError(PixelMean):
    """Mean of `ab_error` over pixels."""

    def __init__(self, name="ab_error", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """Value of each pixel, see `ab_error`."""
        return ab_error(y_true, y_pred)


@keras.saving.register_keras_serializable(package="keras_colorize")
def ab_mean_squared_error(y_true, y_pred):
    """Squared error of a and b scaled to [0, 1], mean of the two, per pixel.

    Per-pixel MSE "averaged across the a and b channels (with colors from 0 to 1)" of
    Melas-Kyriazi & Han 2017, table 3, and Zhou & Zhou 2019; the scale is that of `scale_ab`,
    -110..110. For a network output that is scaled already, Keras' own `"mse"` is the same.

    Args:
        y_true: tensor (..., 2) of a and b.
        y_pred: as for `ab_error`.

    Returns:
        float32 tensor (...).
    """
    y_pred = scale_ab(ops.cast(_decoded(y_pred), "float32"))
    return 0.5 * _squared_distance(scale_ab(ops.cast(y_true, "float32")), y_pred)


@keras.saving.register_keras_serializable(package="keras_colorize")
class AbMeanSquaredError(PixelMean):
    """Mean of `ab_mean_squared_error` over pixels."""

    def __init__(self, name="ab_mse", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """Value of each pixel, see `ab_mean_squared_error`."""
        return ab_mean_squared_error(y_true, y_pred)


@keras.saving.register_keras_serializable(package="keras_colorize")
def luv_uv_squared_error(y_true, y_pred):
    """Sum of the squared errors of u and v of L*u*v*, per pixel (Hwang & Zhou 2016, 5.1).

    The paper's L_reg sums this over the pixels of a picture; here means are taken instead, so
    that figures of pictures of different sizes compare.

    Args:
        y_true: tensor (..., 2) of u and v, CIELUV, in their own units.
        y_pred: tensor of the same shape.

    Returns:
        float32 tensor (...).
    """
    return _squared_distance(y_true, y_pred)


@keras.saving.register_keras_serializable(package="keras_colorize")
class LuvUvSquaredError(PixelMean):
    """Mean of `luv_uv_squared_error` over pixels."""

    def __init__(self, name="luv_uv_squared_error", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """Value of each pixel, see `luv_uv_squared_error`."""
        return luv_uv_squared_error(y_true, y_pred)


def _decoded(y_pred):
    return y_pred if y_pred.shape[-1] == 2 else decode_ab(y_pred, "mean")


def _squared_distance(y_true, y_pred):
    difference = ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
    return ops.sum(ops.square(difference), axis=-1)
