"""The adversarial losses against Keras' own cross-entropy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.losses import discriminator_loss, generator_adversarial_loss

REAL, FAKE = (np.random.default_rng(i).normal(size=(6, 1)).astype("float32") * 3 for i in (1, 2))


def _crossentropy(label, logits):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return float(loss(np.full_like(logits, label), logits))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_discriminator_has_two_crossentropies(smoothing):
    expected = _crossentropy(1 - smoothing, REAL) + _crossentropy(0, FAKE)
    assert float(discriminator_loss(REAL, FAKE, smoothing)) == pytest.approx(expected, rel=1e-5)


def test_the_generator_wants_to_be_taken_for_true():
    assert float(generator_adversarial_loss(FAKE)) == pytest.approx(
        _crossentropy(1, FAKE), rel=1e-5
    )


def test_who_cannot_tell():
    nothing = np.zeros((3, 1), "float32")
    assert float(generator_adversarial_loss(nothing)) == pytest.approx(np.log(2))
    assert float(discriminator_loss(nothing, nothing)) == pytest.approx(2 * np.log(2))


def test_sure_logits_stay_finite_and_half_precision_is_taken():
    sure = ops.cast(np.full((2, 1), 500.0, "float32"), "bfloat16")
    assert float(generator_adversarial_loss(-sure)) == pytest.approx(500, rel=1e-2)
    assert float(discriminator_loss(-sure, sure)) == pytest.approx(1000, rel=1e-2)
