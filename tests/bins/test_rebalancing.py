import numpy as np
import pytest

from keras_colorize.bins import ab_centers, rebalancing_weights, smooth_prior
from keras_colorize.bins.ab_bins import FLOOR


def _counts(seed=0):
    """Counts as in photographs: grey is common, much of the gamut is empty."""
    rng = np.random.default_rng(seed)
    radius = np.linalg.norm(ab_centers(), axis=1)
    counts = rng.poisson(1e5 * np.exp(-radius / 8))
    assert (counts == 0).any()
    return counts


def test_smooth_prior_spreads_by_a_gaussian_and_keeps_the_mass_at_the_rim():
    grey = int(np.flatnonzero((ab_centers() == 0).all(1))[0])
    prior = smooth_prior(np.eye(313)[grey], sigma=5.0)
    distances = np.square(ab_centers().astype("float64")).sum(1)
    expected = np.exp(-distances / 50)
    np.testing.assert_allclose(prior, expected / expected.sum(), atol=1e-12)
    halves = np.zeros(313)
    halves[0] = halves[150] = 1
    prior = smooth_prior(halves, sigma=5.0)
    near_rim = np.linalg.norm(ab_centers() - ab_centers()[0], axis=1) < 40
    assert prior[near_rim].sum() == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("uniform_share", [0.0, 0.1, 0.5, 1.0])
def test_weights_follow_the_formula(uniform_share):
    counts = _counts()
    prior = counts / counts.sum()
    weights = rebalancing_weights(counts, uniform_share)
    unscaled = [1 / ((1 - uniform_share) * max(p, FLOOR) + uniform_share / 313) for p in prior]
    mean = sum(p * w for p, w in zip(prior, unscaled, strict=True))
    np.testing.assert_allclose(weights, np.array(unscaled) / mean, rtol=1e-9)
    assert np.dot(prior, weights) == pytest.approx(1.0)
    assert np.isfinite(weights).all()


def test_floor_bounds_the_weight_of_empty_bins():
    prior = np.zeros(313)
    prior[:2] = 0.999, 0.001
    weights = rebalancing_weights(prior, 0.0)
    np.testing.assert_allclose(weights[2:], weights[1] * 0.001 / FLOOR)
    assert weights[1] / weights[0] == pytest.approx(999)


@pytest.mark.parametrize("function", [smooth_prior, rebalancing_weights])
def test_needs_a_distribution_over_the_bins(function):
    with pytest.raises(ValueError, match=r"shape \(313,\), received \(10,\)"):
        function(np.ones(10))
    for value in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite, not negative"):
            function(np.r_[value, np.ones(312)])
    with pytest.raises(ValueError, match="not all zero"):
        function(np.zeros(313))
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1, received"):
            rebalancing_weights(np.ones(313), share)
