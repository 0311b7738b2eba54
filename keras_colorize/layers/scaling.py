"""What turns lightness into the input of a network."""

import keras
from keras import ops

LIGHTNESS_MAX = 100.0


@keras.saving.register_keras_serializable(package="keras_colorize")
class ScaleLightness(keras.layers.Layer):
    """Maps CIE lightness L* from 0..100 linearly to [low, high].

    The arithmetic is float32 under every policy: bfloat16 would round L* to half units before
    it is centred. Only the result has the compute dtype.

    Args:
        low: value of black, L* = 0.
        high: value of white, L* = 100.
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        lightness: L* in 0..100, any shape.

    Returns:
        Lightness in [low, high], same shape, in the compute dtype.

    Raises:
        ValueError: if `low` equals `high`.
    """

    def __init__(self, low=0.0, high=1.0, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if low == high:
            raise ValueError(f"low and high must differ; received low=high={low}.")
        self.low = low
        self.high = high

    def call(self, lightness):
        """Scales `lightness`; see the class."""
        lightness = ops.cast(lightness, "float32")
        scaled = self.low + lightness * ((self.high - self.low) / LIGHTNESS_MAX)
        return ops.cast(scaled, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Returns the shape unchanged."""
        return input_shape

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        return {**super().get_config(), "low": self.low, "high": self.high}


@keras.saving.register_keras_serializable(package="keras_colorize")
class RepeatChannels(keras.layers.Layer):
    """Repeats the one channel of a grey picture, for an encoder that was made for colour.

    Args:
        channels: number of equal channels in the result.
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        x: shape (..., 1).

    Returns:
        Shape (..., channels), in the compute dtype.

    Raises:
        ValueError: if `channels` is not positive or the input has not one channel.
    """

    def __init__(self, channels=3, **kwargs):
        super().__init__(**kwargs)
        if channels < 1:
            raise ValueError(f"channels must be positive; received channels={channels}.")
        self.channels = channels

    def build(self, input_shape):
        """Checks that there is one channel to repeat."""
        if input_shape[-1] != 1:
            raise ValueError(f"RepeatChannels expects shape (..., 1); received {input_shape}.")
        self.built = True

    def call(self, x):
        """Repeats the last axis of `x`; see the class."""
        return ops.repeat(x, self.channels, axis=-1)

    def compute_output_shape(self, input_shape):
        """Returns the shape with `channels` channels."""
        return (*input_shape[:-1], self.channels)

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        return {**super().get_config(), "channels": self.channels}
