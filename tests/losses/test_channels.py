import keras
import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import norm

from keras_colorize.losses import ChannelCrossentropy, channel_crossentropy


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    truth = rng.uniform(-110, 110, (2, 3, 4, 2)).astype("float32")
    return truth, rng.normal(size=(2, 3, 4, 2, 50)).astype("float32")


def test_one_hot_is_the_sum_of_two_cross_entropies(case):
    truth, logits = case
    index = np.clip((truth + 100) // 4, 0, 49).astype(int)
    apart = -np.take_along_axis(log_softmax(logits, -1), index[..., None], -1)[..., 0]
    np.testing.assert_allclose(channel_crossentropy(truth, logits), apart.sum(-1), rtol=1e-5)


def test_peaked_normal(case):
    truth, logits = case
    centers = np.linspace(-98, 98, 50)
    weights = norm.pdf(centers, truth[..., None], 3.0)
    weights /= weights.sum(-1, keepdims=True)
    expected = -(weights * log_softmax(logits, -1)).sum((-1, -2))
    found = channel_crossentropy(truth, logits, sigma=3.0)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_narrow_normal_is_one_hot(case):
    _, logits = case
    truth = np.float32([-98, 2]) * np.ones((2, 3, 4, 2), "float32")
    narrow = channel_crossentropy(truth, logits, sigma=0.1)
    np.testing.assert_allclose(narrow, channel_crossentropy(truth, logits), rtol=1e-5)


def test_values_far_outside_stay_finite(case):
    truth, logits = case
    found = channel_crossentropy(truth * 1e4, logits, sigma=0.01)
    assert np.isfinite(found).all()


def test_masked_pictures_have_no_effect(case):
    truth, logits = case
    loss = ChannelCrossentropy()
    found = loss(truth, logits, np.float32([1, 0]))
    logits[1] *= 100
    np.testing.assert_allclose(loss(truth, logits, np.float32([1, 0])), found, rtol=1e-6)


def test_shapes_are_checked(case):
    truth, logits = case
    with pytest.raises(ValueError, match=r"received shapes .*\(2, 3, 4, 50\)"):
        channel_crossentropy(truth, logits[..., 0, :])


def test_config_round_trip(case):
    loss = ChannelCrossentropy(low=-125.0, high=125.0, sigma=4.0, reduction="sum")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    np.testing.assert_allclose(again(*case), loss(*case))
