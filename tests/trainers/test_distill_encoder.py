"""A student and its teacher."""

import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_colorize.losses.networks import feature_distance, logits_divergence


def _network(channels, seed):
    keras.utils.set_random_seed(seed)
    x = keras.Input((None, None, channels))
    y = layers.Conv2D(8, 3, padding="same")(layers.Rescaling(0.1 if channels == 1 else 1.0)(x))
    features = layers.BatchNormalization()(y)
    logits = layers.Dense(5)(layers.GlobalAveragePooling2D()(features))
    return keras.Model(x, {"features": [features], "logits": logits})


@pytest.fixture
def pupil(in_process):
    teacher = _network(3, 0)
    teacher.trainable = False
    in_process("distill_encoder")
    kind = sys.modules["distill_encoder"].DistillationModel
    model = kind(_network(1, 1), teacher, temperature=3.0, logit_weight=0.25)
    model.compile(keras.optimizers.Adam(0.03), jit_compile=False)
    return model


def _pictures():
    rng = np.random.default_rng(2)
    rgb = rng.uniform(0, 1, (4, 6, 6, 3)).astype("float32")
    return 100.0 * rgb.mean(axis=-1, keepdims=True), {"rgb": rgb}


def test_the_loss_is_of_features_and_logits(pupil, monkeypatch):
    lightness, targets = _pictures()
    made = pupil(lightness)
    true = pupil.distillation.teacher(2.0 * targets["rgb"] - 1.0)
    expected = float(feature_distance(true["features"], made["features"]))
    expected += 0.25 * float(logits_divergence(true["logits"], made["logits"], 3.0))
    found = float(pupil.compute_loss(lightness, targets, made))
    assert found == pytest.approx(expected, rel=1e-5)
    same = np.argmax(made["logits"], -1) == np.argmax(true["logits"], -1)
    logs = pupil.compute_metrics(lightness, targets, made)
    assert float(logs["agreement"]) == pytest.approx(np.mean(same))
    # Each of two replicas has half of the loss.
    two = types.SimpleNamespace(num_replicas_in_sync=2)
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: two)
    assert float(pupil.compute_loss(lightness, targets, made)) == pytest.approx(found / 2)


def test_only_the_student_learns_and_statistics_stay(pupil):
    fixed = [*pupil.student.non_trainable_weights, *pupil.distillation.teacher.weights]
    values = [np.array(weight) for weight in fixed]
    losses = pupil.fit(*_pictures(), epochs=40, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    for weight, value in zip(fixed, values, strict=True):
        np.testing.assert_array_equal(np.asarray(weight), value)
    # The teacher is no part of what is saved.
    own = {x.path for x in pupil.variables} - {x.path for x in pupil.student.variables}
    assert not [path for path in own if "conv2d" in path or "dense" in path]
