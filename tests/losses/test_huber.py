import keras
import numpy as np
import pytest

from keras_colorize.losses import HuberPenalty, PixelSquaredError, huber_penalty


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    return tuple(rng.uniform(size=(2, 3, 4, 2)).astype("float32") for _ in range(2))


@pytest.mark.parametrize(
    ("residual", "threshold", "expected"),
    [
        # Section 3.5 by hand: u^2 below M, M (2 |u| - M) above, and both at M.
        (0.1, 0.5, 0.01),
        (-0.1, 0.5, 0.01),
        (0.5, 0.5, 0.25),
        (0.75, 0.5, 0.5),
        (-2.0, 0.5, 1.75),
        (3.0, 1.0, 5.0),
    ],
)
def test_is_the_printed_formula(residual, threshold, expected):
    truth = np.zeros((1, 1, 1, 2), "float32")
    found = huber_penalty(truth, truth + np.float32(residual), threshold)
    np.testing.assert_allclose(found, [[[expected]]], rtol=1e-6)


@pytest.mark.parametrize("threshold", [0.05, 0.3, 2.0])
def test_is_twice_that_of_keras(case, threshold):
    expected = 2 * np.asarray(keras.losses.huber(*case, delta=threshold))
    np.testing.assert_allclose(huber_penalty(*case, threshold), expected, rtol=1e-5)


def test_is_l2_under_a_high_threshold(case):
    np.testing.assert_allclose(HuberPenalty(10.0)(*case), PixelSquaredError()(*case), rtol=1e-6)


def test_gradient_stays_at_twice_the_threshold(gradient_of):
    truth = np.zeros((1, 1, 4, 1), "float32")
    x = np.float32([0.02, -0.04, 0.5, -3.0]).reshape(truth.shape)
    found = gradient_of(lambda value: huber_penalty(truth, value, 0.1), x)
    np.testing.assert_allclose(found.ravel(), [0.04, -0.08, 0.2, -0.2], rtol=1e-5)


def test_masked_pictures_have_no_effect(case):
    truth, predicted = case
    loss = HuberPenalty(0.1)
    found = loss(truth, predicted, np.float32([1, 0]))
    predicted[1] += 9
    np.testing.assert_allclose(loss(truth, predicted, np.float32([1, 0])), found, rtol=1e-6)


def test_config_round_trip(case):
    loss = HuberPenalty(0.2, reduction="sum")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    np.testing.assert_allclose(again(*case), loss(*case))


def test_a_threshold_of_nothing_is_refused(case):
    with pytest.raises(ValueError, match="above 0, received 0"):
        HuberPenalty(0)
    with pytest.raises(ValueError, match="above 0, received -1"):
        huber_penalty(*case, threshold=-1)
