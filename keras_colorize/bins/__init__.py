"""Numbers to classes and back: the in-gamut bins of ab, their priors, and decoding."""

from .ab_bins import (
    ab_centers,
    bin_count,
    hard_encode_ab,
    rebalancing_weights,
    smooth_prior,
    soft_encode_ab,
)
from .decoders import ANNEALED_TEMPERATURE, decode_ab, decode_channels
from .uniform import (
    AB_BINS,
    CHANNEL_BINS,
    CHANNEL_SPACES,
    HS_BINS,
    LUV_UV_BINS,
    UniformBins,
    ab_marginals,
)

UNLABELED = -1
"""Label of a picture that belongs to no known class."""

__all__ = [
    "AB_BINS",
    "ANNEALED_TEMPERATURE",
    "CHANNEL_BINS",
    "CHANNEL_SPACES",
    "HS_BINS",
    "LUV_UV_BINS",
    "UNLABELED",
    "UniformBins",
    "ab_centers",
    "ab_marginals",
    "bin_count",
    "decode_ab",
    "decode_channels",
    "hard_encode_ab",
    "rebalancing_weights",
    "smooth_prior",
    "soft_encode_ab",
]
