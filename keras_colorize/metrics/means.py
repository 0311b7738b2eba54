"""What the metrics share: means over pixels and over pictures, with weights."""

import keras
from keras import ops


class PixelMean(keras.metrics.Mean):
    """Mean over pixels; every picture counts the same, whatever its size.

    A subclass gives the value of each pixel by `values(y_true, y_pred)`, (N, H, W).
    `sample_weight` has a weight per picture, (N,), or per pixel, (N, H, W); what has the weight
    0, for example near-grey pictures, has no effect.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch."""
        values = self.values(y_true, y_pred)
        if sample_weight is None:
            return super().update_state(values)
        return super().update_state(*_masked(values, pixel_weight(sample_weight, values)))


class PictureMean(keras.metrics.Mean):
    """Mean over pictures.

    A subclass gives the value of each picture by `values(y_true, y_pred)`, (N,).
    `sample_weight` has a weight per picture; pictures of weight 0 have no effect.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch.

        Raises:
            ValueError: for weights per pixel.
        """
        values = self.values(y_true, y_pred)
        if sample_weight is None:
            return super().update_state(values)
        return super().update_state(*_masked(values, _picture_weight(sample_weight, self.name)))


def pixel_weight(sample_weight, values):
    """Weights per picture, (N,), or per pixel, so that they multiply values (N, H, W)."""
    weight = ops.cast(sample_weight, "float32")
    if len(weight.shape) < len(values.shape):
        weight = ops.reshape(weight, (-1, *([1] * (len(values.shape) - 1))))
    return weight


def _picture_weight(sample_weight, name):
    weight = ops.cast(sample_weight, "float32")
    if any(side != 1 for side in weight.shape[1:]):
        raise ValueError(
            f"Expected one weight per picture for {name}, received weights of shape "
            f"{tuple(weight.shape)}."
        )
    return ops.reshape(weight, (-1,))


def _masked(values, weight):
    # A masked value may be infinite, and 0 times that is not 0.
    return ops.where(weight > 0.0, values, ops.zeros_like(values)), weight
