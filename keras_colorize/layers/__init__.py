"""Registered Keras layers, for every backend and every image size."""

from keras_colorize.layers.fusion import GlobalLocalFusion
from keras_colorize.layers.grey import GreyLevels
from keras_colorize.layers.mean_field import MeanField, mean_field
from keras_colorize.layers.noise import PermanentDropout
from keras_colorize.layers.normalization import BatchStatisticsNormalization
from keras_colorize.layers.padding import PadToAtLeast
from keras_colorize.layers.potentials import compatible, contrast_weights, evidence_lower_bound
from keras_colorize.layers.resizing import CropLike, ResizeLike, ResizeTo, Upsample2x
from keras_colorize.layers.scaling import RepeatChannels, ScaleLightness
from keras_colorize.layers.smoothing import GaussianSmoothing
from keras_colorize.layers.spectral import SpectralNorm
from keras_colorize.layers.stacking import StackChannels

__all__ = [
    "BatchStatisticsNormalization",
    "CropLike",
    "GaussianSmoothing",
    "GlobalLocalFusion",
    "GreyLevels",
    "MeanField",
    "PadToAtLeast",
    "PermanentDropout",
    "RepeatChannels",
    "ResizeLike",
    "ResizeTo",
    "ScaleLightness",
    "SpectralNorm",
    "StackChannels",
    "Upsample2x",
    "compatible",
    "contrast_weights",
    "evidence_lower_bound",
    "mean_field",
]
