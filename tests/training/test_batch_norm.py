"""Fused batch normalizations against those of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.layers import BatchStatisticsNormalization
from keras_colorize.training.batch_norm import fuse, synchronize


def _network(kind=keras.layers.BatchNormalization, **options):
    inner = keras.Sequential([keras.Input((None, None, 3)), kind(name="norm", **options)])
    x = keras.Input((None, None, 3))
    model = keras.Model(x, keras.layers.Activation("relu")(inner(x)))
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in model.get_weights()])
    return model, inner.get_layer("norm")


def _step(model, x, training=True):
    """Output, gradients and weights afterwards."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=training)
        loss = tf.reduce_sum(tf.cast(y, "float32") ** 2 * tf.cast(x, "float32"))
    gradients = tape.gradient(loss, [x, *model.trainable_variables])
    return [np.asarray(tf.cast(v, "float32")) for v in (y, *gradients, *model.variables)]


def _operations(model, x):
    graph = tf.function(lambda x: model(x, training=True)).get_concrete_function(x).graph
    return {operation.type for operation in graph.get_operations()}


@pytest.fixture
def policy():
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


# Of one pixel Keras computes the difference of two large numbers; what is left is rounding.
@pytest.mark.parametrize(("shape", "rounding"), [((4, 5, 7), 2e-5), ((1, 1, 1), 2e-4)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_equals_keras(shape, rounding, dtype, policy):
    policy("mixed_bfloat16" if dtype == "bfloat16" else dtype)
    usual, ours = (_network(momentum=0.7, epsilon=1e-5)[0] for _ in range(2))
    fuse(ours)
    x = tf.cast(np.random.default_rng(1).normal(2.0, 3.0, (*shape, 3)), dtype)
    assert "FusedBatchNormV3" in _operations(ours, x)
    rounding = max(rounding, {"float32": 0.0, "bfloat16": 2e-2}[dtype])
    for own, other in zip(_step(ours, x), _step(usual, x), strict=True):
        np.testing.assert_allclose(own, other, atol=rounding * max(1.0, np.abs(other).max()))


def test_inference_stays_as_it_is():
    usual, ours = (_network()[0] for _ in range(2))
    fuse(ours)
    x = tf.constant(np.random.default_rng(1).normal(size=(2, 3, 4, 3)), "float32")
    for own, other in zip(_step(ours, x, False), _step(usual, x, False), strict=True):
        np.testing.assert_array_equal(own, other)


@pytest.mark.parametrize("case", ["synchronized", "frozen", "subclass", "scale"])
def test_others_are_left_alone(case):
    kind = BatchStatisticsNormalization if case == "subclass" else keras.layers.BatchNormalization
    model, norm = _network(kind, scale=case != "scale")
    fuse(model)
    norm.trainable = case != "frozen"
    if case == "synchronized":
        synchronize(model)
    assert "FusedBatchNormV3" not in _operations(model, tf.ones((2, 3, 4, 3)))


def test_a_fused_network_is_saved_as_it_was(tmp_path):
    model, _ = _network()
    config = model.get_config()
    fuse(model)
    assert model.get_config() == config
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 3)).astype("float32")
    np.testing.assert_allclose(again(x), model(x), atol=1e-6)
