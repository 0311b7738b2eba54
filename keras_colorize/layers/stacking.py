"""Two heads as one output."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class StackChannels(keras.layers.Layer):
    """Stacks the logits of channels that are binned apart.

    Call it with a list of C tensors (N, H, W, K); returns a tensor (N, H, W, C, K).
    """

    def call(self, inputs):
        """Stacks, see the class."""
        return ops.stack(inputs, axis=-2)

    def compute_output_shape(self, input_shape):
        """Shape of the output."""
        *shape, bins = input_shape[0]
        return (*shape, len(input_shape), bins)
