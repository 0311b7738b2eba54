import numpy as np
import pytest
from keras import ops

from keras_colorize.bins import (
    ANNEALED_TEMPERATURE,
    ab_centers,
    decode_ab,
    decode_channels,
    hard_encode_ab,
)


def _logits(shape=(2, 3), seed=0, scale=3.0):
    return np.random.default_rng(seed).normal(0.0, scale, (*shape, 313)).astype("float32")


def _probabilities(logits, temperature=1.0):
    scaled = logits.astype("float64") / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


@pytest.fixture(scope="module")
def decode(compiled):
    """`decode_ab`, and what it promises of every result."""

    def call(logits, *args, **kwargs):
        program = compiled(lambda x: decode_ab(x, *args, **kwargs))
        ab = ops.convert_to_numpy(program(logits))
        assert ab.dtype == "float32"
        assert ab.shape == (*logits.shape[:-1], 2)
        return ab

    return call


def test_annealed_runs_from_mode_to_mean(decode):
    logits = _logits()
    assert ANNEALED_TEMPERATURE == 0.38
    np.testing.assert_array_equal(decode(logits), decode(logits, temperature=0.38))
    for temperature in (0.38, 0.7, 2.0):
        expected = _probabilities(logits, temperature) @ ab_centers().astype("float64")
        np.testing.assert_allclose(decode(logits, temperature=temperature), expected, atol=1e-3)
    mean, mode = decode(logits, "mean"), decode(logits, "mode")
    np.testing.assert_array_equal(mode, ab_centers()[logits.argmax(-1)])
    assert np.abs(mean - mode).max() > 10
    np.testing.assert_allclose(decode(logits, temperature=1.0), mean, atol=1e-4)
    for temperature in (1e-4, np.float32(1e-4)):
        np.testing.assert_allclose(decode(logits, temperature=temperature), mode, atol=1e-3)


def test_median_halves_the_mass_of_each_channel(decode):
    logits = _logits((40,))
    medians = decode(logits, "median")
    probabilities = _probabilities(logits)
    for axis in (0, 1):
        values = np.unique(ab_centers()[:, axis])
        for row, median in zip(probabilities, medians[:, axis], strict=True):
            mass = [row[ab_centers()[:, axis] == value].sum() for value in values]
            after = np.cumsum(mass)
            index = np.searchsorted(after, 0.5)
            # A bin's mass lies evenly between its edges, half a step to either side.
            share = (0.5 - (after[index] - mass[index])) / mass[index]
            assert median == pytest.approx(values[index] + 10 * (share - 0.5), abs=0.01)


def test_samples_of_many_seeds_are_the_distribution():
    # Far apart and side by side; a few bins have nearly all of the mass.
    logits = _logits((4, 5), scale=4.0)
    drawn = np.stack([decode_ab(logits, "sample", seed=seed) for seed in range(400)])
    indices = ops.convert_to_numpy(hard_encode_ab(drawn))
    found = np.stack([np.bincount(one, minlength=313) for one in indices.reshape(400, -1).T])
    probabilities = _probabilities(logits).reshape(-1, 313)
    # Four standard deviations of the share, and four draws: of 6,260 bins some are rare.
    bound = 4.0 * np.sqrt(probabilities / 400) + 1e-2
    assert (np.abs(found / 400 - probabilities) < bound).all()
    # Within a bin all colors are as likely.
    inside = np.abs(drawn - ab_centers()[indices])
    assert inside.max() < 5.01 and inside.mean() == pytest.approx(2.5, abs=0.1)


def test_a_sample_is_smooth_and_its_seed_draws_it_again():
    logits = np.tile(_logits((1, 1, 1), scale=2.0), (2, 40, 60, 1))
    first, again, other = (
        ops.convert_to_numpy(decode_ab(logits, "sample", seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[0], first[1])
    assert np.abs(first - other).mean() > 10
    # Drawn apart, neighbors would be as far from each other as any two.
    apart = np.linalg.norm(first[0] - first[0][::-1, ::-1], axis=-1).mean()
    assert np.linalg.norm(np.diff(first[0], axis=1), axis=-1).mean() < 0.1 * apart


def test_channels_are_sampled_from_their_own_distributions():
    logits = np.log(np.float32([[[0.1, 0.7, 0.2], [0.5, 0.25, 0.25]]]))
    values = np.float32([[1, 2, 3], [4, 5, 6]])
    drawn = [decode_channels(logits, values, "sample", seed=seed)[0] for seed in range(300)]
    found = (np.stack(drawn)[:, :, None] == values).mean(axis=0)
    np.testing.assert_allclose(found, np.exp(logits[0]), atol=0.11)


@pytest.mark.parametrize("decoder", ["mean", "annealed", "mode", "median", "sample"])
def test_a_certain_bin_decodes_to_its_center(decoder, decode):
    logits = 1e4 * np.eye(313, dtype="float32")
    # A sample lies anywhere within the bin.
    atol = 5.01 if decoder == "sample" else 1e-3
    np.testing.assert_allclose(decode(logits, decoder), ab_centers(), atol=atol)
    assert np.isfinite(decode(np.full((1, 313), 1e4, "float32"), decoder)).all()


def test_log_weights_multiply_the_probabilities(decode):
    logits = _logits()
    weights = np.linspace(0.2, 3.0, 313)
    product = _probabilities(logits) * weights
    expected = product / product.sum(-1, keepdims=True) @ ab_centers().astype("float64")
    ab = decode(logits, "mean", log_weights=np.log(weights))
    np.testing.assert_allclose(ab, expected, atol=1e-3)


@pytest.mark.parametrize("decoder", ["mean", "annealed", "median"])
def test_gradients_are_finite(decoder, gradient_of):
    for logits in (_logits(), 1e3 * np.eye(313, dtype="float32")[:4]):
        assert np.isfinite(gradient_of(lambda x: decode_ab(x, decoder)[..., 0], logits)).all()
    assert np.any(gradient_of(lambda x: decode_ab(x, decoder)[..., 0], _logits()))


def test_what_is_refused():
    for temperature in (0, -0.1, np.float32(0), float("nan"), float("inf")):
        with pytest.raises(ValueError, match="temperature above 0, received"):
            decode_ab(_logits(), temperature=temperature)
    with pytest.raises(ValueError, match="received 'best'"):
        decode_ab(_logits(), "best")
    with pytest.raises(ValueError, match=r"\(..., 313\) over the bins, received \(2, 25\)"):
        decode_ab(np.zeros((2, 25), "float32"))
