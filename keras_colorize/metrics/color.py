"""Distances between predicted and true colors."""

import keras
from keras import ops

from keras_colorize.bins import decode_ab


def ab_error(y_true, y_pred):
    """Euclidean distance in the ab plane, per pixel.

    Args:
        y_true: tensor (..., 2) of a and b.
        y_pred: tensor (..., 2) of a and b, or (..., 313) of bin logits, decoded by their mean.

    Returns:
        float32 tensor (...).
    """
    if y_pred.shape[-1] != 2:
        y_pred = decode_ab(y_pred, "mean")
    difference = ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
    return ops.sqrt(ops.sum(ops.square(difference), axis=-1))


@keras.saving.register_keras_serializable(package="keras_colorize")
class AbError(keras.metrics.Mean):
    """Mean of `ab_error` over all pixels seen."""

    def __init__(self, name="ab_error", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch, see `ab_error`."""
        return super().update_state(ab_error(y_true, y_pred), sample_weight=sample_weight)
