"""How near predictions are to the truth: colors, bins of colors, classes of scenes.

`keras.metrics.MeanMetricWrapper(ab_error, "ab_error")` is the mean over the pixels in training.
"""

import keras
from keras import ops

from keras_colorize.bins import LUV_UV_BINS, UNLABELED, UniformBins, decode_ab
from keras_colorize.errors import expect

_LOW, _HIGH = LUV_UV_BINS.low, LUV_UV_BINS.high


@keras.saving.register_keras_serializable(package="keras_colorize")
def ab_error(y_true, y_pred, unit=1.0):
    """Euclidean distance in the ab plane, per pixel: float32 tensor (...).

    `y_true` is a and b, (..., 2), `y_pred` too, or bin logits (..., 313), decoded by their mean.
    Scaled ones take as `unit` what 1 is in a and b.
    """
    if y_pred.shape[-1] != 2:
        y_pred = decode_ab(y_pred, "mean")
    difference = ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
    return unit * ops.sqrt(ops.sum(ops.square(difference), axis=-1))


@keras.saving.register_keras_serializable(package="keras_colorize")
def bin_accuracy(y_true, y_pred, low=_LOW, high=_HIGH, channel=None):
    """Whether prediction and truth fall into the same bin, per pixel and channel.

    With the defaults these are Acc(U) and Acc(V) of Hwang & Zhou 2016, section 5.1: 50 bins over
    -100..100. Grays count as above the edge at 0, see `UniformBins.encode`.

    `y_true` (..., C) is in units of the bins: u and v of L*u*v*; so is `y_pred`, or it is logits
    (..., C, K) of K bins between the edges `low` and `high`, else ValueError. Returns 1 where the
    bins are the same, else 0: float32 (..., C), or (...) of one `channel`.
    """
    logits = len(y_pred.shape) == len(y_true.shape) + 1
    expected = "predictions (..., {0}) or logits (..., {0}, bins)".format(y_true.shape[-1])
    fits = y_pred.shape[-2 if logits else -1] == y_true.shape[-1]
    expect(fits, f"{expected}, received shape {tuple(y_pred.shape)}")
    bins = UniformBins(y_pred.shape[-1] if logits else LUV_UV_BINS.count, low, high)
    chosen = ops.cast(ops.argmax(y_pred, axis=-1), "int32") if logits else bins.encode(y_pred)
    right = ops.cast(ops.equal(chosen, bins.encode(y_true)), "float32")
    return right if channel is None else right[..., channel]


@keras.saving.register_keras_serializable(package="keras_colorize")
class SceneTopK(keras.metrics.SparseTopKCategoricalAccuracy):
    """Keras' top-k accuracy (Iizuka 2016, table 2); pictures without a label do not count."""

    def __init__(self, k=1, **kwargs):
        expect(k >= 1, f"k of 1 or more, received {k}")
        super().__init__(k, **{"name": f"top_{k}", **kwargs})

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds labels (N,) or (N, 1), `UNLABELED` where there is none, and logits (N, classes)."""
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        weight = ops.cast(labels != UNLABELED, "float32")
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
        return super().update_state(ops.maximum(labels, 0), ops.cast(y_pred, "float32"), weight)
