"""Resizing of feature maps whose height and width may be unknown until they run.

`keras.ops.image.resize` (and with it `keras.layers.UpSampling2D(interpolation="bilinear")`)
cannot take a size that a `tf.function` learns only when it runs. These layers read the size
from the tensor: nearest pixels are gathered, and bilinear resizing is one small matrix product
along each axis. Pixel centres lie at half integers, so nothing shifts when the size changes.
"""

import keras
from keras import ops

INTERPOLATIONS = ("nearest", "bilinear")


class _Resizing(keras.layers.Layer):
    """Holds the one argument, and the one operation, that the resizing layers share."""

    def __init__(self, interpolation, **kwargs):
        super().__init__(**kwargs)
        if interpolation not in INTERPOLATIONS:
            raise ValueError(
                f"interpolation must be one of {INTERPOLATIONS}; received {interpolation!r}."
            )
        self.interpolation = interpolation

    def _resize(self, x, size, antialias=False):
        if self.interpolation == "nearest":
            return _resize_nearest(x, size)
        return resize_bilinear(x, size, antialias)

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        return {**super().get_config(), "interpolation": self.interpolation}


@keras.saving.register_keras_serializable(package="keras_colorize")
class Upsample2x(_Resizing):
    """Doubles height and width.

    Args:
        interpolation: "nearest" (each pixel becomes four) or "bilinear".
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        x: feature map of shape (N, h, w, C).

    Returns:
        Feature map of shape (N, 2h, 2w, C), in the compute dtype.

    Raises:
        ValueError: if `interpolation` is unknown.
    """

    def __init__(self, interpolation="nearest", **kwargs):
        super().__init__(interpolation, **kwargs)

    def call(self, x):
        """Doubles the size of `x`; see the class."""
        if self.interpolation == "nearest":
            # Repeating is the same as resizing here, and its gradient is a plain sum.
            return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
        height, width = ops.shape(x)[1:3]
        return self._resize(x, (2 * height, 2 * width))

    def compute_output_shape(self, input_shape):
        """Returns the shape with known sizes doubled."""
        batch, height, width, channels = input_shape
        return (batch, height and 2 * height, width and 2 * width, channels)


@keras.saving.register_keras_serializable(package="keras_colorize")
class ResizeLike(_Resizing):
    """Gives a feature map the height and width of another.

    Args:
        interpolation: "bilinear" or "nearest".
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        inputs: a list `[x, reference]` of shapes (N, h, w, C) and (N, H, W, D).

    Returns:
        `x` at the shape (N, H, W, C), in the compute dtype.

    Raises:
        ValueError: if `interpolation` is unknown.
    """

    def __init__(self, interpolation="bilinear", **kwargs):
        super().__init__(interpolation, **kwargs)

    def call(self, inputs):
        """Resizes the first input to the size of the second; see the class."""
        x, reference = inputs
        return self._resize(x, ops.shape(reference)[1:3])

    def compute_output_shape(self, input_shape):
        """Returns the first shape with the height and width of the second."""
        return _shape_like(*input_shape)


@keras.saving.register_keras_serializable(package="keras_colorize")
class CropLike(keras.layers.Layer):
    """Cuts the rows at the bottom and the columns at the right that another map lacks.

    A stride of 2 rounds sizes up, so doubling can overshoot; what is left of the top and left
    edges then still lies over the same pixels.

    Call arguments:
        inputs: a list `[x, reference]` of shapes (N, h, w, C) and (N, H, W, D), h >= H and
            w >= W.

    Returns:
        The top left (N, H, W, C) of `x`, in the compute dtype.
    """

    def call(self, inputs):
        """Crops the first input to the size of the second; see the class."""
        x, reference = inputs
        height, width = ops.shape(reference)[1:3]
        return x[:, :height, :width, :]

    def compute_output_shape(self, input_shape):
        """Returns the first shape with the height and width of the second."""
        return _shape_like(*input_shape)


@keras.saving.register_keras_serializable(package="keras_colorize")
class ResizeTo(_Resizing):
    """Resizes to one fixed height and width.

    Args:
        height: rows of the result, in pixels.
        width: columns of the result, in pixels.
        interpolation: "bilinear" or "nearest".
        antialias: whether "bilinear" averages over all that a smaller result covers, instead
            of the four nearest pixels only. A large photograph needs it.
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        x: feature map of shape (N, h, w, C).

    Returns:
        Feature map of shape (N, height, width, C), in the compute dtype.

    Raises:
        ValueError: if a size is not positive or `interpolation` is unknown.
    """

    def __init__(self, height, width, interpolation="bilinear", antialias=False, **kwargs):
        super().__init__(interpolation, **kwargs)
        if height < 1 or width < 1:
            raise ValueError(
                f"height and width must be positive; received height={height}, width={width}."
            )
        self.height = height
        self.width = width
        self.antialias = antialias

    def call(self, x):
        """Resizes `x`; see the class."""
        return self._resize(x, (self.height, self.width), self.antialias)

    def compute_output_shape(self, input_shape):
        """Returns the shape with the fixed height and width."""
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        return {
            **super().get_config(),
            "height": self.height,
            "width": self.width,
            "antialias": self.antialias,
        }


def _shape_like(shape, reference):
    return (shape[0], *reference[1:3], shape[-1])


def _resize_nearest(x, size):
    height, width = ops.shape(x)[1:3]
    x = ops.take(x, _nearest_index(height, size[0]), axis=1)
    return ops.take(x, _nearest_index(width, size[1]), axis=2)


def _nearest_index(before, after):
    """Returns which of `before` pixels lies under each centre of `after`, without rounding."""
    return ((2 * ops.arange(after, dtype="int32") + 1) * before) // (2 * after)


def resize_bilinear(x, size, antialias=False):
    """Resizes bilinearly, also where sizes are known only when it runs.

    Args:
        x: tensor (N, h, w, C).
        size: height and width, integers or scalar tensors.
        antialias: see `ResizeTo`.

    Returns:
        Tensor (N, *size, C), of the same type.
    """
    batch, height, width, channels = ops.shape(x)
    rows = ops.cast(_bilinear_weights(height, size[0], antialias), x.dtype)
    columns = ops.cast(_bilinear_weights(width, size[1], antialias), x.dtype)
    x = ops.matmul(rows, ops.reshape(x, (batch, height, width * channels)))
    return ops.matmul(columns, ops.reshape(x, (batch, size[0], width, channels)))


def _bilinear_weights(before, after, antialias):
    """Returns the (after, before) matrix that interpolates a line of pixels."""
    ratio = ops.cast(before, "float32") / ops.cast(after, "float32")
    spread = ops.maximum(ratio, 1.0) if antialias else 1.0
    centers = (ops.arange(after, dtype="float32") + 0.5) * ratio - 0.5
    distance = ops.abs(centers[:, None] - ops.arange(before, dtype="float32"))
    weights = ops.maximum(1.0 - distance / spread, 0.0)
    # Beyond the outermost centres the border repeats: its weight is scaled up to 1.
    return weights / ops.sum(weights, axis=1, keepdims=True)
