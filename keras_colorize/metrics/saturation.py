"""Difference in saturation (Hwang & Zhou 2016, section 5.1)."""

import keras
from keras import ops

from keras_colorize.color import rgb_to_hsv
from keras_colorize.metrics.means import PictureMean

SMALLEST_SATURATION = 0.01
"""Mean saturation that a true picture counts with at least: grey ones would divide by zero."""


@keras.saving.register_keras_serializable(package="keras_colorize")
def saturation_difference(y_true, y_pred):
    """Deviation of the average saturation in percent of the true one, per picture.

    "Sat. diff." of the paper, |sum S_pred - sum S_true| / sum S_true, with S of HSV.

    Args:
        y_true: tensor (..., H, W, 3), sRGB in [0, 1].
        y_pred: tensor of the same shape.

    Returns:
        float32 tensor (...), percent: a grey prediction has 100.
    """
    true = mean_saturation(y_true)
    off = ops.abs(mean_saturation(y_pred) - true)
    return 100.0 * off / ops.maximum(true, SMALLEST_SATURATION)


def mean_saturation(rgb):
    """Mean saturation of HSV, per picture.

    Args:
        rgb: tensor (..., H, W, 3), sRGB in [0, 1].

    Returns:
        float32 tensor (...), 0..1.
    """
    return ops.mean(rgb_to_hsv(rgb)[..., 1], axis=(-2, -1))


@keras.saving.register_keras_serializable(package="keras_colorize")
class SaturationDifference(PictureMean):
    """Mean of `saturation_difference` over pictures, in percent."""

    def __init__(self, name="saturation_difference", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """Value of each picture, see `saturation_difference`."""
        return saturation_difference(y_true, y_pred)
