"""Batch normalisation that sees the batch itself, also in inference."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class BatchStatisticsNormalization(keras.layers.BatchNormalization):
    """Normalises by mean and variance of the batch that it is given, always.

    Isola et al. 2017 ("pix2pix", section 3.3) run their generator so at test time. In training
    it is `keras.layers.BatchNormalization`, moving statistics included; in inference it leaves
    these alone and looks at nothing but its input. The result for a picture then depends on the
    others of its batch.

    Args:
        **kwargs: passed to `keras.layers.BatchNormalization`; the axis must be the last one.

    Call arguments:
        x: feature map of shape (N, H, W, C).
        training: whether the moving statistics are updated.

    Returns:
        Normalised `x`, same shape, in the compute dtype.

    Raises:
        ValueError: for another axis than the last one.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        if self.axis != -1:
            raise ValueError(f"Expected axis -1, received {self.axis}.")

    def call(self, x, training=False):
        """Normalises `x`; see the class."""
        if training:
            return super().call(x, training=True)
        mean, variance = ops.moments(ops.cast(x, "float32"), axes=(0, 1, 2))
        factor = ops.rsqrt(variance + self.epsilon)
        if self.scale:
            factor = factor * self.gamma
        offset = -mean * factor
        if self.center:
            offset = offset + self.beta
        return ops.cast(ops.cast(x, "float32") * factor + offset, self.compute_dtype)
