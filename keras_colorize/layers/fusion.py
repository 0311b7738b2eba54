"""The fusion layer of Iizuka, Simo-Serra and Ishikawa 2016, section 3.2.4."""

import keras
from keras import ops

from keras_colorize.errors import expect


@keras.saving.register_keras_serializable(package="keras_colorize")
class GlobalLocalFusion(keras.layers.Layer):
    """Fuses the features of the whole picture with those of each place.

    Equation 5: `y(u, v) = activation(b + W [y_global; y_local(u, v)])`. The global vector is
    multiplied once per picture and never tiled. The activation, a name or function, is applied
    last; None is a linear layer. For batch normalization ask for `activation=None, use_bias=False`
    and normalize afterwards, as `iizuka16` does.

    Takes a list `[local, global_features]` of shapes (N, h, w, C) and (N, G), else ValueError;
    returns (N, h, w, units), 1 or more, in the compute dtype.
    """

    def __init__(self, units, activation="relu", use_bias=True, **kwargs):
        super().__init__(**kwargs)
        expect(units >= 1, f"units of 1 or more, received {units}")
        self.units = units
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias

    def build(self, input_shape):
        ranks = [len(shape) for shape in input_shape if isinstance(shape, list | tuple)]
        channels = [shape[-1] for shape in input_shape] if ranks == [4, 2] else [None]
        expected = "[local, global_features] of shapes (N, h, w, C) and (N, G), C and G known"
        expect(None not in channels, f"{expected}, received shapes {input_shape}")
        self._global_channels = channels[1]
        self.kernel = self.add_weight(name="kernel", shape=(sum(channels), self.units))
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        local, global_features = inputs
        kernel = ops.convert_to_tensor(self.kernel)
        from_global = ops.matmul(global_features, kernel[: self._global_channels])
        if self.use_bias:
            from_global = from_global + self.bias
        from_local = ops.matmul(local, kernel[self._global_channels :])
        return self.activation(from_local + from_global[:, None, None, :])

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
        }
