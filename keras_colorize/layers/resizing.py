"""Sizes of feature maps whose height and width may be unknown until they run.

`keras.ops.image.resize` cannot take a size that a `tf.function` learns only when it runs; here
bilinear resizing is one small matrix product along each axis, with pixel centers at half integers.
"""

import keras
import numpy as np
from keras import ops

from keras_colorize.errors import expect


@keras.saving.register_keras_serializable(package="keras_colorize")
class Upsample2x(keras.layers.Layer):
    """Doubles a feature map (N, h, w, C) bilinearly to (N, 2h, 2w, C), in the compute dtype."""

    def call(self, x):
        height, width = ops.shape(x)[1:3]
        return resize_bilinear(x, (2 * height, 2 * width))


@keras.saving.register_keras_serializable(package="keras_colorize")
class ResizeLike(keras.layers.Layer):
    """Gives a feature map the height and width of another, bilinearly.

    Takes a list `[x, reference]` of shapes (N, h, w, C) and (N, H, W, D); returns (N, H, W, C) in
    the compute dtype.
    """

    def call(self, inputs):
        x, reference = inputs
        return resize_bilinear(x, ops.shape(reference)[1:3])


@keras.saving.register_keras_serializable(package="keras_colorize")
class ResizeTo(keras.layers.Layer):
    """Resizes bilinearly to one fixed height and width, each 1 or more, else ValueError.

    Takes a feature map (N, h, w, C); returns (N, height, width, C) in the compute dtype. With
    `antialias` a smaller result averages over all that it covers, which a large photograph needs,
    without over the four nearest pixels only.
    """

    def __init__(self, height, width, antialias=False, **kwargs):
        super().__init__(**kwargs)
        expect(min(height, width) >= 1, f"a size of 1 or more, received {height=}, {width=}")
        self.height, self.width, self.antialias = height, width, antialias

    def call(self, x):
        return resize_bilinear(x, (self.height, self.width), self.antialias)


def resize_bilinear(x, size, antialias=False):
    """Bilinearly resized (N, h, w, C), of the same type; `size` may hold scalar tensors."""
    batch, height, width, channels = ops.shape(x)
    rows = ops.cast(bilinear_weights(height, size[0], antialias), x.dtype)
    columns = ops.cast(bilinear_weights(width, size[1], antialias), x.dtype)
    x = ops.matmul(rows, ops.reshape(x, (batch, height, width * channels)))
    return ops.matmul(columns, ops.reshape(x, (batch, size[0], width, channels)))


def bilinear_weights(before, after, antialias=False):
    """Matrix (after, before) that interpolates a line of pixels."""
    ratio = ops.cast(before, "float32") / ops.cast(after, "float32")
    spread = ops.maximum(ratio, 1.0) if antialias else 1.0
    centers = (ops.arange(after, dtype="float32") + 0.5) * ratio - 0.5
    distance = ops.abs(centers[:, None] - ops.arange(before, dtype="float32"))
    weights = ops.maximum(1.0 - distance / spread, 0.0)
    # Beyond the outermost centers the border repeats: its weight is scaled up to 1.
    return weights / ops.sum(weights, axis=1, keepdims=True)


@keras.saving.register_keras_serializable(package="keras_colorize")
class CropLike(keras.layers.Layer):
    """Cuts a feature map at the bottom and right to the size of another.

    Takes a list `[x, reference]` of shapes (N, h, w, C) and (N, H, W, D), h >= H and w >= W; gives
    the top left (N, H, W, C) in the compute dtype.
    """

    def call(self, inputs):
        x, reference = inputs
        height, width = ops.shape(reference)[1:3]
        return x[:, :height, :width, :]


@keras.saving.register_keras_serializable(package="keras_colorize")
class PadToAtLeast(keras.layers.Layer):
    """Adds zeros at the bottom and right of maps that are too small for a kernel.

    Takes (N, h, w, C); returns (N, max(h, size), max(w, size), C) in the compute dtype. The size
    is 1 or more, else ValueError.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        expect(size >= 1, f"a size of 1 or more, received {size}")
        self.size = size

    def call(self, x):
        height, width = (
            max(length, self.size) if isinstance(length, int) else ops.maximum(length, self.size)
            for length in ops.shape(x)[1:3]
        )
        # By as much as the smallest map needs, then cut: the need of a map may be unknown yet.
        missing = (0, self.size - 1)
        return ops.pad(x, ((0, 0), missing, missing, (0, 0)))[:, :height, :width, :]

    def compute_output_shape(self, input_shape):
        batch, *lengths, channels = input_shape
        return (batch, *(n and max(n, self.size) for n in lengths), channels)


@keras.saving.register_keras_serializable(package="keras_colorize")
class GaussianSmoothing(keras.layers.Layer):
    """Smooths each channel by a Gaussian over height and width, of sigma pixels above 0.

    Takes (N, H, W, C), C known; returns the same shape in the compute dtype. Mirrored at the
    border and cut off at four sigma, as SciPy's `gaussian_filter(mode="reflect")`.
    """

    def __init__(self, sigma, **kwargs):
        super().__init__(**kwargs)
        expect(sigma > 0, f"sigma above 0, received {sigma}")
        self.sigma = sigma

    def call(self, x):
        radius = int(4.0 * self.sigma + 0.5)
        weights = np.exp(-0.5 * np.square(np.arange(-radius, radius + 1) / self.sigma))
        weights /= weights.sum()
        for axis, shape in ((1, (-1, 1, 1, 1)), (2, (1, -1, 1, 1))):
            kernel = ops.repeat(ops.cast(weights.reshape(shape), x.dtype), x.shape[-1], axis=2)
            # The mirror image at both ends repeats as often as needed.
            size = ops.shape(x)[axis]
            place = ops.arange(-radius, size + radius, dtype="int32")
            # Mirrored before the remainder is taken: tf2onnx gets that of negative numbers wrong.
            place = ops.mod(ops.maximum(place, -1 - place), 2 * size)
            x = ops.take(x, ops.minimum(place, 2 * size - 1 - place), axis=axis)
            x = ops.depthwise_conv(x, kernel)
        return x


@keras.saving.register_keras_serializable(package="keras_colorize")
class StackChannels(keras.layers.Layer):
    """Stacks a list of C logits (N, H, W, K) of channels binned apart to (N, H, W, C, K)."""

    def call(self, inputs):
        return ops.stack(inputs, axis=-2)
