"""The 313 in-gamut bins of the ab plane (Zhang, Isola, Efros 2016, section 2.1)."""

import functools

import numpy as np
from keras import ops

BIN_STEP = 10
"""Distance between neighbouring bin centers, in units of a and b."""

NEIGHBORS = 5
"""Bins over which one color is spread by `soft_encode_ab`."""

SIGMA = 5.0
"""Standard deviation of the soft encoding, in units of a and b."""

# One row per value of a: its lowest and highest b. The set is the published quantisation
# (`pts_in_hull` of the authors' release), in the published order, so that networks and
# priors in its layout can be exchanged with other implementations.
_ROWS = (
    (-90, 50, 90),
    (-80, 20, 90),
    (-70, 0, 90),
    (-60, -20, 90),
    (-50, -30, 100),
    (-40, -40, 100),
    (-30, -50, 100),
    (-20, -50, 100),
    (-10, -60, 100),
    (0, -70, 100),
    (10, -80, 90),
    (20, -80, 90),
    (30, -90, 90),
    (40, -100, 90),
    (50, -100, 80),
    (60, -110, 80),
    (70, -110, 80),
    (80, -110, 70),
    (90, -110, 70),
    (100, -90, 0),
)


@functools.cache
def ab_centers():
    """Centers of the in-gamut bins.

    Returns:
        float32 NumPy array (313, 2): a and b of each bin, read-only.
    """
    rows = [(a, b) for a, low, high in _ROWS for b in range(low, high + BIN_STEP, BIN_STEP)]
    centers = np.asarray(rows, "float32")
    centers.setflags(write=False)
    return centers


def bin_count():
    """Number of in-gamut bins, 313."""
    return len(ab_centers())


def squared_distances(ab):
    """Squared distance of every color to every bin center.

    Args:
        ab: tensor (..., 2) of a and b, any range.

    Returns:
        float32 tensor (..., 313).
    """
    ab = _check_ab(ab)
    centers = ops.convert_to_tensor(ab_centers())
    norms = ops.sum(ops.square(centers), axis=-1)
    own = ops.sum(ops.square(ab), axis=-1, keepdims=True)
    return ops.maximum(own - 2.0 * ops.matmul(ab, ops.transpose(centers)) + norms, 0.0)


def hard_encode_ab(ab):
    """Index of the nearest in-gamut bin.

    Args:
        ab: tensor (..., 2) of a and b.

    Returns:
        int32 tensor (...).
    """
    return ops.cast(ops.argmin(squared_distances(ab), axis=-1), "int32")


def soft_encode_ab(ab, sigma=SIGMA, neighbors=NEIGHBORS):
    """Spreads colors over their nearest bins (Zhang 2016, section 2.1, "soft-encoding").

    Args:
        ab: tensor (..., 2) of a and b.
        sigma: standard deviation of the Gaussian weights, in units of a and b.
        neighbors: how many of the nearest bins take part.

    Returns:
        `(indices, weights)`: int32 and float32 tensors (..., neighbors); weights sum to one.
    """
    # The nearest bins are few among many, so the encoding stays sparse: a dense target of
    # 313 values a pixel would be larger than the activations of the network that it trains.
    nearest, indices = ops.top_k(-squared_distances(ab), neighbors)
    # Relative to the nearest, or the weights of colors far from all bins would be 0 / 0.
    weights = ops.exp((nearest - nearest[..., :1]) / (2.0 * sigma**2))
    return ops.cast(indices, "int32"), weights / ops.sum(weights, axis=-1, keepdims=True)


def _check_ab(ab):
    ab = ops.cast(ops.convert_to_tensor(ab), "float32")
    if ab.shape[-1] != 2:
        raise ValueError(f"Expected ab with a last axis of 2, received shape {tuple(ab.shape)}.")
    return ab
