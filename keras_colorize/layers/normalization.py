"""What networks need beyond Keras: norms and dropout of a GAN, and the levels of a gray photograph.

Isola et al. 2017 ("pix2pix", section 3.3) use both at test time, too; Miyato et al. 2018
("Spectral Normalization for GANs") bound the discriminator.
"""

import keras
from keras import layers, ops

from keras_colorize.color import lab_to_rgb
from keras_colorize.errors import expect

LEVEL_MAX = 255.0
# Axes of the kernel that put its output channels last.
_OUTPUT_LAST = {
    layers.Dense: (0, 1),
    layers.Conv2D: (0, 1, 2, 3),
    layers.Conv2DTranspose: (0, 1, 3, 2),
}
# Keeps a kernel of zeros as it is.
_SMALLEST = 1e-12


@keras.saving.register_keras_serializable(package="keras_colorize")
class PermanentDropout(keras.layers.Dropout):
    """Drops in inference as in training, where `predict` overrules a call with `training=True`."""

    def call(self, x, training=False):
        return super().call(x, training=True)


@keras.saving.register_keras_serializable(package="keras_colorize")
class BatchStatisticsNormalization(keras.layers.BatchNormalization):
    """Normalizes by mean and variance of the batch that it is given, in inference too.

    The result for a picture then depends on the others of its batch. Takes (N, H, W, C); returns
    the same shape in the compute dtype. Training updates the moving statistics. Takes what
    `keras.layers.BatchNormalization` does; any axis but -1 is a ValueError.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        expect(self.axis == -1, f"axis -1, received {self.axis}")

    def call(self, x, training=False):
        if training:
            return super().call(x, training=True)
        x = ops.cast(x, "float32")
        affine = self.beta if self.center else None, self.gamma if self.scale else None
        moments = ops.moments(x, axes=(0, 1, 2))
        x = ops.batch_normalization(x, *moments, -1, *affine, self.epsilon)
        return ops.cast(x, self.compute_dtype)


@keras.saving.register_keras_serializable(package="keras_colorize")
class SpectralNorm(keras.layers.Wrapper):
    """Applies a layer with its kernel divided by the kernel's largest singular value.

    Miyato et al., section 2.1 and algorithm 1. Unlike `keras.layers.SpectralNormalization`, it
    never overwrites the kernel, passes the gradient of W / sigma (eq. 9), and takes the right
    axis of a transposed convolution. sigma is float32 under every policy.

    It takes and returns what the layer does, a `Dense`, `Conv2D` or `Conv2DTranspose`, else
    ValueError, and has its name. Each call in training improves the singular vector by one power
    iteration.
    """

    def __init__(self, layer, **kwargs):
        known = f"a layer among {[kind.__name__ for kind in _OUTPUT_LAST]}"
        expect(type(layer) in _OUTPUT_LAST, f"{known}, received {type(layer).__name__}")
        # The wrapper computes in float32 and hands its input on as it is.
        options = {"name": layer.name, **kwargs, "dtype": "float32", "autocast": False}
        super().__init__(layer, **options)

    def build(self, input_shape):
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
            u = _unit(ops.matmul(_unit(ops.matmul(constant, u)), constant))
            self.u.assign(u)
        u = ops.stop_gradient(u)
        v = ops.stop_gradient(_unit(ops.matmul(constant, u)))
        return ops.sum(v * ops.matmul(matrix, u))

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


def _unit(vector):
    return ops.normalize(vector, axis=-1, epsilon=_SMALLEST)


@keras.saving.register_keras_serializable(package="keras_colorize")
class GreyLevels(keras.layers.Layer):
    """Turns L* into the channels of a gray sRGB photograph, each less a mean.

    A gray of lightness L* has the display level 255 x the sRGB curve of its luminance, up to 9
    levels darker than 2.55 L*. It computes in float32 under every policy.

    Takes L* in 0..100, (..., 1), else ValueError; returns levels 0..255 less `means`, one or more,
    one per channel: (..., len(means)), in the compute dtype.
    """

    def __init__(self, means=(0.0,), **kwargs):
        super().__init__(autocast=False, **kwargs)
        expect(means, "one mean or more, received none")
        self.means = [float(mean) for mean in means]

    def build(self, input_shape):
        expect(input_shape[-1] == 1, f"shape (..., 1), received {input_shape}")

    def call(self, lightness):
        lightness = ops.cast(lightness, "float32")
        no_color = ops.zeros_like(ops.repeat(lightness, 2, axis=-1))
        level = lab_to_rgb(ops.concatenate([lightness, no_color], axis=-1))[..., :1]
        centered = LEVEL_MAX * level - ops.convert_to_tensor(self.means, "float32")
        return ops.cast(centered, self.compute_dtype)
