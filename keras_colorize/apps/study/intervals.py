"""How sure a figure over participants is."""

import numpy as np

LEVEL = 0.95
"""Confidence level of every interval."""

RESAMPLES = 10_000
"""Bootstrap samples; the ends of an interval then repeat within about 0.1 standard errors."""


def bootstrap_interval(values, statistic, seed=0):
    """Percentile bootstrap interval over participants.

    Participants are drawn again with replacement, not votes: those of one person are not
    independent, and counting them as if they were makes intervals too narrow.

    Args:
        values: one number for each participant.
        statistic: function of an array (resamples, participants) and `axis`, such as `np.median`.
        seed: number that decides the samples.

    Returns:
        Lower and upper end at 95 %, or None for fewer than two participants.
    """
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(statistic(values[drawn], axis=1), [tail, 1.0 - tail])
    return float(low), float(high)
