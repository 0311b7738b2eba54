"""Metrics that Keras and scikit-image do not have.

Classes are what trainers watch; what is measured of finished pictures is in
`keras_colorize.evaluation`, with PSNR, SSIM and CIEDE2000 by scikit-image.
"""

from keras_colorize.metrics.evenness import blotchiness, chroma_flicker, hue_patchiness
from keras_colorize.metrics.nearness import (
    AbError,
    BinAccuracy,
    SceneTopK,
    ab_error,
    bin_accuracy,
)
from keras_colorize.metrics.vividness import Colorfulness, Diversity, colorfulness, diversity

__all__ = [
    "AbError",
    "BinAccuracy",
    "Colorfulness",
    "Diversity",
    "SceneTopK",
    "ab_error",
    "bin_accuracy",
    "blotchiness",
    "chroma_flicker",
    "colorfulness",
    "diversity",
    "hue_patchiness",
]
