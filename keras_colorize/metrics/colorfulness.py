"""How colorful a picture is (Hasler & Suesstrunk 2003)."""

import keras
from keras import ops


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
class Colorfulness(keras.metrics.Mean):
    """Mean `colorfulness` of the predicted pictures; the true ones are not looked at."""

    def __init__(self, name="colorfulness", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch of predicted rgb, see `colorfulness`."""
        return super().update_state(colorfulness(y_pred), sample_weight=sample_weight)
