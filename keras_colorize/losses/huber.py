"""The Huber penalty in the scale of Hwang & Zhou 2016, section 3.5."""

import keras
from keras import ops

from keras_colorize.losses.pixel import PixelLoss, difference

THRESHOLD = 0.05
"""Default M for colors scaled to [0, 1]: 18 units of u and v. The paper does not print its own."""


@keras.saving.register_keras_serializable(package="keras_colorize")
def huber_penalty(y_true, y_pred, threshold=THRESHOLD):
    """Mean over the channels of `u^2` if `|u| < M`, else `M (2 |u| - M)`.

    This is twice the scale of `keras.losses.huber`, whose square has the factor 1/2.

    Args:
        y_true: tensor (N, H, W, C), any color space and scale.
        y_pred: tensor of the same shape.
        threshold: M, above 0, in units of the channels.

    Returns:
        float32 tensor (N, H, W).

    Raises:
        ValueError: if the threshold is not above 0.
    """
    _check(threshold)
    residual = ops.abs(difference(y_true, y_pred))
    square = ops.square(residual)
    line = threshold * (2.0 * residual - threshold)
    return ops.mean(ops.where(residual < threshold, square, line), axis=-1)


@keras.saving.register_keras_serializable(package="keras_colorize")
class HuberPenalty(PixelLoss):
    """Mean of `huber_penalty` over pixels; arguments as there."""

    def __init__(
        self,
        threshold=THRESHOLD,
        reduction="sum_over_batch_size",
        name="huber_penalty",
        dtype="float32",
    ):
        super().__init__(reduction, name, dtype)
        _check(threshold)
        self.threshold = threshold

    def call(self, y_true, y_pred):
        """Per-pixel loss, see `huber_penalty`."""
        return huber_penalty(y_true, y_pred, self.threshold)

    def get_config(self):
        """Arguments to build this loss again."""
        return {**super().get_config(), "threshold": self.threshold}


def _check(threshold):
    if threshold <= 0:
        raise ValueError(f"Expected a threshold above 0, received {threshold}.")
