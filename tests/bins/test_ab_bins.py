import numpy as np
import pytest
from keras import ops
from skimage.color import rgb2lab

from keras_colorize.bins import (
    ab_centers,
    bin_count,
    hard_encode_ab,
    rebalancing_weights,
    smooth_prior,
    soft_encode_ab,
)
from keras_colorize.bins.ab_bins import FLOOR

# Rows of `pts_in_hull.npy` of Zhang et al. (github.com/richzhang/colorization): how many values
# of b belong to a = -90, -80, ... 100.
PUBLISHED_ROWS = [5, 8, 10, 12, 14, 15, 16, 16, 17, 18, 18, 18, 19, 20, 19, 20, 20, 19, 19, 10]


def _colors(count=500, seed=0):
    rng = np.random.default_rng(seed)
    inside = rng.uniform(-110, 110, (count, 2))
    extreme = [[0, 0], [-128, -128], [127, 127], [-128, 127], [127, -128], [55, 55], [-90, 50]]
    return np.concatenate([inside, extreme]).astype("float32")


def _distances(ab):
    """Squared distances in double precision, by subtraction."""
    return np.square(ab[:, None].astype("float64") - ab_centers().astype("float64")).sum(-1)


def test_centers_are_the_published_set():
    centers = ab_centers()
    assert not centers.flags.writeable
    assert bin_count() == 313
    assert centers[0].tolist() == [-90, 50]
    assert centers[-1].tolist() == [100, 0]
    values, counts = np.unique(centers[:, 0], return_counts=True)
    assert values.tolist() == list(range(-90, 101, 10))
    assert counts.tolist() == PUBLISHED_ROWS
    assert len(np.unique(centers, axis=0)) == 313
    # Ordered by a, then by b, without gaps within a row.
    steps = np.diff(centers, axis=0)
    assert np.all((steps == [0, 10]).all(1) | (steps[:, 0] == 10))


def test_every_srgb_color_has_its_own_bin():
    # scikit-image over a grid of sRGB, corners and faces included: rounded to tens it reaches 260
    # bins, and none is outside of the set. (All 16.7 million colours reach 261, also none.) The
    # other 52 are its rim: the published set was drawn a little wider than sRGB.
    levels = np.linspace(0, 1, 52)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 1, 3)
    ab = rgb2lab(grid)[:, 0, 1:]
    reached = {tuple(row) for row in np.unique(10 * np.round(ab / 10), axis=0).tolist()}
    known = {tuple(row) for row in ab_centers().tolist()}
    assert len(reached) == 260
    assert reached <= known


def test_hard_encoding_is_the_nearest_bin(compiled):
    ab = _colors()
    index = ops.convert_to_numpy(compiled(hard_encode_ab)(ab))
    assert index.dtype == "int32"
    distances = _distances(ab)
    chosen = np.take_along_axis(distances, index[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(chosen, distances.min(1), atol=0.02)
    own = ops.convert_to_numpy(compiled(hard_encode_ab)(ab_centers().reshape(313, 1, 2)))
    assert own[:, 0].tolist() == list(range(313))


@pytest.mark.parametrize(("sigma", "neighbors"), [(5.0, 5), (5.0, 1), (12.0, 10)])
def test_soft_encoding_is_the_published_one(sigma, neighbors):
    ab = _colors()
    indices, weights = map(ops.convert_to_numpy, soft_encode_ab(ab, sigma, neighbors))
    assert indices.shape == weights.shape == (len(ab), neighbors)
    assert (indices.dtype, weights.dtype) == ("int32", "float32")
    assert all(len(set(row)) == neighbors for row in indices.tolist())
    distances = _distances(ab)
    nearest = np.sort(distances, axis=1)[:, :neighbors]
    found = np.take_along_axis(distances, indices, axis=1)
    np.testing.assert_allclose(found, nearest, atol=0.02)
    # Relative to the nearest bin, so that colours far from all of them do not divide zero by zero.
    expected = np.exp(-(nearest - nearest[:, :1]) / (2 * sigma**2))
    np.testing.assert_allclose(weights, expected / expected.sum(1, keepdims=True), atol=1e-3)
    np.testing.assert_allclose(weights.sum(1), 1.0, atol=1e-6)


def test_gradients_of_the_weights_are_finite(gradient_of):
    for ab in (_colors(20), ab_centers()[:20].copy()):
        gradient = gradient_of(lambda x: soft_encode_ab(x)[1][..., 0], ab)
        assert np.isfinite(gradient).all()
        assert np.any(gradient)
    for encode in (hard_encode_ab, soft_encode_ab):
        with pytest.raises(ValueError, match=r"last axis of 2, received shape \(4, 3\)"):
            encode(np.zeros((4, 3), "float32"))


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
    # As in photographs: grey is common, much of the gamut is empty.
    radius = np.linalg.norm(ab_centers(), axis=1)
    counts = np.random.default_rng(0).poisson(1e5 * np.exp(-radius / 8))
    assert (counts == 0).any()
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
