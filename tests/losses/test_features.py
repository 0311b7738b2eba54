"""Distances of features and answers against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.special

from keras_colorize.losses.features import answer_divergence, feature_distance


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


def test_the_distance_is_that_of_directions():
    rng = np.random.default_rng(0)
    true, made = ([rng.normal(size=(2, s, s, c)) for s, c in ((4, 3), (2, 5))] for _ in range(2))
    expected = 0.0
    for one, other in zip(true, made, strict=True):
        one, other = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (one, other))
        expected += np.mean(np.sum((one - other) ** 2, axis=-1))
    assert float(feature_distance(true, made)) == pytest.approx(expected, rel=1e-4)
    assert float(feature_distance(true, [3.0 * one for one in true])) < 1e-5
    assert float(feature_distance(true[:1], [-true[0]])) == pytest.approx(4.0, rel=1e-4)


def test_layers_must_be_as_many():
    with pytest.raises(ValueError, match="zip"):
        feature_distance([np.ones((1, 1, 1, 1))], [])
