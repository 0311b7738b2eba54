"""How many pixels have the right bin of u and of v (Hwang & Zhou 2016, section 5.1)."""

import keras
from keras import ops

from keras_colorize.bins import LUV_UV_BINS, UniformBins
from keras_colorize.metrics.means import PixelMean


@keras.saving.register_keras_serializable(package="keras_colorize")
def bin_accuracy(y_true, y_pred, low=LUV_UV_BINS.low, high=LUV_UV_BINS.high, bins=None):
    """Whether prediction and truth fall into the same bin, per pixel and channel.

    With the defaults these are the paper's Acc(U) and Acc(V): 50 bins over -100..100.

    Args:
        y_true: tensor (..., C) of channels in units of the bins: u and v of L*u*v*.
        y_pred: tensor (..., C) in the same units, or logits (..., C, K) of K bins.
        low: lower edge of the first bin.
        high: upper edge of the last bin.
        bins: number of bins; None for 50, or the K of logits.

    Returns:
        float32 tensor (..., C), 1 where the bins are the same, else 0.

    Raises:
        ValueError: if the shapes do not fit.
    """
    logits = len(y_pred.shape) == len(y_true.shape) + 1
    channels = y_pred.shape[-2] if logits else y_pred.shape[-1]
    if channels != y_true.shape[-1] or (logits and bins not in (None, y_pred.shape[-1])):
        raise ValueError(
            f"Expected predictions (..., {y_true.shape[-1]}) or logits "
            f"(..., {y_true.shape[-1]}, {bins or 'bins'}), received shape {tuple(y_pred.shape)}."
        )
    default = y_pred.shape[-1] if logits else LUV_UV_BINS.count
    grid = UniformBins(bins or default, low, high)
    chosen = ops.cast(ops.argmax(y_pred, axis=-1), "int32") if logits else grid.encode(y_pred)
    return ops.cast(ops.equal(chosen, grid.encode(y_true)), "float32")


@keras.saving.register_keras_serializable(package="keras_colorize")
class BinAccuracy(PixelMean):
    """Share of pixels whose bin is right, see `bin_accuracy`.

    Args:
        channel: 0 for u (or the first channel of other bins), 1 for v, None for their mean.
        low: see `bin_accuracy`.
        high: see `bin_accuracy`.
        bins: see `bin_accuracy`.
        name: name of the metric.
        dtype: type of the result.
    """

    def __init__(
        self,
        channel=None,
        low=LUV_UV_BINS.low,
        high=LUV_UV_BINS.high,
        bins=None,
        name="bin_accuracy",
        dtype="float32",
    ):
        super().__init__(name=name, dtype=dtype)
        self.channel = channel
        self.low = low
        self.high = high
        self.bins = bins

    def values(self, y_true, y_pred):
        """Value of each pixel, see `bin_accuracy`."""
        right = bin_accuracy(y_true, y_pred, self.low, self.high, self.bins)
        return ops.mean(right, axis=-1) if self.channel is None else right[..., self.channel]

    def get_config(self):
        """Arguments to build this metric again."""
        own = {name: getattr(self, name) for name in ("channel", "low", "high", "bins")}
        return {**super().get_config(), **own}
