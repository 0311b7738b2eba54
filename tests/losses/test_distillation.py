"""What a student is to see against NumPy, and the gradient that reaches it alone."""

import keras
import numpy as np
import pytest
import skimage.color
from keras import ops

from keras_colorize.color import scale_ab
from keras_colorize.losses.distillation import DistillationLoss
from keras_colorize.losses.features import answer_divergence, feature_distance


def _teacher(rgb):
    return {"features": [rgb, 2.0 * rgb + 1.0], "logits": 5.0 * ops.mean(rgb, axis=(1, 2))}


def _pictures(seed):
    return np.random.default_rng(seed).uniform(-1, 1, (2, 4, 4, 3)).astype("float32")


def test_features_and_answers_are_weighed():
    true, seen = _teacher(_pictures(0)), _teacher(_pictures(1))
    loss = DistillationLoss(_teacher, temperature=3.0, answer_weight=0.25, weight=7.0)
    expected = float(feature_distance(true["features"], seen["features"]))
    divergence = float(answer_divergence(true["logits"], seen["logits"], 3.0))
    assert divergence > 1e-3
    found = float(loss(_pictures(0), seen))
    assert found == pytest.approx(7.0 * (expected + 0.25 * divergence), rel=1e-5)
    assert float(loss(_pictures(0), true)) == pytest.approx(0, abs=1e-5)


def test_beside_colors_the_teacher_sees_the_true_picture():
    shown = []

    def teacher(rgb):
        shown.append(ops.convert_to_numpy(rgb))
        return _teacher(rgb)

    rng = np.random.default_rng(2)
    lightness = rng.uniform(30, 70, (1, 4, 4, 1)).astype("float32")
    ab = rng.uniform(-20, 20, (1, 4, 4, 2)).astype("float32")
    outputs = {"ab": ab, "seen": _teacher(_pictures(1)[:1])}
    found = DistillationLoss(teacher).beside_colors(lightness, scale_ab(ab), outputs)
    expected = skimage.color.lab2rgb(np.concatenate([lightness, ab], axis=-1))
    np.testing.assert_allclose(shown[0], 2 * expected - 1, atol=1e-3)
    assert float(found) == pytest.approx(
        float(DistillationLoss(_teacher)(shown[0], outputs["seen"]))
    )


def test_a_student_learns_to_see_like_its_teacher():
    keras.utils.set_random_seed(0)
    loss = DistillationLoss(_teacher)
    student = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(3, 1)])

    def distance(rgb, made):
        return loss(rgb, _teacher(made))

    student.compile(keras.optimizers.Adam(0.02), distance)
    rgb = np.repeat(_pictures(0)[..., :1], 3, axis=-1) * np.float32([0.5, -0.5, 0.1])
    grey = rgb[..., :1]
    before = student.evaluate(grey, rgb, verbose=0)
    # One long epoch: beginning one costs more than a step does.
    student.fit(*(np.tile(x, (200, 1, 1, 1)) for x in (grey, rgb)), batch_size=2, verbose=0)
    assert student.evaluate(grey, rgb, verbose=0) < before / 10
