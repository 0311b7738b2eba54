"""How alike two pictures are: signal-to-noise ratio and structural similarity."""

import keras
import numpy as np
from keras import ops

from keras_colorize.metrics.means import PictureMean

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2


@keras.saving.register_keras_serializable(package="keras_colorize")
def psnr(y_true, y_pred):
    """Peak signal-to-noise ratio in dB, per picture.

    Args:
        y_true: tensor (..., H, W, C) in [0, 1], such as sRGB.
        y_pred: tensor of the same shape.

    Returns:
        float32 tensor (...); infinite where nothing differs.
    """
    difference = ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
    return -10.0 * ops.log10(ops.mean(ops.square(difference), axis=(-3, -2, -1)))


@keras.saving.register_keras_serializable(package="keras_colorize")
class Psnr(PictureMean):
    """Mean of `psnr` over pictures; infinite as soon as one is."""

    def __init__(self, name="psnr", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """Value of each picture, see `psnr`."""
        return psnr(y_true, y_pred)


@keras.saving.register_keras_serializable(package="keras_colorize")
def ssim(y_true, y_pred):
    """Structural similarity, per picture, mean over the channels.

    Wang, Bovik, Sheikh, Simoncelli 2004: a Gaussian window of 11 pixels with sigma 1.5, at the
    positions where it lies inside the picture. Pictures of fewer pixels a side get the largest
    odd window that fits.

    Args:
        y_true: tensor (N, H, W, C) in [0, 1], such as sRGB.
        y_pred: tensor of the same shape.

    Returns:
        float32 tensor (N,), 1 where nothing differs.
    """
    x, y = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
    products = [x, y, ops.square(x), ops.square(y), x * y]
    blurred = _blur(ops.concatenate(products, axis=-1))
    mean_x, mean_y, square_x, square_y, both = ops.split(blurred, 5, axis=-1)
    variance_x, variance_y = square_x - ops.square(mean_x), square_y - ops.square(mean_y)
    covariance = both - mean_x * mean_y
    luminance = (2.0 * mean_x * mean_y + _C1) / (ops.square(mean_x) + ops.square(mean_y) + _C1)
    structure = (2.0 * covariance + _C2) / (variance_x + variance_y + _C2)
    return ops.mean(luminance * structure, axis=(1, 2, 3))


@keras.saving.register_keras_serializable(package="keras_colorize")
class Ssim(PictureMean):
    """Mean of `ssim` over pictures."""

    def __init__(self, name="ssim", dtype="float32"):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """Value of each picture, see `ssim`."""
        return ssim(y_true, y_pred)


def _blur(maps):
    kernel = np.repeat(_gaussian(maps.shape[1:3])[:, None, None, None], maps.shape[-1], axis=2)
    for axes in ((0, 1, 2, 3), (1, 0, 2, 3)):
        maps = ops.depthwise_conv(maps, kernel.transpose(axes), padding="valid")
    return maps


def _gaussian(sides):
    # A side that is not known while a graph is traced is taken to be long enough.
    side = min([_WINDOW, *(size - 1 + size % 2 for size in sides if size is not None)])
    weights = np.exp(-0.5 * ((np.arange(side) - side // 2) / _SIGMA) ** 2)
    return (weights / weights.sum()).astype("float32")
