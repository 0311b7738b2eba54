"""Cross-entropy of a distribution over ab bins (Zhang, Isola, Efros 2016, eq. 2)."""

import keras
import numpy as np
from keras import ops

from keras_colorize.bins import bin_count, soft_encode_ab
from keras_colorize.losses.pixel import PixelLoss


@keras.saving.register_keras_serializable(package="keras_colorize")
def ab_crossentropy(y_true, y_pred, class_weights=None, neighbors=5, sigma=5.0):
    """Cross-entropy between soft-encoded colors and bin logits, per pixel.

    Args:
        y_true: tensor (N, H, W, 2) of a and b.
        y_pred: tensor (N, H, W, 313) of logits.
        class_weights: None or array (313,), see `rebalancing_weights`; a pixel counts with
            the weight of its nearest bin.
        neighbors: bins over which one color is spread; 1 gives hard targets.
        sigma: width of the soft encoding, in units of a and b.

    Returns:
        float32 tensor (N, H, W).

    Raises:
        ValueError: if the heights, widths or the number of bins do not fit.
    """
    _check_shapes(y_true, y_pred)
    logits = ops.cast(y_pred, "float32")
    indices, weights = soft_encode_ab(y_true, sigma, neighbors)
    # Gathering the few bins of the target spares the log-softmax of all 313.
    chosen = ops.sum(weights * ops.take_along_axis(logits, indices, axis=-1), axis=-1)
    loss = ops.logsumexp(logits, axis=-1) - chosen
    if class_weights is not None:
        table = ops.convert_to_tensor(np.asarray(class_weights, "float32"))
        loss = loss * ops.take(table, indices[..., 0], axis=0)
    return loss


@keras.saving.register_keras_serializable(package="keras_colorize")
class AbCrossentropy(PixelLoss):
    """Mean of `ab_crossentropy` over pixels; arguments as there."""

    def __init__(
        self,
        class_weights=None,
        neighbors=5,
        sigma=5.0,
        reduction="sum_over_batch_size",
        name="ab_crossentropy",
        dtype="float32",
    ):
        super().__init__(reduction, name, dtype)
        if class_weights is not None and len(class_weights) != bin_count():
            raise ValueError(
                f"Expected {bin_count()} class_weights, one per bin, received {len(class_weights)}."
            )
        self.class_weights = None if class_weights is None else [float(w) for w in class_weights]
        self.neighbors = neighbors
        self.sigma = sigma

    def call(self, y_true, y_pred):
        """Per-pixel loss, see `ab_crossentropy`."""
        return ab_crossentropy(y_true, y_pred, self.class_weights, self.neighbors, self.sigma)

    def get_config(self):
        """Arguments to build this loss again."""
        return {
            **super().get_config(),
            "class_weights": self.class_weights,
            "neighbors": self.neighbors,
            "sigma": self.sigma,
        }


def _check_shapes(y_true, y_pred):
    expected = (*y_pred.shape[:-1], 2)
    fits = all(
        a is None or b is None or a == b for a, b in zip(y_true.shape, expected, strict=False)
    )
    if len(y_true.shape) != len(expected) or not fits or y_pred.shape[-1] != bin_count():
        raise ValueError(
            f"Expected ab (N, H, W, 2) and logits (N, H, W, {bin_count()}) of the same height and "
            f"width, received shapes {tuple(y_true.shape)} and {tuple(y_pred.shape)}."
        )
