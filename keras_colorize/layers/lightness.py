"""Lightness as the gray photograph that a network for color photographs expects."""

import keras
from keras import ops

from keras_colorize.color import lab_to_rgb

LEVEL_MAX = 255.0


@keras.saving.register_keras_serializable(package="keras_colorize")
class GreyLevels(keras.layers.Layer):
    """Turns L* into the channels of a gray sRGB photograph, each less a mean.

    A gray of lightness L* has the display level 255 x the sRGB curve of its luminance, up to 9
    levels darker than 2.55 L*. It computes in float32 under every policy.

    Takes L* in 0..100, (..., 1), else ValueError; returns levels 0..255 less `means`,
    (..., len(means)), in the compute dtype.

    Args:
        means: what is subtracted, one number in 0..255 per channel of the result, 1 or more.
    """

    def __init__(self, means=(0.0,), **kwargs):
        super().__init__(autocast=False, **kwargs)
        if not means:
            raise ValueError("Expected one mean or more, received none.")
        self.means = [float(mean) for mean in means]

    def build(self, input_shape):
        if input_shape[-1] != 1:
            raise ValueError(f"Expected shape (..., 1), received {input_shape}.")

    def call(self, lightness):
        lightness = ops.cast(lightness, "float32")
        no_color = ops.zeros_like(ops.repeat(lightness, 2, axis=-1))
        level = lab_to_rgb(ops.concatenate([lightness, no_color], axis=-1))[..., :1]
        centered = LEVEL_MAX * level - ops.convert_to_tensor(self.means, "float32")
        return ops.cast(centered, self.compute_dtype)
