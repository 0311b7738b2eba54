"""Top-1 and top-5 of scene classes."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.losses import SceneCrossentropy
from keras_colorize.metrics import SceneTopK, scene_top_k

LOGITS = np.array([[1, 2, 0, -1], [4, 3, 2, 1], [0, 1, 2, 3], [5, 0, 0, 0]], "float32")
LABELS = np.array([2, 0, 1, -1])


@pytest.mark.parametrize(
    ("k", "expected"), [(1, [0, 1, 0, 0]), (2, [0, 1, 0, 0]), (3, [1, 1, 1, 0]), (9, [1, 1, 1, 0])]
)
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_is_among_the_likeliest(k, expected, shape):
    found = ops.convert_to_numpy(scene_top_k(LABELS.reshape(shape), LOGITS, k))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("k", "expected"), [(1, 1 / 3), (3, 1.0)])
def test_pictures_without_label_have_no_effect(k, expected):
    metric = SceneTopK(k)
    for rows in (slice(0, 1), slice(1, 4)):
        metric.update_state(LABELS[rows], LOGITS[rows])
    assert float(metric.result()) == pytest.approx(expected)
    metric.update_state(np.array([-1, -1]), LOGITS[:2])
    assert float(metric.result()) == pytest.approx(expected)
    metric.reset_state()
    metric.update_state(np.array([-1]), LOGITS[:1])
    assert float(metric.result()) == 0.0


def test_weights_come_on_top():
    metric = SceneTopK(1)
    metric.update_state(LABELS, LOGITS, np.array([1.0, 3.0, 0.0, 50.0]))
    assert float(metric.result()) == pytest.approx(0.75)


def test_agrees_with_keras_where_all_are_labelled():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(50, 8)).astype("float32"), rng.integers(0, 8, 50)
    keras_metric = keras.metrics.SparseTopKCategoricalAccuracy(5)
    keras_metric.update_state(labels, logits)
    metric = SceneTopK(5)
    metric.update_state(labels, logits)
    assert float(metric.result()) == pytest.approx(float(keras_metric.result()))
    assert 0.3 < float(metric.result()) < 0.9


def test_reads_bfloat16_logits():
    assert float(SceneTopK()(LABELS, ops.cast(LOGITS, "bfloat16"))) == pytest.approx(1 / 3)


def test_config_round_trip():
    metric = SceneTopK(5)
    assert metric.name == "top_5"
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert isinstance(again, SceneTopK)
    assert again.get_config() == metric.get_config()
    assert SceneTopK(3, name="three").name == "three"


def test_k_is_positive():
    with pytest.raises(ValueError, match="k of 1 or more, received 0"):
        scene_top_k(LABELS, LOGITS, 0)


def test_evaluate_reports_it():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, {"class_logits": keras.layers.Rescaling(1.0)(inputs)})
    jit_compile = keras.backend.backend() == "jax"
    metrics = {"class_logits": [SceneTopK(1), SceneTopK(3)]}
    model.compile(loss=SceneCrossentropy(), metrics=metrics, jit_compile=jit_compile)
    targets = {"class_logits": LABELS}
    reported = model.evaluate(LOGITS, targets, batch_size=3, verbose=0, return_dict=True)
    assert reported["top_1"] == pytest.approx(1 / 3)
    assert reported["top_3"] == pytest.approx(1.0)
