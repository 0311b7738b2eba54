"""Spectral normalisation (Miyato et al. 2018, "Spectral Normalization for GANs").

A layer's kernel is divided by its largest singular value sigma, so that the layer stretches no
input by more than its length. `keras.layers.SpectralNormalization` differs from the paper: it
overwrites the kernel, passes no gradient through sigma, and takes the wrong axis of a
transposed convolution.
"""

import keras
from keras import layers, ops

# Axes of the kernel that put its output channels last.
_OUTPUT_LAST = {
    layers.Dense: (0, 1),
    layers.Conv2D: (0, 1, 2, 3),
    layers.Conv2DTranspose: (0, 1, 3, 2),
}
# Keeps a kernel of zeros as it is.
_SMALLEST = 1e-12


@keras.saving.register_keras_serializable(package="keras_colorize")
class SpectralNorm(keras.layers.Wrapper):
    """Applies a layer with its kernel divided by the kernel's largest singular value.

    The kernel is the matrix of section 2.1: one column per output channel, one row per weight
    of it. sigma = u'Wv, where the power iteration (algorithm 1 of the paper) improves u by
    `power_iterations` rounds in each call in training, and leaves it alone in inference. u and v
    count as constants, so that the gradient is that of W / sigma (eq. 9 there): the optimizer
    trains the kernel as it is stored, which is never overwritten.

    sigma is float32 under every policy; the layer itself keeps its own precision.

    Args:
        layer: a `Dense`, `Conv2D` or `Conv2DTranspose`; the wrapper has its name.
        power_iterations: rounds per call in training, at least 1.
        **kwargs: passed to `keras.layers.Wrapper`.

    Call arguments:
        x: what the layer takes.
        training: whether u is improved.

    Returns:
        What the layer returns.

    Raises:
        ValueError: for another kind of layer, or less than one round.
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        if type(layer) not in _OUTPUT_LAST:
            raise ValueError(
                f"SpectralNorm expects a layer among {[kind.__name__ for kind in _OUTPUT_LAST]}; "
                f"received {type(layer).__name__}."
            )
        if power_iterations < 1:
            raise ValueError(f"power_iterations must be at least 1; received {power_iterations}.")
        # The wrapper computes in float32 and hands its input on as it is.
        options = {"name": layer.name, **kwargs, "dtype": "float32", "autocast": False}
        super().__init__(layer, **options)
        self.power_iterations = power_iterations

    def build(self, input_shape):
        """Makes the layer's weights, and u."""
        super().build(input_shape)
        # Every replica comes to the same u, so that any of them will do.
        self.u = self.add_weight(
            shape=(self._matrix().shape[1],),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            aggregation="only_first_replica",
            name="u",
        )

    def call(self, x, training=False):
        """Applies the layer to `x`; see the class."""
        kernel = self.layer.kernel / ops.maximum(self._sigma(training), _SMALLEST)
        # All of the layer's variables: a scope around this one, as JAX has, is not seen within.
        values = [
            (variable, kernel if variable is self.layer.kernel else variable.value)
            for variable in self.layer.variables
        ]
        with keras.StatelessScope(values, initialize_variables=False):
            return self.layer(x)

    def _matrix(self):
        kernel = ops.convert_to_tensor(self.layer.kernel)
        kernel = ops.transpose(kernel, _OUTPUT_LAST[type(self.layer)])
        return ops.reshape(kernel, (-1, kernel.shape[-1]))

    def _sigma(self, training):
        matrix = self._matrix()
        constant = ops.stop_gradient(matrix)
        u = ops.convert_to_tensor(self.u)
        if training:
            for _ in range(self.power_iterations):
                u = _unit(ops.matmul(_unit(ops.matmul(constant, u)), constant))
            self.u.assign(u)
        u = ops.stop_gradient(u)
        v = ops.stop_gradient(_unit(ops.matmul(constant, u)))
        return ops.sum(v * ops.matmul(matrix, u))

    def compute_output_shape(self, input_shape):
        """Returns the shape that the layer returns."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _unit(vector):
    return ops.normalize(vector, axis=-1, epsilon=_SMALLEST)
