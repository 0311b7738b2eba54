"""Cross-entropy of two chroma channels that are binned apart."""

import keras
from keras import ops

from keras_colorize.bins import UniformBins
from keras_colorize.losses.pixel import PixelLoss


@keras.saving.register_keras_serializable(package="keras_colorize")
def channel_crossentropy(y_true, y_pred, low=-100.0, high=100.0, sigma=None):
    """Sum over the channels of the cross-entropy of their bins, per pixel.

    Hwang & Zhou 2016, section 3.4 (one-hot); Melas-Kyriazi & Han 2017 (one-hot, or a sharply
    peaked normal around the true bin).

    Args:
        y_true: tensor (N, H, W, C), the channels in units of the bins.
        y_pred: tensor (N, H, W, C, K) of logits over K equal bins from `low` to `high`.
        low: lower edge of the first bin.
        high: upper edge of the last bin.
        sigma: None for one-hot targets, or the standard deviation of a normal around the true
            value that is spread over the bins, in units of the channels.

    Returns:
        float32 tensor (N, H, W).

    Raises:
        ValueError: if the shapes do not fit.
    """
    if len(y_pred.shape) != len(y_true.shape) + 1 or y_pred.shape[-2] != y_true.shape[-1]:
        raise ValueError(
            "Expected values (N, H, W, C) and logits (N, H, W, C, bins), received shapes "
            f"{tuple(y_true.shape)} and {tuple(y_pred.shape)}."
        )
    bins = UniformBins(y_pred.shape[-1], low, high)
    logits = ops.cast(y_pred, "float32")
    return ops.sum(_channelwise(ops.cast(y_true, "float32"), logits, bins, sigma), axis=-1)


def _channelwise(y_true, logits, bins, sigma):
    if sigma is None:
        indices = ops.expand_dims(bins.encode(y_true), axis=-1)
        chosen = ops.squeeze(ops.take_along_axis(logits, indices, axis=-1), axis=-1)
    else:
        distance = (ops.expand_dims(y_true, axis=-1) - bins.centers()) / sigma
        # As a softmax, or values beyond the last bin would be spread as 0 / 0.
        weights = ops.softmax(-0.5 * ops.square(distance), axis=-1)
        chosen = ops.sum(weights * logits, axis=-1)
    return ops.logsumexp(logits, axis=-1) - chosen


@keras.saving.register_keras_serializable(package="keras_colorize")
class ChannelCrossentropy(PixelLoss):
    """Mean of `channel_crossentropy` over pixels; arguments as there."""

    def __init__(
        self,
        low=-100.0,
        high=100.0,
        sigma=None,
        reduction="sum_over_batch_size",
        name="channel_crossentropy",
        dtype="float32",
    ):
        super().__init__(reduction, name, dtype)
        self.low = low
        self.high = high
        self.sigma = sigma

    def call(self, y_true, y_pred):
        """Per-pixel loss, see `channel_crossentropy`."""
        return channel_crossentropy(y_true, y_pred, self.low, self.high, self.sigma)

    def get_config(self):
        """Arguments to build this loss again."""
        return {
            **super().get_config(),
            "low": self.low,
            "high": self.high,
            "sigma": self.sigma,
        }
