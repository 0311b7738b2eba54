"""The perceptual loss against NumPy and scikit-image, and its gradient."""

import keras
import numpy as np
import pytest
import skimage.color
from keras import ops

from keras_colorize.color import scale_ab
from keras_colorize.losses.features import answer_divergence, feature_distance
from keras_colorize.losses.perceptual import PerceptualLoss


def _colors(seed, side):
    rng = np.random.default_rng(seed)
    return rng.uniform(-20, 20, (1, side, side, 2)).astype("float32")


def test_the_network_sees_the_pictures():
    seen = []

    def features(rgb):
        seen.append(ops.convert_to_numpy(rgb))
        return [rgb]

    lightness = np.random.default_rng(0).uniform(30, 70, (1, 8, 8, 1)).astype("float32")
    true, made = _colors(1, 8), _colors(2, 8)
    loss = PerceptualLoss(features, weight=3.0)(lightness, *map(scale_ab, (true, made)))
    for rgb, ab in zip(seen, (true, made), strict=True):
        expected = skimage.color.lab2rgb(np.concatenate([lightness, ab], axis=-1))
        np.testing.assert_allclose(rgb, 2 * expected - 1, atol=1e-3)
    assert float(loss) == pytest.approx(3 * float(feature_distance(*([x] for x in seen))))


def test_answers_are_compared_beside_the_features():
    lightness = np.full((2, 4, 4, 1), 50.0, "float32")
    true, made = (scale_ab(np.repeat(_colors(seed, 4), 2, axis=0)) for seed in (1, 2))

    def answers(features):
        return 5.0 * ops.mean(features, axis=(1, 2))

    seen = []

    def features(rgb):
        seen.append(rgb)
        return [rgb]

    alone = float(PerceptualLoss(lambda x: [x], weight=3.0)(lightness, true, made))
    both = float(PerceptualLoss(features, 3.0, answers, 0.5)(lightness, true, made))
    divergence = float(answer_divergence(*map(answers, seen), temperature=2.0))
    assert divergence > 1e-3
    assert both == pytest.approx(alone + 3.0 * 0.5 * divergence, rel=1e-4)


def test_colors_of_another_size_are_scaled_to_the_lightness():
    lightness = np.full((1, 8, 8, 1), 50.0, "float32")
    flat = np.full((1, 1, 1, 2), 12.0, "float32")
    same = np.broadcast_to(flat, (1, 8, 8, 2))
    assert float(PerceptualLoss(lambda x: [x])(lightness, *map(scale_ab, (same, flat)))) < 1e-6


def test_descent_comes_to_the_true_colors():
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(16, 3)])
    network.trainable = False
    loss = PerceptualLoss(lambda rgb: [rgb, network(rgb)])
    lightness = np.full((1, 6, 6, 1), 60.0, "float32")
    true = np.asarray(ops.convert_to_numpy(scale_ab(_colors(1, 3))))
    layer = _Colors()
    model = keras.Sequential([keras.Input((6, 6, 1)), layer])
    model.compile("adam", lambda truth, made: loss(lightness, truth, made))
    model.optimizer.learning_rate = 0.01
    before = np.abs(ops.convert_to_numpy(layer.ab) - true).max()
    # One long epoch: beginning one costs more than a step does.
    model.fit(*(np.tile(x, (150, 1, 1, 1)) for x in (lightness, true)), batch_size=1, verbose=0)
    assert np.abs(ops.convert_to_numpy(layer.ab) - true).max() < before / 10


class _Colors(keras.layers.Layer):
    """Colors that are the same whatever comes in."""

    def build(self, _):
        self.ab = self.add_weight(shape=(1, 3, 3, 2), initializer=keras.initializers.Constant(0.5))

    def call(self, _):
        return self.ab * 1.0
