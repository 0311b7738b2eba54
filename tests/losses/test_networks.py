"""Losses that other networks define, against NumPy, SciPy, scikit-image and Keras."""

import keras
import numpy as np
import pytest
import scipy.special
import skimage.color
from keras import ops

from keras_colorize.color import scale_ab
from keras_colorize.losses import DistillationLoss, PerceptualLoss, networks
from keras_colorize.losses.networks import feature_distance, logits_divergence

REAL, FAKE = (np.random.default_rng(i).normal(size=(6, 1)).astype("float32") * 3 for i in (1, 2))


def _binary_crossentropy(label, logits):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return float(loss(np.full_like(logits, label), logits))


def _logits(seed):
    return np.random.default_rng(seed).normal(0, 5, (6, 10)).astype("float32")


def _colors(seed, side):
    return np.random.default_rng(seed).uniform(-20, 20, (1, side, side, 2)).astype("float32")


def _lightness(side):
    return np.random.default_rng(0).uniform(30, 70, (1, side, side, 1)).astype("float32")


def _rgb(lightness, ab):
    """sRGB scaled to [-1, 1], by scikit-image."""
    return 2 * skimage.color.lab2rgb(np.concatenate([lightness, ab], axis=-1)) - 1


def _teacher(rgb):
    return {"features": [rgb, 2.0 * rgb + 1.0], "logits": 5.0 * ops.mean(rgb, axis=(1, 2))}


def _pictures(seed):
    return np.random.default_rng(seed).uniform(-1, 1, (2, 4, 4, 3)).astype("float32")


def test_adversarial_losses_are_crossentropies_and_finite_for_sure_logits():
    for smoothing in (0.0, 0.1):
        expected = _binary_crossentropy(1 - smoothing, REAL) + _binary_crossentropy(0, FAKE)
        found = networks.discriminator_loss(REAL, FAKE, smoothing)
        assert float(found) == pytest.approx(expected, rel=1e-5)
    expected = _binary_crossentropy(1, FAKE)
    assert float(networks.generator_adversarial_loss(FAKE)) == pytest.approx(expected, rel=1e-5)
    # In half precision, too.
    sure = ops.cast(np.full((2, 1), 500.0, "float32"), "bfloat16")
    assert float(networks.generator_adversarial_loss(-sure)) == pytest.approx(500, rel=1e-2)
    assert float(networks.discriminator_loss(-sure, sure)) == pytest.approx(1000, rel=1e-2)


@pytest.mark.parametrize("temperature", [1.0, 2.0, 8.0])
def test_the_divergence_is_that_of_softened_probabilities(temperature):
    target, prediction = _logits(0), _logits(1)
    soft = [scipy.special.softmax(one / temperature, axis=-1) for one in (target, prediction)]
    expected = temperature**2 * scipy.special.rel_entr(*soft).sum(axis=-1).mean()
    found = float(logits_divergence(target, prediction, temperature))
    assert found == pytest.approx(expected, rel=1e-4)
    assert float(logits_divergence(target, target + 3.0, 2.0)) == pytest.approx(0, abs=1e-5)
    certain = 1000.0 * np.eye(2, 10, dtype="float32")
    assert np.isfinite(float(logits_divergence(certain, certain[::-1])))


def test_the_distance_is_that_of_directions():
    rng = np.random.default_rng(0)
    first, second = ([rng.normal(size=(2, s, s, c)) for s, c in ((4, 3), (2, 5))] for _ in range(2))
    expected = 0.0
    for pair in zip(first, second, strict=True):
        one, other = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in pair)
        expected += np.mean(np.sum((one - other) ** 2, axis=-1))
    assert float(feature_distance(first, second)) == pytest.approx(expected, rel=1e-4)
    assert float(feature_distance(first, [3.0 * one for one in first])) < 1e-5
    assert float(feature_distance(first[:1], [-first[0]])) == pytest.approx(4.0, rel=1e-4)
    with pytest.raises(ValueError, match="zip"):
        feature_distance(first, [])


def test_the_perceptual_loss_is_of_the_pictures_and_of_their_classes():
    shown = []

    def features(rgb):
        shown.append(rgb)
        return [rgb]

    def classifier(maps):
        return 5.0 * ops.mean(maps, axis=(1, 2))

    lightness, target, prediction = _lightness(8), _colors(1, 8), _colors(2, 8)
    colors = [scale_ab(ab) for ab in (target, prediction)]
    alone = float(PerceptualLoss(features, weight=3.0)(lightness, *colors))
    expected = [_rgb(lightness, ab) for ab in (target, prediction)]
    for found, rgb in zip(shown, expected, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(found), rgb, atol=1e-3)
    assert alone == pytest.approx(3 * float(feature_distance(*([x] for x in shown))))
    flat = np.full((1, 1, 1, 2), 0.6, "float32")
    loss = PerceptualLoss(features)(lightness, flat, np.broadcast_to(flat, (1, 8, 8, 2)))
    assert float(loss) < 1e-6
    both = float(PerceptualLoss(features, 3.0, classifier, 0.5)(lightness, *colors))
    divergence = float(logits_divergence(*map(classifier, shown[:2]), temperature=2.0))
    assert divergence > 1e-4
    assert both == pytest.approx(alone + 3.0 * 0.5 * divergence, rel=1e-4)


def test_distillation_weighs_features_and_logits():
    teacher, student = _teacher(_pictures(0)), _teacher(_pictures(1))
    loss = DistillationLoss(_teacher, temperature=3.0, logits_weight=0.25, weight=7.0)
    expected = float(feature_distance(teacher["features"], student["features"]))
    divergence = float(logits_divergence(teacher["logits"], student["logits"], 3.0))
    assert divergence > 1e-3
    found = float(loss(_pictures(0), student))
    assert found == pytest.approx(7.0 * (expected + 0.25 * divergence), rel=1e-5)
    assert float(loss(_pictures(0), teacher)) == pytest.approx(0, abs=1e-5)


def test_beside_colors_the_teacher_is_shown_the_true_picture():
    shown = []

    def teacher(rgb):
        shown.append(ops.convert_to_numpy(rgb))
        return _teacher(rgb)

    lightness, ab = _lightness(4), _colors(2, 4)
    outputs = {"ab": ab, "seen": _teacher(_pictures(1)[:1])}
    found = DistillationLoss(teacher).beside_colors(lightness, scale_ab(ab), outputs)
    np.testing.assert_allclose(shown[0], _rgb(lightness, ab), atol=1e-3)
    alone = DistillationLoss(_teacher)(shown[0], outputs["seen"])
    assert float(found) == pytest.approx(float(alone))
