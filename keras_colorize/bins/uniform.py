"""Equal-width bins of one chroma channel, and pictures whose two channels are binned apart.

Hwang & Zhou 2016, section 3.4: 50 of u and of v; Melas-Kyriazi & Han 2017: 25 of a and of b.
"""

import dataclasses

import numpy as np
from keras import ops

from .ab_bins import ab_centers


@dataclasses.dataclass(frozen=True)
class UniformBins:
    """`count` bins of equal width from `low` to `high`; what is outside belongs to the nearest."""

    count: int
    low: float
    high: float

    def __post_init__(self):
        if self.count < 1 or not self.low < self.high:
            raise ValueError(f"Expected bins from a low to a higher edge, received {self}.")

    @property
    def step(self):
        """Width of a bin."""
        return (self.high - self.low) / self.count

    def centers(self):
        """Centers of the bins, float32 NumPy array (count,)."""
        return (self.low + self.step * (np.arange(self.count) + 0.5)).astype("float32")

    def encode(self, x):
        """Index of the bin that holds each value: tensor (...) to int32 tensor (...).

        What lies within 1/400 of a bin at an edge is above it, as u and v of grays are.
        """
        position = (ops.cast(x, "float32") - self.low) / self.step
        position = ops.floor(ops.round(200.0 * position) / 200.0)
        return ops.cast(ops.clip(position, 0, self.count - 1), "int32")

    def soft_encode(self, x):
        """Shares of the two nearest bins, float32 (..., count), whose mean is the value (...)."""
        centers = self.centers()
        x = ops.clip(ops.cast(x, "float32"), centers[0], centers[-1])
        return ops.relu(1.0 - ops.abs(ops.expand_dims(x, -1) - centers) / self.step)


LUV_UV_BINS = UniformBins(50, -100.0, 100.0)
"""Bins of u and of v of L*u*v* (Hwang & Zhou 2016)."""

AB_BINS = UniformBins(25, -125.0, 125.0)
"""Bins of a and of b: ten wide, so that each of the 313 in-gamut bins lies on two of them."""

HS_BINS = UniformBins(50, 0.0, 1.0)
"""Bins of hue and of saturation."""

CHANNEL_BINS = {"ab_channel_logits": AB_BINS, "luv_uv_logits": LUV_UV_BINS, "hs_logits": HS_BINS}
"""Bins of the network outputs (N, H, W, 2, count) that hold logits of two channels apart."""

CHANNEL_SPACES = {"ab_channel_logits": "ab", "luv_uv_logits": "luv_uv", "hs_logits": "hs"}
"""Which channels these are: a and b, u and v of L*u*v*, hue and saturation."""


def ab_marginals(probabilities):
    """Marginals of a and of b over `AB_BINS`, float32 (..., 2, 25), of probabilities (..., 313)."""
    positions = np.floor((ab_centers() - AB_BINS.low) / AB_BINS.step).astype("int32")
    one_hot = np.eye(AB_BINS.count, dtype="float32")[positions]
    flat = ops.matmul(ops.cast(probabilities, "float32"), one_hot.reshape(len(one_hot), -1))
    return ops.reshape(flat, (*ops.shape(probabilities)[:-1], 2, AB_BINS.count))
