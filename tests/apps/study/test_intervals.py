import math

import numpy as np
import pytest
import scipy.stats

from keras_colorize.apps.study import bootstrap_interval

SHARES = np.array([0.62, 0.71, 0.55, 0.9, 0.83, 0.78, 0.66, 0.95, 0.7, 0.81])


@pytest.mark.parametrize("statistic", [np.mean, np.median])
def test_intervals_are_those_of_scipy(statistic):
    expected = scipy.stats.bootstrap(
        (SHARES,), statistic, n_resamples=50_000, method="percentile", rng=11
    ).confidence_interval
    np.testing.assert_allclose(bootstrap_interval(SHARES, statistic), expected, atol=0.006)


def test_the_median_has_the_interval_of_the_binomial_distribution():
    # Efron, "Bootstrap methods: another look at the jackknife" (1979), section 3: the median of a
    # resample of 2 m - 1 values is at most the k-th smallest with probability
    # P(Binomial(2 m - 1, k / (2 m - 1)) >= m), so the interval needs no drawing.
    values = np.arange(13) / 12.0
    size, middle = 13, 7
    at_most = [
        sum(
            math.comb(size, j) * (k / size) ** j * (1 - k / size) ** (size - j)
            for j in range(middle, size + 1)
        )
        for k in range(1, size + 1)
    ]
    ends = [values[next(k for k, p in enumerate(at_most) if p >= tail)] for tail in (0.025, 0.975)]
    assert bootstrap_interval(values[::-1], np.median) == pytest.approx(ends)


def test_the_seed_decides():
    same = [bootstrap_interval(SHARES, np.mean, seed) for seed in (1, 1, 2)]
    assert same[0] == same[1] != same[2]


def test_one_participant_has_no_interval():
    assert bootstrap_interval([0.5], np.median) is None
    assert bootstrap_interval([], np.mean) is None
    assert bootstrap_interval([0.25, 0.25], np.mean) == (0.25, 0.25)
