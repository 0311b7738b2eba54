"""The 313 in-gamut bins of the ab plane and rebalancing (Zhang, Isola, Efros 2016, 2.1, 2.2)."""

import functools

import numpy as np
from keras import ops

SIGMA = 5.0
"""Standard deviation of the soft encoding, in units of a and b."""

FLOOR = 1e-5
"""Smallest prior probability of a bin: rarer colors get no larger weight than this one's."""

# The lowest and highest b for a of -90, -80 ... 100, ten units apart: the published quantization
# in the published order (`pts_in_hull` of the authors' release), so that networks and priors can
# be exchanged with other implementations.
_LOW = "50 20 0 -20 -30 -40 -50 -50 -60 -70 -80 -80 -90 -100 -100 -110 -110 -110 -110 -90"
_HIGH = "90 90 90 90 100 100 100 100 100 100 90 90 90 90 80 80 80 70 70 0"


@functools.cache
def ab_centers():
    """Centers of the in-gamut bins: read-only float32 NumPy array (313, 2) of a and b."""
    rows = zip(range(-90, 110, 10), _LOW.split(), _HIGH.split(), strict=True)
    centers = [(a, b) for a, low, high in rows for b in range(int(low), int(high) + 1, 10)]
    centers = np.asarray(centers, "float32")
    centers.setflags(write=False)
    return centers


def bin_count():
    """Number of in-gamut bins, 313."""
    return len(ab_centers())


def hard_encode_ab(ab):
    """Index of the nearest in-gamut bin, int32 (...), of a and b of any range, (..., 2)."""
    return ops.cast(ops.argmin(_squared_distances(ab), axis=-1), "int32")


def soft_encode_ab(ab, sigma=SIGMA, neighbors=5):
    """Spreads colors over their nearest bins (Zhang 2016, section 2.1, "soft-encoding").

    Args:
        ab: tensor (..., 2) of a and b, any range.
        sigma: standard deviation of the Gaussian weights, in units of a and b.
        neighbors: how many of the nearest bins take part.

    Returns:
        `(indices, weights)`: int32 and float32 tensors (..., neighbors); weights sum to one.
    """
    # Sparse: a dense target would be larger than the activations of the network that it trains.
    nearest, indices = ops.top_k(-_squared_distances(ab), neighbors)
    # Relative to the nearest, or the weights of colors far from all bins would be 0 / 0.
    weights = ops.exp((nearest - nearest[..., :1]) / (2.0 * sigma**2))
    return ops.cast(indices, "int32"), weights / ops.sum(weights, axis=-1, keepdims=True)


def _squared_distances(ab):
    """Squared distances of every color to every bin center, float32 (..., 313)."""
    ab = ops.cast(ops.convert_to_tensor(ab), "float32")
    if ab.shape[-1] != 2:
        raise ValueError(f"Expected ab with a last axis of 2, received shape {tuple(ab.shape)}.")
    centers = ops.convert_to_tensor(ab_centers())
    norms = ops.sum(ops.square(centers), axis=-1)
    own = ops.sum(ops.square(ab), axis=-1, keepdims=True)
    return ops.maximum(own - 2.0 * ops.matmul(ab, ops.transpose(centers)) + norms, 0.0)


def smooth_prior(counts, sigma=SIGMA):
    """Empirical bin frequencies, smoothed by a Gaussian in the ab plane.

    Args:
        counts: array (313,) of how often each bin occurred, not negative, not all zero, else
            ValueError.
        sigma: standard deviation of the smoothing, in units of a and b, above 0.

    Returns:
        float64 array (313,) that sums to one.
    """
    prior = _check_distribution("counts", counts)
    centers = ab_centers().astype("float64")
    distances = np.square(centers[:, None] - centers[None]).sum(-1)
    kernel = np.exp(-distances / (2.0 * sigma**2))
    # Normalized over the target bins, so that bins at the rim of the gamut lose no mass.
    kernel /= kernel.sum(axis=0, keepdims=True)
    smoothed = kernel @ prior
    return smoothed / smoothed.sum()


def rebalancing_weights(prior, uniform_share=0.5):
    """Loss weight of every bin: `w ~ ((1 - share) prior + share / Q)^-1` with `E[w] = 1`.

    Args:
        prior: array (313,), see `smooth_prior`, not negative, not all zero, else ValueError.
        uniform_share: lambda of the paper (0.5 there), 0..1, else ValueError: 1 means no
            rebalancing, 0 full rebalancing by the inverse prior.

    Returns:
        float64 array (313,) whose expectation under `prior` is one.
    """
    if not 0.0 <= uniform_share <= 1.0:
        raise ValueError(f"Expected a uniform_share between 0 and 1, received {uniform_share}.")
    prior = _check_distribution("prior", prior)
    mixed = (1.0 - uniform_share) * np.maximum(prior, FLOOR) + uniform_share / len(prior)
    return 1.0 / mixed / np.dot(prior, 1.0 / mixed)


def _check_distribution(name, values):
    values = np.asarray(values, "float64")
    if values.shape != (bin_count(),):
        raise ValueError(f"Expected {name} of shape ({bin_count()},), received {values.shape}.")
    if not np.isfinite(values).all() or values.min() < 0 or values.sum() <= 0:
        raise ValueError(f"Expected {name} to be finite, not negative and not all zero.")
    return values / values.sum()
