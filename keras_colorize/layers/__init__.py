"""Layers that Keras does not have, for every backend and every image size."""

from keras_colorize.layers.fusion import GlobalLocalFusion
from keras_colorize.layers.lightness import GreyLevels
from keras_colorize.layers.mean_field import (
    MeanField,
    compatible,
    contrast_weights,
    mean_field,
)
from keras_colorize.layers.normalization import (
    BatchStatisticsNormalization,
    PermanentDropout,
    SpectralNorm,
)
from keras_colorize.layers.resizing import (
    CropLike,
    GaussianSmoothing,
    PadToAtLeast,
    ResizeLike,
    ResizeTo,
    StackChannels,
    Upsample2x,
)

__all__ = [
    "BatchStatisticsNormalization",
    "CropLike",
    "GaussianSmoothing",
    "GlobalLocalFusion",
    "GreyLevels",
    "MeanField",
    "PadToAtLeast",
    "PermanentDropout",
    "ResizeLike",
    "ResizeTo",
    "SpectralNorm",
    "StackChannels",
    "Upsample2x",
    "compatible",
    "contrast_weights",
    "mean_field",
]
