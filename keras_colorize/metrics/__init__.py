"""Metrics: a function and a `keras.metrics.Metric` each.

After `import keras_colorize` Keras knows all by name:
`keras.metrics.get({"class_name": "keras_colorize>AbError", "config": {}})`.
"""

from keras_colorize.metrics.accuracy import BinAccuracy, bin_accuracy
from keras_colorize.metrics.blotches import Blotchiness, blotchiness
from keras_colorize.metrics.ciede import Ciede2000, ciede2000
from keras_colorize.metrics.color import (
    AbError,
    AbMeanSquaredError,
    LuvUvSquaredError,
    ab_error,
    ab_mean_squared_error,
    luv_uv_squared_error,
)
from keras_colorize.metrics.colorfulness import (
    Colorfulness,
    ColorfulnessDifference,
    colorfulness,
    colorfulness_difference,
)
from keras_colorize.metrics.curve import AreaUnderCurve, area_under_curve
from keras_colorize.metrics.diversity import Diversity, diversity
from keras_colorize.metrics.flicker import chroma_flicker
from keras_colorize.metrics.saturation import SaturationDifference, saturation_difference
from keras_colorize.metrics.scenes import SceneTopK, scene_top_k
from keras_colorize.metrics.similarity import Psnr, Ssim, psnr, ssim

__all__ = [
    "AbError",
    "AbMeanSquaredError",
    "AreaUnderCurve",
    "BinAccuracy",
    "Blotchiness",
    "Ciede2000",
    "Colorfulness",
    "ColorfulnessDifference",
    "Diversity",
    "LuvUvSquaredError",
    "Psnr",
    "SaturationDifference",
    "SceneTopK",
    "Ssim",
    "ab_error",
    "ab_mean_squared_error",
    "area_under_curve",
    "bin_accuracy",
    "blotchiness",
    "chroma_flicker",
    "ciede2000",
    "colorfulness",
    "colorfulness_difference",
    "diversity",
    "luv_uv_squared_error",
    "psnr",
    "saturation_difference",
    "scene_top_k",
    "ssim",
]
