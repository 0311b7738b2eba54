import numpy as np
import pytest
from keras import ops

from keras_colorize.bins import ANNEALED_TEMPERATURE, ab_centers, decode_ab


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


def test_sample_draws_each_bin_as_often_as_it_is_likely(decode):
    logits = _logits((1,), scale=2.0)
    drawn = decode(np.tile(logits, (20000, 1)), "sample")
    assert {tuple(color) for color in drawn} <= {tuple(color) for color in ab_centers()}
    found = (drawn[:, None] == ab_centers()).all(-1).mean(0)
    # Three and a half standard deviations of the share, over 313 bins.
    bound = 3.5 * np.sqrt(_probabilities(logits)[0] / 20000) + 1e-4
    assert (np.abs(found - _probabilities(logits)[0]) < bound).all()


@pytest.mark.parametrize("decoder", ["mean", "annealed", "mode", "median", "sample"])
def test_a_certain_bin_decodes_to_its_center(decoder, decode):
    logits = 1e4 * np.eye(313, dtype="float32")
    np.testing.assert_allclose(decode(logits, decoder), ab_centers(), atol=1e-3)
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
