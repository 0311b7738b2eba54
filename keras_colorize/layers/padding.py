"""Padding of feature maps whose height and width may be unknown until they run."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class PadToAtLeast(keras.layers.Layer):
    """Adds zeros at the bottom and at the right of maps that are too small for a kernel.

    Args:
        size: rows and columns that the result has at least, 1 or more.
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        x: feature map of shape (N, h, w, C).

    Returns:
        Feature map of shape (N, max(h, size), max(w, size), C), in the compute dtype.

    Raises:
        ValueError: if `size` is not positive.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        if size < 1:
            raise ValueError(f"size must be positive; received {size}.")
        self.size = size

    def call(self, x):
        """Pads `x`; see the class."""
        height, width = (_at_least(length, self.size) for length in ops.shape(x)[1:3])
        # By as much as the smallest map needs, then cut: the need of a map may be unknown yet.
        missing = (0, self.size - 1)
        return ops.pad(x, ((0, 0), missing, missing, (0, 0)))[:, :height, :width, :]

    def compute_output_shape(self, input_shape):
        """Returns the shape with known sizes of at least `size`."""
        batch, *lengths, channels = input_shape
        return (batch, *(n and max(n, self.size) for n in lengths), channels)

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        return {**super().get_config(), "size": self.size}


def _at_least(length, size):
    return max(length, size) if isinstance(length, int) else ops.maximum(length, size)
