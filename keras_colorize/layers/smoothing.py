"""Gaussian smoothing of maps of any size."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class GaussianSmoothing(keras.layers.Layer):
    """Smooths each channel by a Gaussian over height and width.

    Beyond the border the map is its own mirror image, however small it is, as in SciPy's
    `gaussian_filter(mode="reflect")`: padding by zeros would pull the border towards zero.

    Args:
        sigma: standard deviation in pixels, above 0.
        truncate: where the Gaussian is cut off, in standard deviations, above 0.
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        x: shape (N, H, W, C), C known.

    Returns:
        Smoothed `x`, same shape, in the compute dtype.

    Raises:
        ValueError: if an argument is not above 0.
    """

    def __init__(self, sigma, truncate=4.0, **kwargs):
        super().__init__(**kwargs)
        if sigma <= 0 or truncate <= 0:
            raise ValueError(
                f"sigma and truncate must be above 0; received {sigma} and {truncate}."
            )
        self.sigma = sigma
        self.truncate = truncate

    def call(self, x):
        """Smooths `x`; see the class."""
        weights = _gaussian(self.sigma, self.truncate)
        for axis in (1, 2):
            shape = [1, 1, 1, 1]
            shape[axis - 1] = len(weights)
            kernel = ops.cast(weights.reshape(shape), x.dtype)
            kernel = ops.repeat(kernel, x.shape[-1], axis=2)
            x = ops.depthwise_conv(_mirrored(x, axis, len(weights) // 2), kernel)
        return x

    def compute_output_shape(self, input_shape):
        """Returns the shape unchanged."""
        return input_shape

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        return {**super().get_config(), "sigma": self.sigma, "truncate": self.truncate}


def _gaussian(sigma, truncate):
    radius = int(truncate * sigma + 0.5)
    weights = np.exp(-0.5 * np.square(np.arange(-radius, radius + 1) / sigma))
    return weights / weights.sum()


def _mirrored(x, axis, radius):
    """Extends one axis at both ends by its mirror image, which repeats as often as needed."""
    size = ops.shape(x)[axis]
    position = ops.arange(-radius, size + radius, dtype="int32")
    # Mirrored once before the remainder is taken: tf2onnx gets that of negative numbers wrong.
    position = ops.mod(ops.maximum(position, -1 - position), 2 * size)
    return ops.take(x, ops.minimum(position, 2 * size - 1 - position), axis=axis)
