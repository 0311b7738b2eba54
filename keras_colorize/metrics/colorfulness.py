"""How colorful a picture is (Hasler & Suesstrunk 2003)."""

import keras
from keras import ops

from keras_colorize.metrics.means import PictureMean


def colorfulness(rgb):
    """Colorfulness of pictures: spread and mean of two opponent colors, in their signed form.

    Args:
        rgb: tensor (..., H, W, 3), sRGB in [0, 1].

    Returns:
        float32 tensor (...): 0 for grey, about 40 for an ordinary photograph; the scale is that
        of 8-bit values, as published.
    """
    rgb = 255.0 * ops.cast(rgb, "float32")
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    opponents = (red - green, 0.5 * (red + green) - blue)
    spread = sum(ops.var(plane, axis=(-2, -1)) for plane in opponents)
    offset = sum(ops.square(ops.mean(plane, axis=(-2, -1))) for plane in opponents)
    return ops.sqrt(spread) + 0.3 * ops.sqrt(offset)


@keras.saving.register_keras_serializable(package="keras_colorize")
class Colorfulness(PictureMean):
    """Mean `colorfulness` of the predicted pictures; the true ones are not looked at."""

    def __init__(self, name="colorfulness", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """Value of each picture, see `colorfulness`."""
        return colorfulness(y_pred)


@keras.saving.register_keras_serializable(package="keras_colorize")
def colorfulness_difference(y_true, y_pred):
    """Absolute difference of the `colorfulness` of two pictures.

    Args:
        y_true: tensor (..., H, W, 3), sRGB in [0, 1].
        y_pred: tensor of the same shape.

    Returns:
        float32 tensor (...).
    """
    return ops.abs(colorfulness(y_pred) - colorfulness(y_true))


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorfulnessDifference(PictureMean):
    """Difference in colorfulness, in either of the two conventions that papers have.

    Args:
        of_means: False for the mean over pictures of `colorfulness_difference`; True for the
            absolute difference of the two mean colorfulnesses, where what is too vivid here
            makes up for what is too dull there.
        name: name of the metric.
        dtype: type of the result.
    """

    def __init__(self, of_means=False, name="colorfulness_difference", dtype="float32"):
        super().__init__(name=name, dtype=dtype)
        self.of_means = of_means

    def values(self, y_true, y_pred):
        """Value of each picture: signed where the means are compared."""
        if self.of_means:
            return colorfulness(y_pred) - colorfulness(y_true)
        return colorfulness_difference(y_true, y_pred)

    def result(self):
        """Difference over the pictures seen."""
        return ops.abs(super().result())

    def get_config(self):
        """Arguments to build this metric again."""
        return {**super().get_config(), "of_means": self.of_means}
