"""BatchStatisticsNormalization: training and inference see the same."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import BatchStatisticsNormalization

MAP = np.random.default_rng(0).normal(3.0, 2.0, (2, 3, 4, 5)).astype("float32")


def _numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def _norm(**options):
    norm = BatchStatisticsNormalization(momentum=0.9, **options)
    norm.build(MAP.shape)
    norm.set_weights([w + 0.1 * np.arange(w.size) for w in norm.get_weights()])
    return norm


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False, "epsilon": 0.1}])
def test_mean_and_variance_are_those_of_the_batch(options, training):
    norm = _norm(**options)
    epsilon = options.get("epsilon", 1e-3)
    expected = (MAP - MAP.mean((0, 1, 2))) / np.sqrt(MAP.var((0, 1, 2)) + epsilon)
    expected = expected * (1 + 0.1 * np.arange(5) if "scale" not in options else 1)
    expected = expected + (0.1 * np.arange(5) if "center" not in options else 0)
    np.testing.assert_allclose(_numpy(norm(MAP, training=training)), expected, atol=1e-5)


def test_only_training_moves_the_statistics():
    norm = _norm()
    before = _numpy(norm.moving_mean)
    norm(MAP, training=False)
    np.testing.assert_array_equal(_numpy(norm.moving_mean), before)
    norm(MAP, training=True)
    expected = 0.9 * before + 0.1 * MAP.mean((0, 1, 2))
    np.testing.assert_allclose(_numpy(norm.moving_mean), expected, rtol=1e-5)


def test_half_precision_outside_only():
    norm = _norm(dtype="mixed_bfloat16")
    # In bfloat16 itself neither the mean nor the variance of such numbers could be told.
    picture = np.float32(256.0) + 2 * MAP.round()
    output = norm(picture)
    assert output.dtype == ops.cast(MAP, "bfloat16").dtype
    np.testing.assert_allclose(_numpy(output), _numpy(_norm()(picture)), atol=0.02)


def test_refuses_another_axis():
    with pytest.raises(ValueError, match="axis -1, received 1"):
        BatchStatisticsNormalization(axis=1)


def test_config_round_trip():
    norm = _norm(epsilon=0.1)
    again = keras.layers.deserialize(keras.layers.serialize(norm))
    assert type(again) is BatchStatisticsNormalization
    assert again.get_config() == norm.get_config()
