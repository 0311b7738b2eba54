"""Numbers to classes and back: the in-gamut bins of ab, their priors, and decoding."""

from keras_colorize.bins.decoding import ANNEALED_TEMPERATURE, DECODERS, decode_ab
from keras_colorize.bins.gamut import (
    ab_centers,
    bin_count,
    hard_encode_ab,
    soft_encode_ab,
    squared_distances,
)
from keras_colorize.bins.rebalancing import rebalancing_weights, smooth_prior

__all__ = [
    "ANNEALED_TEMPERATURE",
    "DECODERS",
    "ab_centers",
    "bin_count",
    "decode_ab",
    "hard_encode_ab",
    "rebalancing_weights",
    "smooth_prior",
    "soft_encode_ab",
    "squared_distances",
]
