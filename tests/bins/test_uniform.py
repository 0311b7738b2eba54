import numpy as np
import pytest
from scipy.stats import norm

from keras_colorize.bins import ab_centers, ab_marginals, decode_channels
from keras_colorize.bins.uniform import AB_BINS, CHANNEL_BINS, LUV_UV_BINS, UniformBins


def test_encode_is_numpy_digitize():
    # Hwang & Zhou 2016: 50 equal bins over [-100, 100].
    values = np.arange(-120.0, 120.0, 0.25, "float32") + np.float32(0.03)
    edges = np.linspace(-100, 100, 51)
    expected = np.clip(np.digitize(values, edges) - 1, 0, 49)
    np.testing.assert_array_equal(LUV_UV_BINS.encode(values), expected)
    for bins in CHANNEL_BINS.values():
        np.testing.assert_array_equal(bins.encode(bins.centers()), np.arange(bins.count))


def test_marginals_keep_the_mean():
    rng = np.random.default_rng(0)
    joint = rng.dirichlet(np.ones(313), (4, 5)).astype("float32")
    marginals = np.asarray(ab_marginals(joint))
    np.testing.assert_allclose(marginals.sum(-1), 1.0, atol=1e-5)
    # The mean of a sum of bins is exact because their centers coincide with those of the grid.
    np.testing.assert_allclose(marginals @ AB_BINS.centers(), joint @ ab_centers(), atol=1e-3)


VALUES = np.stack([np.arange(5.0) * 10 - 20, np.arange(5.0) + 100]).astype("float32")


def test_mean_and_annealed_mean():
    logits = np.random.default_rng(0).normal(size=(3, 2, 5)).astype("float32")
    for temperature, decoder in ((1.0, "mean"), (0.5, "annealed")):
        weights = np.exp(logits / temperature)
        expected = (weights * VALUES).sum(-1) / weights.sum(-1)
        found = decode_channels(logits, VALUES, decoder, temperature)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    found = decode_channels(logits, VALUES, "mode")
    np.testing.assert_array_equal(found, VALUES[[0, 1], logits.argmax(-1)])


def test_median_is_the_value_of_the_bin_that_holds_it():
    probabilities = norm.cdf(np.arange(1, 6) - 2.2) - norm.cdf(np.arange(5) - 2.2)
    logits = np.log(np.tile(probabilities, (1, 2, 1)))
    np.testing.assert_array_equal(decode_channels(logits, VALUES, "median"), [[0, 102]])


def test_samples_are_drawn_channel_by_channel():
    probabilities = np.array([[0.7, 0.0, 0.3, 0.0, 0.0], [0.0, 0.4, 0.0, 0.0, 0.6]]) + 1e-9
    logits = np.log(probabilities)[None, None]

    def draw(seed):
        return np.asarray(decode_channels(logits, VALUES, "sample", seed=seed))[0, 0]

    drawn = np.stack([draw(seed) for seed in range(400)])
    for channel, (likely, other, share) in enumerate([(0, 2, 0.7), (1, 4, 0.4)]):
        values = drawn[:, channel]
        assert set(values) == {VALUES[channel, likely], VALUES[channel, other]}
        assert np.mean(values == VALUES[channel, likely]) == pytest.approx(share, abs=0.08)
    np.testing.assert_array_equal(drawn[1], draw(1))


def test_refusals():
    for bad in ((0, 0, 1), (5, 1, 1), (5, 2, 1)):
        with pytest.raises(ValueError, match="from a low to a higher edge"):
            UniformBins(*bad)
    logits = np.zeros((1, 2, 5), "float32")
    with pytest.raises(ValueError, match=r"received \(2, 4\)"):
        decode_channels(logits, VALUES[:, :4])
    with pytest.raises(ValueError, match="Expected a decoder that"):
        decode_channels(logits, VALUES, "max")
    with pytest.raises(ValueError, match="Expected a temperature above 0"):
        decode_channels(logits, VALUES, "annealed", 0.0)


def test_soft_encoding_has_the_mean_of_the_value():
    values = np.random.default_rng(0).uniform(-98, 98, (3, 7)).astype("float32")
    shares = np.asarray(LUV_UV_BINS.soft_encode(values))
    assert (shares > 0).sum(-1).max() == 2
    np.testing.assert_allclose(shares.sum(-1), 1.0, atol=1e-4)
    np.testing.assert_allclose(shares @ LUV_UV_BINS.centers(), values, atol=1e-3)
    np.testing.assert_allclose(np.asarray(LUV_UV_BINS.soft_encode([500.0]))[0, -1], 1.0)
