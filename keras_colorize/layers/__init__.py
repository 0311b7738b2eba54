"""Layers that Keras does not have, for every backend and every image size."""

from .fusion import GlobalLocalFusion
from .mean_field import MeanField, compatible, contrast_weights, mean_field
from .normalization import BatchStatisticsNormalization, GreyLevels, PermanentDropout, SpectralNorm
from .resizing import (
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
