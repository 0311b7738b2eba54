"""The divergence of answers against SciPy."""

import numpy as np
import pytest
import scipy.special

from keras_colorize.losses.distillation import answer_divergence


def _logits(seed):
    return np.random.default_rng(seed).normal(0, 5, (6, 10)).astype("float32")


@pytest.mark.parametrize("temperature", [1.0, 2.0, 8.0])
def test_it_is_the_divergence_of_softened_probabilities(temperature):
    true, made = _logits(0), _logits(1)
    soft = [scipy.special.softmax(logits / temperature, axis=-1) for logits in (true, made)]
    expected = temperature**2 * scipy.special.rel_entr(*soft).sum(axis=-1).mean()
    assert float(answer_divergence(true, made, temperature)) == pytest.approx(expected, rel=1e-4)


def test_the_same_answers_have_none():
    assert float(answer_divergence(_logits(0), _logits(0) + 3.0, 2.0)) == pytest.approx(0, abs=1e-5)


def test_certain_answers_have_a_finite_one():
    certain = 1000.0 * np.eye(2, 10, dtype="float32")
    assert np.isfinite(float(answer_divergence(certain, certain[::-1])))
