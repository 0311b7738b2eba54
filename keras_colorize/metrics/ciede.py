"""The color difference CIEDE2000."""

import math

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.means import PixelMean


def ciede2000(lab_true, lab_pred):
    """CIEDE2000 difference per pixel, with all parametric factors 1.

    Sharma, Wu, Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes,
    supplementary test data, and mathematical observations"; numbers in brackets are equations.

    Args:
        lab_true: tensor (..., 3), L*a*b*.
        lab_pred: tensor of the same shape; the difference is symmetric.

    Returns:
        float32 tensor (...); about 1 is just noticeable.
    """
    first, second = ops.cast(lab_true, "float32"), ops.cast(lab_pred, "float32")
    stretch = _stretch(first, second)
    chroma_1, hue_1 = _polar(first, stretch)
    chroma_2, hue_2 = _polar(second, stretch)
    hue_step, hue = _hues(chroma_1 * chroma_2, hue_1, hue_2)
    lightness = 0.5 * (first[..., 0] + second[..., 0])
    chroma = 0.5 * (chroma_1 + chroma_2)
    return _difference(
        second[..., 0] - first[..., 0],
        chroma_2 - chroma_1,
        2.0 * ops.sqrt(chroma_1 * chroma_2) * ops.sin(0.5 * hue_step),  # (11)
        lightness,
        chroma,
        hue,
    )


@keras.saving.register_keras_serializable(package="keras_colorize")
class Ciede2000(PixelMean):
    """Mean of `ciede2000` over pixels of sRGB pictures (N, H, W, 3) in [0, 1]."""

    def __init__(self, name="ciede2000", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """Value of each pixel, see `ciede2000`."""
        return ciede2000(rgb_to_lab(y_true), rgb_to_lab(y_pred))


def _stretch(first, second):
    """Factor on a that makes greys rounder, (2) to (5)."""
    mean = 0.5 * sum(
        ops.sqrt(ops.sum(ops.square(lab[..., 1:]), axis=-1)) for lab in (first, second)
    )
    return 1.5 - 0.5 * ops.sqrt(_saturating(mean))


def _saturating(chroma):
    power = ops.power(chroma / 25.0, 7.0)
    return power / (power + 1.0)


def _polar(lab, stretch):
    """Chroma and hue angle in degrees, 0..360, (6) and (7)."""
    a, b = stretch * lab[..., 1], lab[..., 2]
    angle = ops.arctan2(b, a) * (180.0 / math.pi)
    return ops.sqrt(ops.square(a) + ops.square(b)), ops.where(angle < 0.0, angle + 360.0, angle)


def _hues(product, hue_1, hue_2):
    """Difference of the hues in radians and their mean in degrees, (10) and (14)."""
    step, total = hue_2 - hue_1, hue_1 + hue_2
    # The formula jumps where hues are opposite; they are meant to be so within rounding, too.
    far = ops.abs(step) > 180.0 + 1e-4
    wrapped = ops.where(far, step - 360.0 * ops.sign(step), step)
    around = ops.where(total < 360.0, total + 360.0, total - 360.0)
    mean = 0.5 * ops.where(far, around, total)
    grey = ops.equal(product, 0.0)
    step = ops.where(grey, 0.0, wrapped) * (math.pi / 180.0)
    return step, ops.where(grey, total, mean)


def _difference(lightness_step, chroma_step, hue_step, lightness, chroma, hue):
    """Weights the three steps and adds them up, (15) to (22)."""
    offset = ops.square(lightness - 50.0)
    lightness_step = lightness_step / (1.0 + 0.015 * offset / ops.sqrt(20.0 + offset))
    chroma_step = chroma_step / (1.0 + 0.045 * chroma)
    hue_step = hue_step / (1.0 + 0.015 * chroma * _hue_weight(hue))
    total = ops.square(lightness_step) + ops.square(chroma_step) + ops.square(hue_step)
    total = total + _rotation(chroma, hue) * chroma_step * hue_step
    return ops.sqrt(ops.maximum(total, 0.0))


def _hue_weight(hue):
    return (
        1.0
        - 0.17 * _cosine(hue - 30.0)
        + 0.24 * _cosine(2.0 * hue)
        + 0.32 * _cosine(3.0 * hue + 6.0)
        - 0.20 * _cosine(4.0 * hue - 63.0)
    )


def _rotation(chroma, hue):
    """Interaction of chroma and hue in the blues, (16), (17) and (21)."""
    angle = 30.0 * ops.exp(-ops.square((hue - 275.0) / 25.0))
    return -2.0 * ops.sqrt(_saturating(chroma)) * ops.sin(2.0 * angle * (math.pi / 180.0))


def _cosine(degrees):
    return ops.cos(degrees * (math.pi / 180.0))
