"""Area under the curve of colors within a distance (Zhang, Isola, Efros 2016, section 3.1)."""

import keras
import numpy as np
from keras import ops

from keras_colorize.bins import bin_count, hard_encode_ab
from keras_colorize.metrics.color import ab_error
from keras_colorize.metrics.means import PixelMean, pixel_weight

LARGEST_DISTANCE = 150.0
"""Distance in the ab plane at which the paper's curve ends."""


@keras.saving.register_keras_serializable(package="keras_colorize")
def area_under_curve(y_true, y_pred):
    """What each pixel adds to the area under the curve.

    The curve gives, for every threshold from 0 to 150, the share of pixels whose ab distance to
    the truth is below it. A pixel at distance d is below all thresholds from d on, so it adds
    1 - min(d, 150) / 150 to the normalised area: no sweep is needed, and nothing is rounded.

    Args:
        y_true: tensor (..., 2) of a and b.
        y_pred: as for `ab_error`.

    Returns:
        float32 tensor (...), 0..1; 1 is the true color.
    """
    distance = ops.minimum(ab_error(y_true, y_pred), LARGEST_DISTANCE)
    return 1.0 - distance / LARGEST_DISTANCE


@keras.saving.register_keras_serializable(package="keras_colorize")
class AreaUnderCurve(PixelMean):
    """Mean of `area_under_curve` over pixels, plain or rebalanced.

    Args:
        class_weights: None, or array (313,) of weights by the bin of the true color, see
            `rebalancing_weights`; the paper's rebalanced figure has `uniform_share=0`.
        name: name of the metric.
        dtype: type of the result.

    Raises:
        ValueError: for another number of weights.
    """

    def __init__(self, class_weights=None, name="area_under_curve", dtype="float32"):
        super().__init__(name=name, dtype=dtype)
        if class_weights is not None and len(class_weights) != bin_count():
            raise ValueError(
                f"Expected {bin_count()} class weights, received {len(class_weights)}."
            )
        self.class_weights = class_weights

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch."""
        if self.class_weights is not None:
            sample_weight = self._weights(y_true, sample_weight)
        return super().update_state(y_true, y_pred, sample_weight)

    def values(self, y_true, y_pred):
        """Value of each pixel, see `area_under_curve`."""
        return area_under_curve(y_true, y_pred)

    def _weights(self, y_true, sample_weight):
        table = ops.convert_to_tensor(np.asarray(self.class_weights, "float32"))
        weights = ops.take(table, hard_encode_ab(y_true), axis=0)
        if sample_weight is None:
            return weights
        return weights * pixel_weight(sample_weight, weights)

    def get_config(self):
        """Arguments to build this metric again."""
        weights = self.class_weights
        listed = None if weights is None else [float(weight) for weight in weights]
        return {**super().get_config(), "class_weights": listed}
