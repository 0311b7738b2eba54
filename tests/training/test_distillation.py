"""A student of grey pictures against its teacher of color."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_colorize.losses.networks import feature_distance, logits_divergence
from keras_colorize.training import DistillationModel


def _network(channels, seed):
    keras.utils.set_random_seed(seed)
    x = keras.Input((None, None, channels))
    y = layers.Conv2D(8, 3, padding="same")(layers.Rescaling(0.1 if channels == 1 else 1.0)(x))
    features = layers.BatchNormalization()(y)
    logits = layers.Dense(5)(layers.GlobalAveragePooling2D()(features))
    return keras.Model(x, {"features": [features], "logits": logits})


@pytest.fixture
def teacher():
    network = _network(3, 0)
    network.trainable = False
    return network


@pytest.fixture
def model(teacher):
    model = DistillationModel(_network(1, 1), teacher, temperature=3.0, answer_weight=0.25)
    model.compile(keras.optimizers.Adam(0.01))
    return model


def _batch():
    rng = np.random.default_rng(2)
    rgb = rng.uniform(0, 1, (4, 6, 6, 3)).astype("float32")
    return 100.0 * rgb.mean(axis=-1, keepdims=True), {"rgb": rgb}


def test_the_loss_is_of_features_and_answers(model, teacher):
    lightness, targets = _batch()
    made = model(lightness)
    true = teacher(2.0 * targets["rgb"] - 1.0)
    expected = float(feature_distance(true["features"], made["features"]))
    expected += 0.25 * float(logits_divergence(true["logits"], made["logits"], 3.0))
    found = float(model.compute_loss(lightness, targets, made))
    assert found == pytest.approx(expected, rel=1e-5)


def test_only_the_student_learns_and_statistics_stay(model, teacher):
    statistics = [np.asarray(w) for w in model.student.non_trainable_weights]
    fixed = teacher.get_weights()
    before = float(model.evaluate(*_batch(), verbose=0, return_dict=True)["loss"])
    model.fit(*_batch(), epochs=100, verbose=0)
    after = model.evaluate(*_batch(), verbose=0, return_dict=True)
    assert after["loss"] < before / 2
    for one, other in zip(statistics, model.student.non_trainable_weights, strict=True):
        np.testing.assert_array_equal(one, np.asarray(other))
    for one, other in zip(fixed, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_teacher_is_no_part_of_the_model(model):
    student = {variable.path for variable in model.student.variables}
    own = {variable.path for variable in model.variables} - student
    assert not [path for path in own if "conv2d" in path or "dense" in path]
    assert len(model.trainable_variables) == len(model.student.trainable_variables)


def test_agreement_is_that_of_first_answers(model, teacher):
    lightness, targets = _batch()
    made, true = (x["logits"] for x in (model(lightness), teacher(2.0 * targets["rgb"] - 1.0)))
    expected = np.mean(np.argmax(made, -1) == np.argmax(true, -1))
    logs = model.compute_metrics(lightness, targets, model(lightness))
    assert float(logs["agreement"]) == pytest.approx(expected)


def test_each_of_two_replicas_has_half_of_the_loss(model, monkeypatch):
    lightness, targets = _batch()
    made = model(lightness)
    whole = float(model.compute_loss(lightness, targets, made))
    two = types.SimpleNamespace(num_replicas_in_sync=2)
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: two)
    assert float(model.compute_loss(lightness, targets, made)) == pytest.approx(whole / 2)
