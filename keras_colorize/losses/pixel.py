"""What losses per pixel share, and the plain errors of the regression heads."""

import keras
from keras import ops


class PixelLoss(keras.losses.Loss):
    """A loss with a value per pixel.

    `sample_weight` may have a weight per picture, (N,), or per pixel, (N, H, W). Keras alone
    would multiply weights per picture into the columns of the pictures.
    """

    def __init__(self, reduction="sum_over_batch_size", name=None, dtype="float32"):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def __call__(self, y_true, y_pred, sample_weight=None):
        """Reduced loss; a picture of weight 0, for example a near-grey one, has no effect."""
        if sample_weight is not None and len(sample_weight.shape) <= 2:
            sample_weight = ops.reshape(sample_weight, (-1, 1, 1))
        return super().__call__(y_true, y_pred, sample_weight)

    def get_config(self):
        """Arguments to build this loss again."""
        return {"reduction": self.reduction, "name": self.name}


@keras.saving.register_keras_serializable(package="keras_colorize")
def pixel_squared_error(y_true, y_pred):
    """Mean over the channels of the squared difference.

    Args:
        y_true: tensor (N, H, W, C), any color space and scale.
        y_pred: tensor of the same shape.

    Returns:
        float32 tensor (N, H, W).
    """
    return ops.mean(ops.square(difference(y_true, y_pred)), axis=-1)


@keras.saving.register_keras_serializable(package="keras_colorize")
def pixel_absolute_error(y_true, y_pred):
    """Mean over the channels of the absolute difference; arguments of `pixel_squared_error`."""
    return ops.mean(ops.abs(difference(y_true, y_pred)), axis=-1)


@keras.saving.register_keras_serializable(package="keras_colorize")
class PixelSquaredError(PixelLoss):
    """Mean of `pixel_squared_error` (L2) over pixels."""

    def call(self, y_true, y_pred):
        """Per-pixel loss, see `pixel_squared_error`."""
        return pixel_squared_error(y_true, y_pred)


@keras.saving.register_keras_serializable(package="keras_colorize")
class PixelAbsoluteError(PixelLoss):
    """Mean of `pixel_absolute_error` (L1) over pixels."""

    def call(self, y_true, y_pred):
        """Per-pixel loss, see `pixel_absolute_error`."""
        return pixel_absolute_error(y_true, y_pred)


def difference(y_true, y_pred):
    """Truth less prediction in float32, whatever they come in."""
    return ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
