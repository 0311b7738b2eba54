"""Class rebalancing of the ab bins (Zhang, Isola, Efros 2016, section 2.2)."""

import numpy as np

from .ab_bins import SIGMA, ab_centers, bin_count

FLOOR = 1e-5
"""Smallest prior probability of a bin: rarer colors get no larger weight than this one's."""


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
