"""Class rebalancing of the ab bins (Zhang, Isola, Efros 2016, section 2.2)."""

import numpy as np

from keras_colorize.bins.gamut import BIN_STEP, SIGMA, ab_centers

FLOOR = 1e-5
"""Smallest prior probability of a bin: rarer colors get no larger weight than this one's."""


def smooth_prior(counts, sigma=SIGMA):
    """Empirical bin frequencies, smoothed by a Gaussian in the ab plane.

    Args:
        counts: array (313,) of how often each bin occurred, not negative, not all zero.
        sigma: standard deviation of the smoothing, in units of a and b.

    Returns:
        float64 array (313,) that sums to one.

    Raises:
        ValueError: if `counts` has another shape, negative values or no mass.
    """
    counts = _check_distribution("counts", counts)
    centers = ab_centers().astype("float64")
    distances = np.square(centers[:, None] - centers[None]).sum(-1)
    kernel = np.exp(-distances / (2.0 * max(sigma, 1e-6 * BIN_STEP) ** 2))
    # Normalised over the target bins, so that bins at the rim of the gamut lose no mass.
    kernel /= kernel.sum(axis=0, keepdims=True)
    smoothed = kernel @ (counts / counts.sum())
    return smoothed / smoothed.sum()


def rebalancing_weights(prior, strength=0.5, floor=FLOOR):
    """Loss weight of every bin: `w ~ ((1 - strength) prior + strength / Q)^-1`, `E[w] = 1`.

    Args:
        prior: array (313,), the smoothed prior of `smooth_prior`.
        strength: lambda of the paper, the strength of the uniform distribution that is mixed
            into the prior. So 1 means no rebalancing, all weights are 1; 0 means full
            rebalancing by the inverse prior. The paper has 0.5.
        floor: prior below which a bin counts as this rare, so that empty bins stay finite.

    Returns:
        float64 array (313,) whose expectation under `prior` is one.

    Raises:
        ValueError: if `prior` is not a distribution or `strength` is outside 0..1.
    """
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"Expected a strength between 0 and 1, received {strength}.")
    prior = _check_distribution("prior", prior)
    prior = prior / prior.sum()
    mixed = (1.0 - strength) * np.maximum(prior, floor) + strength / len(prior)
    weights = 1.0 / mixed
    return weights / np.dot(prior, weights)


def _check_distribution(name, values):
    values = np.asarray(values, "float64")
    expected = (len(ab_centers()),)
    if values.shape != expected:
        raise ValueError(f"Expected {name} of shape {expected}, received {values.shape}.")
    if not np.isfinite(values).all() or values.min() < 0 or values.sum() <= 0:
        raise ValueError(f"Expected {name} to be finite, not negative and not all zero.")
    return values
